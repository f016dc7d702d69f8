"""What each caller may still spend this minute, in the cost of operations; shared by all nodes where they share a Redis."""

import time
from typing import Any

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.asyncio import ConnectionPool

from hub.errors import CostBudgetExhausted
from hub.settings import Settings
from hub.viewer import Viewer, ViewerKind

log = structlog.get_logger(__name__)


class Budget:
    """A budget a minute for each caller: a person, a firm's CRM, a machine by its name."""

    def __init__(self, settings: Settings) -> None:
        self._pool = None if settings.redis_url is None else ConnectionPool.from_url(settings.redis_url)
        self._limiter = FixedWindowRateLimiter(self._storage())
        self._limits = {
            kind: RateLimitItemPerMinute(getattr(settings, f"cost_budget_per_minute_{kind.value}")) for kind in ViewerKind
        }

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def spend(self, viewer: Viewer, cost: int) -> dict[str, Any]:
        """Charge an operation, and say what is left as `extensions.cost` shows it; CostBudgetExhausted charges nothing."""
        limit = self._limits[viewer.kind]
        caller = f"{viewer.kind.value}:{viewer.partner_id}:{viewer.member_id}:{viewer.client}:{viewer.name}"
        try:
            window = await self._limiter.get_window_stats(limit, caller)
            left = window.remaining
            # A window that nothing was spent in yet begins with this operation.
            resets = 60.0 if left == limit.amount else max(0.0, window.reset_time - time.time())
            if cost > left:
                raise CostBudgetExhausted(cost, left, limit.amount, resets)
            if not await self._limiter.hit(limit, caller, cost=cost):
                # Another operation of this caller spent what was left, in the meantime.
                raise CostBudgetExhausted(cost, 0, limit.amount, resets)
        except CostBudgetExhausted:
            raise
        except Exception as error:
            # Without the shared count the hub goes on: the ceiling of each operation still holds.
            log.warning("budget.unknown", error=repr(error))
            return {"remaining": None, "resetsInSeconds": None}
        return {"remaining": left - cost, "resetsInSeconds": round(resets, 1)}

    def _storage(self) -> Storage:
        if self._pool is None:
            return MemoryStorage()
        # The address is that of the pool; the one here only says which kind of server it is.
        return RedisStorage("async+redis://", implementation="redispy", connection_pool=self._pool)  # type: ignore[arg-type]
