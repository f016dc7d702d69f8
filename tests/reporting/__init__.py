"""Figures held to plain Python over the rows themselves; the reporting tool's pool and replica; the SQL door; the recipes."""
