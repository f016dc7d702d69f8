"""Brings data that others publish into the sources: one module a kind of data, callable from the command line and from code."""
