"""A coroutine run at once up to where it first waits: most of what a request does never waits, and need not pay for waiting."""

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """`Begun(coroutine)` runs it within the present task; await it for the rest where it is not `done`.

    What the coroutine raises before it waits is raised at once.
    """

    __slots__ = ("_coroutine", "_waits_for", "done", "value")

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self.done = False
        self.value: T
        self._waits_for: Any
        try:
            self._waits_for = coroutine.send(None)
        except StopIteration as stop:
            self.done = True
            self.value = stop.value

    def __await__(self) -> Generator[Any, Any, T]:
        waits_for = self._waits_for
        try:
            while True:
                try:
                    sent = yield waits_for
                except BaseException as error:
                    waits_for = self._coroutine.throw(error)
                else:
                    waits_for = self._coroutine.send(sent)
        except StopIteration as stop:
            value: T = stop.value
            return value
