"""The cluster: made by initdb once, whole or not at all, and owned by the user that the server runs as."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hub.postgres.errors import EmbeddedPostgresError
from hub.postgres.identity import Identity
from hub.postgres.installation import SUPERUSER, Installation

_INITDB_TIMEOUT_SECONDS = 180.0
_UNFINISHED_PREFIX = "postgres.initdb-"
_SHOWN_LINES = 15


def cluster_path(data_dir: Path) -> Path:
    """The cluster's directory, PGDATA, in a data directory of the hub."""
    return data_dir / "postgres"


def ensure_cluster(
    data_dir: Path, installation: Installation, identity: Identity, major: str, parameters: Mapping[str, str]
) -> Path:
    """The cluster of a data directory, made if missing and handed to the server's user. Call with the lock held.

    EmbeddedPostgresError where the directory holds something else, or a cluster of another major version.
    """
    cluster = cluster_path(data_dir)
    for unfinished in data_dir.glob(f"{_UNFINISHED_PREFIX}*"):
        # A process of the initdb that was cut off may still be at it; what it leaves goes at the next start.
        shutil.rmtree(unfinished, ignore_errors=True)
    if not cluster.exists() or _is_empty(cluster):
        _make_cluster(cluster, installation, identity, durable=parameters.get("fsync") != "off")
    _check_version(cluster, major)
    _hand_over(cluster, identity)
    return cluster


def _is_empty(cluster: Path) -> bool:
    return cluster.is_dir() and not any(cluster.iterdir())


def _check_version(cluster: Path, major: str) -> None:
    try:
        found = (cluster / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise EmbeddedPostgresError(
            f"{cluster} is no PostgreSQL cluster ({error.strerror}: PG_VERSION): move it away, and the hub makes a new one"
        ) from error
    if found != major:
        raise EmbeddedPostgresError(
            f"{cluster} is a cluster of PostgreSQL {found}, and the embedded server is PostgreSQL {major}: "
            f"carry the data over with pg_upgrade or with pg_dump of PostgreSQL {found}, or move the directory away "
            "and let the hub make a new one"
        )


def _make_cluster(cluster: Path, installation: Installation, identity: Identity, *, durable: bool) -> None:
    """Run initdb beside the place, then rename: what stands in the place is always complete.

    The builtin locale C.UTF-8 orders by code point, fast and alike on every system, and yet knows the letters beyond
    ASCII: with a plain C locale pg_trgm finds no trigrams in Japanese. `trust` asks for no password: the server has
    no port, and its socket lies in a directory that only the hub's user can enter.
    """
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED_PREFIX, dir=cluster.parent))
    os.chown(unfinished, identity.owner_uid, identity.owner_gid)
    process = identity.spawn(
        [
            installation.program("initdb"),
            *("-D", str(unfinished), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C.UTF-8"),
            *([] if durable else ["--no-sync"]),
        ],
        output=subprocess.PIPE,
        death_signal=signal.SIGTERM,
    )
    try:
        output, _ = process.communicate(timeout=_INITDB_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise EmbeddedPostgresError(f"initdb did not finish {unfinished} in {_INITDB_TIMEOUT_SECONDS:g} s") from error
    if process.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        lines = output.decode(errors="replace").strip().splitlines()[-_SHOWN_LINES:]
        raise EmbeddedPostgresError("\n".join([f"initdb could not make the cluster {cluster}:", *lines]))
    # Over an empty directory, rename replaces it.
    unfinished.rename(cluster)
    if durable:
        _sync_directory(cluster.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hand_over(cluster: Path, identity: Identity) -> None:
    """Give the files to the server's user, the top directory last: its owner says that the rest is done."""
    owner_uid = cluster.stat().st_uid
    if owner_uid == identity.owner_uid:
        return
    if os.geteuid() != 0:
        raise EmbeddedPostgresError(
            f"{cluster} belongs to uid {owner_uid}, and the hub runs as uid {os.geteuid()}: run it as the owner, "
            f"or give it the files (chown -R {os.geteuid()} {cluster})"
        )
    for directory, directories, files in os.walk(cluster):
        for name in (*directories, *files):
            os.chown(os.path.join(directory, name), identity.owner_uid, identity.owner_gid, follow_symlinks=False)
    os.chown(cluster, identity.owner_uid, identity.owner_gid)
