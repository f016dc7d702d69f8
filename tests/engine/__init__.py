"""The engine against graphql-core's executor, on the same schema and data."""
