"""Steps ahead: what comes next is made while the present item is used, and no more of it than is said."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Final, TypeVar

T = TypeVar("T")
U = TypeVar("U")

_END: Final = object()


async def ahead(items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """The same items in the same order, one made ahead. Closed or cancelled, it ends what is being made and closes `items`."""
    making = asyncio.create_task(_next(items))
    try:
        while (item := await making) is not _END:
            making = asyncio.create_task(_next(items))
            yield item  # type: ignore[misc]
    finally:
        await _end(making)
        await items.aclose()


async def mapped(items: AsyncGenerator[T, None], work: Callable[[T], Awaitable[U]], *, at_once: int) -> AsyncGenerator[U, None]:
    """What `work` makes of each item, in their order, so many under way at once. Ends what is under way as `ahead` does."""
    under_way: deque[asyncio.Task[U]] = deque()

    async def worked(item: T) -> U:
        return await work(item)

    try:
        async with aclosing(ahead(items)) as given:
            async for item in given:
                under_way.append(asyncio.create_task(worked(item)))
                if len(under_way) == at_once:
                    yield await under_way[0]
                    under_way.popleft()
            while under_way:
                yield await under_way[0]
                under_way.popleft()
    finally:
        await _end(*under_way)


async def _next(items: AsyncGenerator[T, None]) -> object:
    return await anext(items, _END)


async def _end(*tasks: asyncio.Task[T]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            # Where it failed and nobody came for it, that is no news.
            task.exception()
