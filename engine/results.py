"""What stands for a value that failed, and how an error learns where in the answer it belongs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

FAILED: Final = object()
"""In the place of a value whose error has been reported: the nearest nullable place above it becomes null."""

Path = list[str | int]

Trace = Callable[[int], Iterator[Path]]
"""From a row's number in its level to every path of the answer at which it is met; asked only when an error has to say it."""


def below(trace: Trace, response_key: str) -> Trace:
    """From a row's number to the places of one of its fields."""
    return lambda index: ([*path, response_key] for path in trace(index))


def only(trace: Trace, index: int) -> Trace:
    """The places of one row, whatever the number."""
    return lambda _number: trace(index)


def of_keys(trace: Trace, response_key: str, distinct: list[Any], keys: list[Any]) -> Trace:
    """From a key's number, of the distinct ones, to the places of a field below every row that has the key."""

    def trace_key(number: int) -> Iterator[Path]:
        key = distinct[number]
        return ([*path, response_key] for index, other in enumerate(keys) if other == key for path in trace(index))

    return trace_key
