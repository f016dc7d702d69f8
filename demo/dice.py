"""Chance that repeats itself: the same key gives the same draws on every platform and every Python."""

import random
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Dice:
    """Draws from one stream, chosen by a subject and a cohort.

    Only `Random.random()` is used: of all its methods, it alone is promised to give the same numbers for the same
    seed in later versions of Python.
    """

    def __init__(self, subject: int, cohort: int = 0) -> None:
        self.unit = random.Random(subject * 1_000_003 + cohort).random

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        return int(self.unit() * limit)

    def between(self, lowest: int, highest: int) -> int:
        """A whole number from lowest to highest, both included."""
        return lowest + int(self.unit() * (highest - lowest + 1))

    def chance(self, percent: int) -> bool:
        """True in so many cases of a hundred."""
        return self.unit() * 100 < percent

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each as likely."""
        return items[int(self.unit() * len(items))]

    def distinct(self, items: Sequence[T], count: int) -> list[T]:
        """So many different ones of the items, in the items' order."""
        left, chosen = count, []
        for index, item in enumerate(items):
            if self.below(len(items) - index) < left:
                chosen.append(item)
                left -= 1
        return chosen

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """The items in another order."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result


class Weighted(Generic[T]):
    """Items of which some are drawn more often than others, by whole-number weights."""

    def __init__(self, weighted_items: Iterable[tuple[T, int]]) -> None:
        pairs = list(weighted_items)
        self.items = [item for item, _ in pairs]
        self._ends = list(accumulate(weight for _, weight in pairs))
        self._total = self._ends[-1]

    def draw(self, dice: Dice) -> T:
        """One of the items, as likely as its weight."""
        return self.items[bisect_right(self._ends, int(dice.unit() * self._total))]
