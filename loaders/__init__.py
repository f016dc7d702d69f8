"""Batched reads, one file a source: keys in, rows out, one query for any number of keys."""
