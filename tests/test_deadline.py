"""Running within a time: what ends an operation is told apart from what the operation itself raises."""

import asyncio

import pytest

from hub.deadline import ClientGone, run_within
from hub.errors import RequestTimeout


async def never() -> None:
    """Until it is cancelled."""
    await asyncio.get_running_loop().create_future()


async def at_once() -> None:
    """A client that has gone already."""


async def test_what_the_operation_gives_or_raises_passes() -> None:
    async def works() -> int:
        return 7

    async def times_out() -> None:
        raise TimeoutError("its own")

    assert await run_within(1, works(), gone=at_once) == 7
    with pytest.raises(TimeoutError, match="its own"):
        await run_within(1, times_out(), gone=never)


async def test_past_the_limit_it_is_cancelled_and_told() -> None:
    cancelled = asyncio.Event()

    async def slow() -> None:
        try:
            await never()
        finally:
            cancelled.set()

    with pytest.raises(RequestTimeout, match=r"longer than 0\.01 s"):
        await run_within(0.01, slow())
    assert cancelled.is_set()
    with pytest.raises(ClientGone):
        await run_within(10, slow(), gone=at_once)


async def test_being_cancelled_from_outside_is_neither() -> None:
    task = asyncio.create_task(run_within(10, never(), gone=never))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
