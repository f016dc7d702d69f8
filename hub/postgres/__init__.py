"""The embedded PostgreSQL: a server of the hub's own, for a machine that has Python and nothing else.

    server.EmbeddedPostgres          what the hub calls: start, dsn, ensure_databases, stop
        | a pipe that the hub holds open for as long as it lives
    supervisor (a process)           holds the lock of the data directory, ends the server when the hub is gone
        | parent-death signal
    postgres                         listens on a Unix socket in a private directory, on no port

Under a data directory lie `postgres/` (the cluster), `postgres.log` (and one older), `supervisor.lock`, and
`server.json` while the server answers.
"""

from hub.postgres.errors import EmbeddedPostgresError
from hub.postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
