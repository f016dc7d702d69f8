"""CPU of the smallest query over HTTP against a bare Starlette route: `python -m bench.engine small_query`.

`{ viewer { name } }` with a token reads no database: what it costs is what the hub adds to every request. The baseline
(bench/serve_starlette.py) verifies nobody; it parses the same JSON and answers JSON of the same bytes. The servers take turns.
"""

import sys
from contextlib import ExitStack

from bench.contest import Contestant, contest
from bench.cpu import PostgresCpu
from bench.load import Load, graphql_request
from bench.one_database import dsn_of, server_environment
from bench.serve_hub import WARM
from bench.server_process import serving
from hub.minting import staff_token
from hub.settings import Settings

QUERY = "{ viewer { name } }"


async def measure(settings: Settings) -> None:
    """Compare the answers, then print the CPU of both; exits where answers differ."""
    request = graphql_request("/graphql", staff_token(settings, "bench", days=1), QUERY)
    with ExitStack() as stack:
        hub_server = stack.enter_context(serving("bench.serve_hub", WARM, settings=server_environment(settings)))
        hub = Contestant(hub_server, await Load.open(hub_server))
        answer = await hub.load.ask(request)
        if not answer.startswith(b'{"data":{"viewer":{"name":"bench"}},"extensions":'):
            sys.exit(f"{QUERY}: not what was expected: {answer[:500].decode()}")
        bare_server = stack.enter_context(serving("bench.serve_starlette", answer.decode(), settings={}))
        bare = Contestant(bare_server, await Load.open(bare_server))
        if (repeated := await bare.load.ask(request)) != answer:
            sys.exit(f"{QUERY}: the answers differ:\n{answer[:500].decode()}\n{repeated[:500].decode()}")
        await contest([bare, hub], request, await PostgresCpu.of(dsn_of(settings)))
        print(f"\n{QUERY}: CPU of the server's process a request")
        print(f"bare Starlette {bare.own:.3f} ms, hub {hub.own:.3f} ms, ratio {hub.own / bare.own:.2f}", flush=True)
        bare.load.close()
        hub.load.close()
