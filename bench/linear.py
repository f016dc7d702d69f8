"""Whether ten times the rows cost ten times as much at most: `python -m bench.engine linear`.

CPU of the hub's process and of PostgreSQL together, over HTTP, with reference data read at each request.
"""

import sys
from contextlib import ExitStack
from typing import Any

import orjson

from bench.contest import Contestant, contest
from bench.cpu import PostgresCpu
from bench.load import Load, graphql_request
from bench.one_database import dsn_of, server_environment
from bench.operations import operation
from bench.serve_hub import COLD
from bench.server_process import serving
from hub.minting import staff_token
from hub.settings import Settings


async def measure(settings: Settings) -> None:
    """Print the CPU of a page and of one that is ten times as long; exits where the longer does not begin with the shorter."""
    postgres = await PostgresCpu.of(dsn_of(settings))
    token = staff_token(settings, "bench", days=1)
    with ExitStack() as stack:
        server = stack.enter_context(serving("bench.serve_hub", COLD, settings=server_environment(settings)))
        load = await Load.open(server)
        print("\nTen times the rows: CPU a request of the hub and PostgreSQL, reference data read each time", flush=True)
        for letter, field, size, few in (("e", "engagements", "first: 1000", 100), ("a", "partners", "first: 50", 10)):
            short, long = (
                graphql_request("/graphql", token, operation(letter).replace(size, f"first: {count}"))
                for count in (few, 10 * few)
            )
            nodes, more = [_nodes(await load.ask(request), field) for request in (short, long)]
            if (len(nodes), len(more)) != (few, 10 * few) or more[:few] != nodes:
                sys.exit(f"{letter}: {few} and {10 * few} were asked for; {len(nodes)} and {len(more)} came, or others")
            totals = []
            for request in (short, long):
                hub = Contestant(server, load)
                await contest([hub], request, postgres)
                totals.append(hub.total)
            print(
                f"{letter}: {few} {field} {totals[0]:.3f} ms, {10 * few} {totals[1]:.3f} ms, ratio {totals[1] / totals[0]:.1f}",
                flush=True,
            )
        load.close()


def _nodes(answer: bytes, field: str) -> list[Any]:
    nodes: list[Any] = orjson.loads(answer)["data"][field]["nodes"]
    return nodes
