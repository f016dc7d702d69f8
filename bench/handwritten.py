"""CPU of the hub and its database against one hand-written statement an operation: `python -m bench.engine handwritten`.

The hub and the baseline (bench/serve_handwritten.py) are servers of their own on the loopback, over the same database, and take
turns. Counted is the CPU of the server's process and of all processes of PostgreSQL. The answers are compared first: before
`extensions`, the hub's must be the baseline's to the byte. "cold": the hub reads reference data at each request; "warm": it has
that from its cache, which the baseline does without.
"""

import sys
from collections.abc import Sequence
from contextlib import ExitStack

from bench.contest import Contestant, contest
from bench.cpu import PostgresCpu
from bench.load import Load, graphql_request
from bench.one_database import dsn_of, server_environment
from bench.operations import BENCHED, variables_of
from bench.serve_hub import COLD, WARM
from bench.server_process import serving
from hub.minting import staff_token
from hub.settings import Settings


async def measure(settings: Settings) -> None:
    """Compare the answers, then print the CPU of each operation; exits where answers differ."""
    postgres = await PostgresCpu.of(dsn_of(settings))
    token = staff_token(settings, "bench", days=1)
    variables = await variables_of(dsn_of(settings))
    with ExitStack() as stack:
        modules = (("bench.serve_hub", COLD), ("bench.serve_hub", WARM), ("bench.serve_handwritten",))
        servers = [stack.enter_context(serving(*module, settings=server_environment(settings))) for module in modules]
        cold, warm, baseline = [Contestant(server, await Load.open(server)) for server in servers]
        print("\nHand-written SQL: CPU a request in ms, of the server and of PostgreSQL; ratio of the sums")
        print(
            f"{'operation':42} {'bytes':>7}  {'SQL':^15}  {'hub cold':^15} {'ratio':>5}  {'hub warm':^15} {'ratio':>5}",
            flush=True,
        )
        for name, document in BENCHED.items():
            request = graphql_request("/graphql", token, document, variables.get(name[0]))
            length = await _compare(name, request, baseline, (cold, warm))
            await contest([baseline, cold, warm], request, postgres)
            print(
                f"{name:42} {length:7}  {_shown(baseline)}  {_shown(cold)} {cold.total / baseline.total:5.2f}"
                f"  {_shown(warm)} {warm.total / baseline.total:5.2f}",
                flush=True,
            )
        for each in (baseline, cold, warm):
            each.load.close()


async def _compare(name: str, request: bytes, baseline: Contestant, hubs: Sequence[Contestant]) -> int:
    """The length of the baseline's answer, once the hub's were found to be the same but for their extensions."""
    expected = await baseline.load.ask(request)
    for hub in hubs:
        answer = await hub.load.ask(request)
        if not answer.startswith(expected.removesuffix(b"}") + b',"extensions":'):
            sys.exit(f"{name}: the answers differ:\n{expected[:1000].decode()}\n{answer[:1000].decode()}")
    return len(expected)


def _shown(contestant: Contestant) -> str:
    return f"{contestant.own:7.3f} {contestant.postgres:7.3f}"
