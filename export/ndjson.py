"""NDJSON: one row a line, as JSON, as a page of the connection would have it."""

from typing import Any, Final

import orjson

LINES_AT_ONCE: Final = 100
"""Each line is made in a buffer of 1 kB: many of these at once, and the allocator gives them back to the system each time."""


_OPTIONS: Final = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z


class NdjsonEncoder:
    """Rows into lines."""

    def begin(self) -> bytes:
        """Nothing comes before the lines."""
        return b""

    async def encode(self, rows: list[Any]) -> bytes:
        """A line a row."""
        return b"".join([_lines(rows[start : start + LINES_AT_ONCE]) for start in range(0, len(rows), LINES_AT_ONCE)])

    async def end(self) -> bytes:
        """Nothing comes after them."""
        return b""


def _lines(rows: list[Any]) -> bytes:
    return b"".join([orjson.dumps(row, option=_OPTIONS) for row in rows])
