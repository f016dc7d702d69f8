"""Exports: rows, formats, snapshots, bounds; over real sockets."""
