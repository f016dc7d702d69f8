"""The cache's backend in Redis or Valkey, shared by several nodes: aiocache's, with rows as MessagePack."""

from datetime import date, datetime
from typing import Any

import msgpack
from aiocache import RedisCache
from aiocache.base import BaseCache
from aiocache.serializers import BaseSerializer
from redis.asyncio import Redis

_DATE = 1


class RowSerializer(BaseSerializer):  # type: ignore[misc]
    """Rows with dates and times in them, to bytes and back."""

    DEFAULT_ENCODING = None

    def dumps(self, value: Any) -> bytes:
        packed: bytes = msgpack.packb(value, default=_encode, datetime=True)
        return packed

    def loads(self, value: bytes | None) -> Any:
        return None if value is None else msgpack.unpackb(value, ext_hook=_decode, timestamp=3, strict_map_key=False)


class _RedisCache(RedisCache):  # type: ignore[misc]
    async def _close(self, *_args: Any, _conn: Any = None, **_kwargs: Any) -> None:
        # aiocache calls the client's close(), which redis has renamed.
        await self.client.aclose()


def open_redis(url: str) -> BaseCache:
    """A cache in the database that the URL names; connections are made when first used."""
    cache = _RedisCache(serializer=RowSerializer())
    cache.client = Redis.from_url(url)
    return cache


def _encode(value: Any) -> msgpack.ExtType:
    if isinstance(value, date) and not isinstance(value, datetime):
        return msgpack.ExtType(_DATE, value.isoformat().encode())
    raise TypeError(f"{type(value).__name__} cannot be kept in the shared cache")


def _decode(code: int, data: bytes) -> Any:
    if code != _DATE:
        raise ValueError(f"unknown extension type {code} in the shared cache")
    return date.fromisoformat(data.decode())
