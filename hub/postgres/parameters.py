"""The server's parameters: what the hub fixes, what it prefers, and what its caller may add."""

import re
from collections.abc import Mapping
from pathlib import Path

from hub.postgres.errors import EmbeddedPostgresError
from hub.postgres.installation import PORT

_FIXED = {
    "listen_addresses": "",
    "port": str(PORT),
    # The supervisor reads stderr and bounds the log.
    "log_destination": "stderr",
    "logging_collector": "off",
}
_SET_AT_START = frozenset({"unix_socket_directories", "data_directory", "config_file", "hba_file", "external_pid_file"})

_PREFERRED = {
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "200",
    # Short queries by the hundred: compiling costs more than it saves, and the data sits in memory.
    "jit": "off",
    "random_page_cost": "1.1",
    # A bulk load should not run into one checkpoint after the other.
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "wal_buffers": "16MB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


def checked_parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    """A caller's own parameters, names in lower case; EmbeddedPostgresError for one that is not its to set."""
    checked = {}
    for name, value in parameters.items():
        if not _NAME.fullmatch(name) or "\0" in value:
            raise EmbeddedPostgresError(f"{name!r} is no server parameter: use a name and value of postgresql.conf")
        if name.lower() in _FIXED or name.lower() in _SET_AT_START:
            raise EmbeddedPostgresError(f"the server parameter {name} is set by the embedded server: leave it out")
        checked[name.lower()] = value
    return checked


def command_line(cluster: Path, socket_directory: Path, parameters: Mapping[str, str]) -> list[str]:
    """Arguments of `postgres`: the hub's preferences, the caller's parameters over them, the fixed ones over all."""
    merged = {**_PREFERRED, **parameters, **_FIXED, "unix_socket_directories": f'"{socket_directory}"'}
    return ["-D", str(cluster), *(part for name, value in merged.items() for part in ("-c", f"{name}={value}"))]
