"""The one error of the embedded PostgreSQL."""


class EmbeddedPostgresError(Exception):
    """The embedded server cannot do what was asked; the message names the cause, the place and the remedy."""
