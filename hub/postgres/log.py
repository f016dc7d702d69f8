"""The server's log file, bounded in size."""

import contextlib
import os
from pathlib import Path

_LIMIT_BYTES = 8 * 1024 * 1024
_TAIL_BYTES = 16 * 1024


def log_path(data_dir: Path) -> Path:
    """The log of the last start; what came before is beside it, in `postgres.log.1`."""
    return data_dir / "postgres.log"


class BoundedLog:
    """A log that begins anew at each start and whenever it is full, and keeps one predecessor: 16 MiB in all.

    PostgreSQL's own collector bounds a log by the day and not by its size.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._size_bytes = 0
        self._begin()

    def _begin(self) -> None:
        self.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._size_bytes = 0

    def write(self, text: bytes) -> None:
        """Append. What a full disk does not take is lost: the server must not stop for its log."""
        with contextlib.suppress(OSError):
            if self._size_bytes + len(text) > _LIMIT_BYTES:
                self._begin()
            self._size_bytes += len(text)
            os.write(self._descriptor, text)

    def tail(self, line_count: int) -> str:
        """The last lines."""
        with self._path.open("rb") as file:
            file.seek(max(0, self._size_bytes - _TAIL_BYTES))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-line_count:])

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
