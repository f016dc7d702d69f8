"""How much is taken on at once: past the bound a request is refused early, so that what was accepted is answered in time."""

from types import TracebackType

from hub.errors import Overloaded


class Admission:
    """A bound on what is under way: `with admission: …` holds one place, or raises Overloaded where none is left.

    Nobody queues for a place: a queue would answer each request later than its client waits for, and cost memory meanwhile.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self.taken = 0

    def __enter__(self) -> None:
        if self.taken >= self._places:
            raise Overloaded
        self.taken += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.taken -= 1
