"""Three servers of the hub on one database, as processes; and everything that can be killed."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Final

import asyncpg

from hub.postgres import EmbeddedPostgres

SERVERS: Final = 3

_SEQUENCERS: Final = """
    SELECT a.application_name
    FROM pg_stat_activity AS a JOIN pg_locks AS l ON l.pid = a.pid AND l.locktype = 'advisory' AND l.granted
    WHERE a.application_name LIKE 'partner-hub sequencer %'"""
_BACKENDS: Final = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name LIKE 'partner-hub%' AND random() < 0.7"""


class Servers:
    """Processes that are started again whenever they are killed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._processes: list[subprocess.Popen[bytes]] = []
        self.ports: list[int] = []
        for _ in range(SERVERS):
            with socket.create_server(("127.0.0.1", 0)) as bound:
                self.ports.append(bound.getsockname()[1])

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [process.pid for process in self._processes]

    def start(self) -> None:
        """Start all."""
        self._processes = [self._spawn(port) for port in self.ports]

    def kill(self, index: int) -> None:
        """Kill one, as a crash would, and start another in its place."""
        self._processes[index].kill()
        self._processes[index].wait()
        self._processes[index] = self._spawn(self.ports[index])

    def stop(self) -> None:
        """End all."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    async def until_all_answer(self) -> None:
        """Wait until each takes connections."""
        for port in self.ports:
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "hub", "serve"]
        return subprocess.Popen(command, env=os.environ | self._environment | {"HUB_PORT": str(port)})


class Killer:
    """Kills by turns, for as long as it is let: a server, the sequencer's server, backends, the whole database."""

    def __init__(self, servers: Servers | None, database: EmbeddedPostgres, dsn: str, chance: random.Random) -> None:
        self._servers = servers
        self._database = database
        self._dsn = dsn
        self._chance = chance
        self.kills: Counter[str] = Counter()

    async def kill(self) -> None:
        """One of them."""
        ways = ["backends", "database"]
        if self._servers is not None:
            ways += ["server", "sequencer's server"]
        way = self._chance.choice(ways)
        if way == "backends":
            await self._ask(_BACKENDS)
        elif way == "database":
            await asyncio.to_thread(self._database.kill)
            await asyncio.to_thread(self._database.start)
        else:
            assert self._servers is not None
            index = self._chance.randrange(SERVERS)
            if way == "sequencer's server":
                rows = await self._ask(_SEQUENCERS)
                pids = self._servers.pids
                index = next((pids.index(pid) for row in rows if (pid := int(row[0].rpartition(" ")[2])) in pids), index)
            await asyncio.to_thread(self._servers.kill, index)
        self.kills[way] += 1

    async def _ask(self, sql: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._dsn)
        try:
            return await connection.fetch(sql)
        finally:
            connection.terminate()
