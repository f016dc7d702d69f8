"""Figures: groups of rows with what is measured of them, one file a source, and what they share in `arguments`."""
