"""What each caller may still spend this minute, in the cost of operations; shared by all nodes where they share a Redis."""

import time
from collections import OrderedDict
from typing import Any, Final

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.asyncio import ConnectionPool

from hub.errors import CostBudgetExhausted
from hub.settings import Settings
from hub.viewer import Viewer, ViewerKind

log = structlog.get_logger(__name__)

_WINDOW_SECONDS: Final = 60


class Budget:
    """A budget a minute for each caller: a person, a firm's CRM, a machine by its name."""

    def __init__(self, settings: Settings) -> None:
        self._limits: dict[ViewerKind, int] = {
            kind: getattr(settings, f"cost_budget_per_minute_{kind.value}") for kind in ViewerKind
        }
        self._own = _Windows()
        self._shared = None if settings.redis_url is None else _SharedWindows(settings.redis_url)

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._shared is not None:
            await self._shared.close()

    async def spend(self, viewer: Viewer, cost: int) -> dict[str, Any]:
        """Charge an operation, and say what is left as `extensions.cost` shows it; CostBudgetExhausted charges nothing."""
        limit = self._limits[viewer.kind]
        if self._shared is None:
            left, resets = self._own.spend(viewer, cost, limit)
            return {"remaining": left, "resetsInSeconds": round(resets, 1)}
        try:
            left, resets = await self._shared.spend(viewer, cost, limit)
        except CostBudgetExhausted:
            raise
        except Exception as error:
            # Without the shared count the hub goes on: the ceiling of each operation still holds.
            log.warning("budget.unknown", error=repr(error))
            return {"remaining": None, "resetsInSeconds": None}
        return {"remaining": left, "resetsInSeconds": round(resets, 1)}


class _Windows:
    """What was spent on this node. The library's storage in memory starts a task and looks at every caller at each hit."""

    def __init__(self) -> None:
        # By when they began, as all are of one length.
        self._windows: OrderedDict[Viewer, _Window] = OrderedDict()

    def spend(self, viewer: Viewer, cost: int, limit: int) -> tuple[int, float]:
        """What is left, and in how many seconds all of it is there again."""
        now = time.time()
        window = self._windows.get(viewer)
        if window is None or window.ends <= now:
            self._forget_ended(now)
            window = self._windows[viewer] = _Window(now + _WINDOW_SECONDS)
        left = limit - window.spent
        if cost > left:
            raise CostBudgetExhausted(cost, left, limit, window.ends - now)
        window.spent += cost
        return left - cost, window.ends - now

    def _forget_ended(self, now: float) -> None:
        while self._windows and next(iter(self._windows.values())).ends <= now:
            self._windows.popitem(last=False)


class _Window:
    __slots__ = ("ends", "spent")

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.spent = 0


class _SharedWindows:
    """What was spent on all nodes."""

    def __init__(self, redis_url: str) -> None:
        self._pool = ConnectionPool.from_url(redis_url)
        # The address is that of the pool; the one here only says which kind of server it is.
        storage = RedisStorage("async+redis://", implementation="redispy", connection_pool=self._pool)  # type: ignore[arg-type]
        self._limiter = FixedWindowRateLimiter(storage)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def spend(self, viewer: Viewer, cost: int, limit: int) -> tuple[int, float]:
        """As of a node's own."""
        item = RateLimitItemPerMinute(limit)
        caller = f"{viewer.kind.value}:{viewer.partner_id}:{viewer.member_id}:{viewer.client}:{viewer.name}"
        window = await self._limiter.get_window_stats(item, caller)
        left = window.remaining
        # A window that nothing was spent in yet begins with this operation.
        resets = float(_WINDOW_SECONDS) if left == limit else max(0.0, window.reset_time - time.time())
        if cost > left:
            raise CostBudgetExhausted(cost, left, limit, resets)
        if not await self._limiter.hit(item, caller, cost=cost):
            # Another operation of this caller spent what was left, in the meantime.
            raise CostBudgetExhausted(cost, 0, limit, resets)
        return left - cost, resets
