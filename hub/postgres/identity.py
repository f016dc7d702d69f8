"""Which user the server runs as, and how its processes get there: PostgreSQL refuses to run as root."""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO

from hub.postgres.errors import EmbeddedPostgresError
from hub.postgres.installation import Installation, program_environment

_LINUX = sys.platform == "linux"
# Loaded before any fork: a child between fork and exec must not load libraries.
_LIBC = ctypes.CDLL(None, use_errno=True) if _LINUX else None
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_PROBE_TIMEOUT_SECONDS = 10.0


class Privilege(Enum):
    """How a process of the server sheds root."""

    UNCHANGED = "the current user"
    SETUID = "an unprivileged user"
    USER_NAMESPACE = "a user namespace"


@dataclass(frozen=True)
class Identity:
    """The user that the server's processes run as.

    `account_*` is what a process sees as its own user; `owner_*` is who owns the cluster's files. They differ in a user
    namespace alone: there the process sees the account, and the files stay root's.
    """

    privilege: Privilege
    account_uid: int
    account_gid: int

    @property
    def owner_uid(self) -> int:
        return os.geteuid() if self.privilege is Privilege.USER_NAMESPACE else self.account_uid

    @property
    def owner_gid(self) -> int:
        return os.getegid() if self.privilege is Privilege.USER_NAMESPACE else self.account_gid

    def spawn(
        self,
        argv: Sequence[str],
        *,
        output: int | IO[bytes],
        death_signal: signal.Signals,
        directory: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program as this user, in a directory that it must be able to enter.

        The kernel sends it `death_signal` when the calling thread's process dies (on Linux). Call from a process with
        one thread: code of ours runs between fork and exec. OSError or subprocess.SubprocessError where it cannot.
        """
        parent_pid = os.getpid()

        def become() -> None:
            if self.privilege is Privilege.USER_NAMESPACE:
                self._enter_user_namespace()
            # After the change of user, which clears it; then look whether the parent died before it was set.
            if _LIBC is not None:
                if _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
                    raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
                if os.getppid() != parent_pid:
                    os._exit(1)
            if directory is not None:
                os.chdir(directory)

        setuid = self.privilege is Privilege.SETUID
        return subprocess.Popen(
            argv,
            env=program_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=become,
            user=self.account_uid if setuid else None,
            group=self.account_gid if setuid else None,
            extra_groups=[] if setuid else None,
        )

    def _enter_user_namespace(self) -> None:
        # Read before: inside, until the maps are written, every id reads as the overflow id.
        uid, gid = os.geteuid(), os.getegid()
        if _LIBC is None or _LIBC.unshare(_CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER)")
        for name, line in (
            ("setgroups", "deny"),  # the kernel asks for it before a gid_map of one line
            ("uid_map", f"{self.account_uid} {uid} 1"),
            ("gid_map", f"{self.account_gid} {gid} 1"),
        ):
            descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)


def choose_identity(installation: Installation, data_dir: Path) -> tuple[Identity, str]:
    """The user that the server can run as here, and the answer of `postgres --version` under that user.

    Not root: the current user. Root: an unprivileged account, where it can enter the data directory and run the
    programs; else a user namespace. Each is tried, not guessed, since containers forbid either.
    """
    if os.geteuid() != 0:
        candidates = [Identity(Privilege.UNCHANGED, os.geteuid(), os.getegid())]
    else:
        account = _unprivileged_account()
        candidates = [
            Identity(privilege, account.pw_uid, account.pw_gid)
            for privilege in (Privilege.SETUID, Privilege.USER_NAMESPACE)
            if _LINUX or privilege is not Privilege.USER_NAMESPACE
        ]
    reasons = []
    for identity in candidates:
        try:
            return identity, _probe(identity, installation, data_dir)
        except (OSError, subprocess.SubprocessError) as error:
            reasons.append(f"as {identity.privilege.value} (uid {identity.account_uid}): {error}")
    raise EmbeddedPostgresError(
        f"PostgreSQL cannot run here with the data directory {data_dir} and the programs in "
        f"{installation.binaries_dir} ({'; '.join(reasons)}): run the hub as a normal user who can reach both, "
        "or set HUB_DSN to a running PostgreSQL"
    )


def _unprivileged_account() -> pwd.struct_passwd:
    """An account other than root. A uid without an account would not do: initdb looks up its user's name."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            if account.pw_uid != 0:
                return account
    others = [account for account in pwd.getpwall() if account.pw_uid != 0]
    if not others:
        raise EmbeddedPostgresError(
            "PostgreSQL refuses to run as root, and this system has no other account: add a user `postgres`, "
            "run the hub as a normal user, or set HUB_DSN to a running PostgreSQL"
        )
    return others[0]


def _probe(identity: Identity, installation: Installation, data_dir: Path) -> str:
    process = identity.spawn(
        [installation.program("postgres"), "--version"],
        output=subprocess.PIPE,
        death_signal=signal.SIGKILL,
        directory=data_dir,
    )
    try:
        output, _ = process.communicate(timeout=_PROBE_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    text = output.decode(errors="replace")
    if process.returncode != 0:
        raise OSError(f"`postgres --version` ended with {process.returncode}: {text.strip()}")
    return text
