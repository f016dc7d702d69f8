"""Faults under load: whether every event reaches whoever is entitled to it, in order, once, and nobody else."""
