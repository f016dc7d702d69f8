"""Demo data: a partner programme in its third year, the same for the same scale and day, at any size."""

from demo.load import SeedRefused, holds_seed, seed

__all__ = ["SeedRefused", "holds_seed", "seed"]
