"""What stands for a value that failed, and how an error learns where in the answer it belongs."""

from collections.abc import Callable, Iterator
from typing import Final

FAILED: Final = object()
"""In the place of a value whose error has been reported: the nearest nullable place above it becomes null."""

Path = list[str | int]

Trace = Callable[[int], Iterator[Path]]
"""From a row's number in its level to every path of the answer at which it is met; asked only when an error has to say it."""
