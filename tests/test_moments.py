"""Moments read as text are those that asyncpg reads by itself, wherever a session's settings would put them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import asyncpg
import pytest

from hub import moments

MOMENTS = (
    "2026-01-05 01:00:00+00",
    "2026-01-05 01:00:00+09",
    "2026-01-05 01:00:00.5+00",
    "2026-01-05 01:00:00.123456+00",
    "1899-12-31 23:59:59+00",
    "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00",
    "infinity",
    "-infinity",
)


async def read(dsn: str, text: str, *arguments: Any, as_text: bool) -> Any:
    """One value; as the database would write moments by default: in another order, and far from UTC."""
    unset = {"timezone": "Asia/Tokyo", "datestyle": "German"}
    connection = await asyncpg.connect(dsn, server_settings=unset | moments.SESSION if as_text else {"timezone": "UTC"})
    try:
        if as_text:
            await moments.read_as_text(connection)
        return await connection.fetchval(text, *arguments)
    finally:
        await connection.close()


@pytest.mark.parametrize("text", MOMENTS)
async def test_a_moment_is_what_asyncpg_reads(engagements_dsn: str, text: str) -> None:
    for query in (f"SELECT '{text}'::timestamptz", f"SELECT ARRAY['{text}', NULL]::timestamptz[]"):
        found = await read(engagements_dsn, query, as_text=True)
        expected = await read(engagements_dsn, query, as_text=False)
        assert found == expected
        if isinstance(found, datetime):
            assert found.tzinfo is expected.tzinfo


async def test_moments_are_sent_as_they_are(engagements_dsn: str) -> None:
    for sent in (
        datetime(2026, 1, 5, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9))),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ):
        assert await read(engagements_dsn, "SELECT $1::timestamptz", sent, as_text=True) == sent
    assert await read(engagements_dsn, "SELECT $1::timestamptz", None, as_text=True) is None


async def test_a_moment_that_python_has_not_is_an_error(engagements_dsn: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        await read(engagements_dsn, "SELECT '10000-01-01'::timestamptz", as_text=True)
