"""Pieces of work that come one after the other while they are quick, and all at once where one is slow."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

import pytest

from engine.patience import each
from hub.begun import Begun


class Pieces:
    """Pieces that say when they begin and when they are done; each waits for its event."""

    def __init__(self, count: int) -> None:
        self.told: list[str] = []
        self.events = [asyncio.Event() for _ in range(count)]

    async def one(self, number: int) -> int:
        self.told.append(f"begin {number}")
        await self.events[number].wait()
        self.told.append(f"done {number}")
        return number * 10


async def test_no_piece_begins_before_the_one_before_it_is_done() -> None:
    pieces = Pieces(3)
    for event in pieces.events:
        event.set()
    assert await each([partial(pieces.one, number) for number in range(3)]) == [0, 10, 20]
    assert pieces.told == ["begin 0", "done 0", "begin 1", "done 1", "begin 2", "done 2"]


async def test_what_is_slow_keeps_no_other_waiting() -> None:
    pieces = Pieces(3)
    pieces.events[2].set()

    async def free_the_first() -> None:
        while "done 2" not in pieces.told:  # noqa: ASYNC110
            await asyncio.sleep(0)
        pieces.events[1].set()
        pieces.events[0].set()

    freeing = asyncio.create_task(free_the_first())
    assert await each([partial(pieces.one, number) for number in range(3)]) == [0, 10, 20]
    assert pieces.told[:4] == ["begin 0", "begin 1", "begin 2", "done 2"]
    await freeing


@pytest.mark.parametrize("failing", [0, 1, 2])
async def test_the_first_error_ends_all_of_it(failing: int) -> None:
    ended: list[int] = []

    async def piece(number: int) -> int:
        try:
            if number == failing:
                # Longer than the others are given to go one by one.
                await asyncio.sleep(0.01)
                raise RuntimeError(str(number))
            if number > failing:
                await asyncio.get_running_loop().create_future()
            return number
        finally:
            ended.append(number)

    with pytest.raises(RuntimeError, match=str(failing)):
        await each([partial(piece, number) for number in range(3)])
    await asyncio.sleep(0)
    assert sorted(ended) == [0, 1, 2]


async def test_nothing_to_do_gives_nothing() -> None:
    assert await each([]) == []


async def _waits(future: asyncio.Future[int]) -> int:
    try:
        return await future
    except ValueError:
        return -1


async def test_what_never_waits_is_done_at_once() -> None:
    async def at_once() -> int:
        return 7

    begun = Begun(at_once())
    assert (begun.done, begun.value) == (True, 7)


async def test_the_rest_is_awaited_and_meets_what_it_waits_for() -> None:
    loop = asyncio.get_running_loop()

    def begin(given: Any) -> Coroutine[Any, Any, int]:
        future: asyncio.Future[int] = loop.create_future()
        if isinstance(given, Exception):
            loop.call_soon(future.set_exception, given)
        else:
            loop.call_soon(future.set_result, given)
        return _waits(future)

    for given, expected in ((3, 3), (ValueError(), -1)):
        begun = Begun(begin(given))
        assert not begun.done
        assert await begun == expected
    with pytest.raises(KeyError):
        await Begun(begin(KeyError("another")))


async def test_cancelling_reaches_what_was_begun() -> None:
    cancelled: list[bool] = []

    async def never() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def wait() -> None:
        await Begun(never())

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled == [True]
