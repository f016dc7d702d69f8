"""What exists only while a server runs: the lock, the socket's directory, and the file that tells where that is."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from hub.postgres.errors import EmbeddedPostgresError
from hub.postgres.identity import Identity, Privilege
from hub.postgres.installation import PORT

# sun_path holds 108 bytes on Linux and 104 on macOS and the BSDs, the closing NUL among them.
_LONGEST_SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103
_SOCKET_NAME = f".s.PGSQL.{PORT}"


def try_lock(data_dir: Path) -> int | None:
    """Take the exclusive lock of a data directory; None if another process has it. It goes with this process."""
    descriptor = os.open(data_dir / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _runtime_file(data_dir: Path) -> Path:
    return data_dir / "server.json"


def publish_socket_directory(data_dir: Path, socket_directory: Path) -> None:
    """Tell other processes of the hub where the server answers. For the holder of the lock, once it does."""
    file = _runtime_file(data_dir)
    draft = file.with_suffix(".json.new")
    draft.write_text(json.dumps({"socket_directory": str(socket_directory)}))
    draft.replace(file)


def published_socket_directory(data_dir: Path) -> Path | None:
    """Where the server of a data directory answers; None while none does. Stale after a kill of its supervisor."""
    try:
        return Path(json.loads(_runtime_file(data_dir).read_text())["socket_directory"])
    except FileNotFoundError:
        return None


def withdraw_socket_directory(data_dir: Path) -> None:
    """Tell no more, so that nobody attaches to a server that is going."""
    with contextlib.suppress(FileNotFoundError):
        _runtime_file(data_dir).unlink()


def make_socket_directory(data_dir: Path, identity: Identity) -> Path:
    """A new directory, private to the server's user, with a short path of its own for each data directory.

    What an earlier server left there is removed; EmbeddedPostgresError where it belongs to a stranger. For the holder
    of the lock.
    """
    name = f"partner-hub-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}"
    directory = _base_directory(name, identity) / name
    try:
        # Not followed: a symbolic link is nothing that we made.
        found = directory.lstat()
    except FileNotFoundError:
        pass
    else:
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), identity.account_uid):
            raise EmbeddedPostgresError(
                f"the directory for the server's socket, {directory}, belongs to uid {found.st_uid} or is no "
                "directory: remove it, or set XDG_RUNTIME_DIR to a directory of your own"
            )
        shutil.rmtree(directory)
    try:
        directory.mkdir(mode=0o700)
        os.chown(directory, identity.owner_uid, identity.owner_gid)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"cannot make the directory for the server's socket ({error}): set XDG_RUNTIME_DIR to a directory of your own"
        ) from error
    return directory


def _base_directory(name: str, identity: Identity) -> Path:
    candidates = dict.fromkeys([os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"])
    for candidate in candidates:
        base = Path(candidate)
        length_bytes = len(os.fsencode(base / name / _SOCKET_NAME))
        # A comma parts hosts in a DSN and directories in a parameter, where a quote quotes.
        plain = base.is_absolute() and not set(candidate) & set(',"')
        if plain and length_bytes <= _LONGEST_SOCKET_PATH_BYTES and _reachable(base, identity):
            return base
    raise EmbeddedPostgresError(
        f"none of {', '.join(filter(None, candidates))} can hold the server's socket (too long a path, or not open to "
        "the server's user): set XDG_RUNTIME_DIR to a directory with a short path"
    )


def _reachable(base: Path, identity: Identity) -> bool:
    """Whether we can write there, and an unprivileged server can enter it."""
    if not base.is_dir() or not os.access(base, os.W_OK | os.X_OK):
        return False
    if identity.privilege is not Privilege.SETUID:
        return True
    return all(directory.stat().st_mode & stat.S_IXOTH for directory in (base, *base.parents))
