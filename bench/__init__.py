"""Benchmarks, each run by itself: `python -m bench.<name>`."""
