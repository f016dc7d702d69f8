"""Exports: a connection answered whole, row by row, in a format for files."""
