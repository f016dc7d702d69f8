"""Whether many distinct documents slow down or swell the hub: `python -m bench.engine documents`.

Thousands of documents are sent, each once, while one is asked for again and again. Printed are the CPU that the latter takes
before and after, the hub's memory as it grows, and the CPU of a document that is not known yet.
"""

import statistics
import sys
from contextlib import ExitStack
from typing import Final

from bench.cpu import process_seconds, resident_bytes
from bench.load import Load, graphql_request
from bench.one_database import server_environment
from bench.operations import operation
from bench.serve_hub import WARM
from bench.server_process import ServerProcess, serving
from hub.minting import staff_token
from hub.settings import Settings

DISTINCT: Final = 5000
REPORTS: Final = 5
ASKED_AGAIN_EVERY: Final = 100
TURNS: Final = 5
SECONDS_A_TURN: Final = 0.4
_MIB: Final = 2**20

KNOWN: Final = "{ viewer { name partner { id } } }"
_EXPECTED: Final = b'{"data":{"viewer":{"name":"bench","partner":null}},'


async def measure(settings: Settings) -> None:
    """Send the documents and print what became of the hub; exits where an answer is wrong."""
    token = staff_token(settings, "bench", days=1)
    known = graphql_request("/graphql", token, KNOWN)
    with ExitStack() as stack:
        server = stack.enter_context(serving("bench.serve_hub", WARM, settings=server_environment(settings)))
        load = await Load.open(server)
        before = await _cpu_ms(server, load, known)
        print(
            f"\n{DISTINCT} distinct documents: a known one {before:.3f} ms, {resident_bytes(server.pid) / _MIB:.0f} MiB",
            flush=True,
        )
        started = process_seconds(server.pid)
        for number in range(1, DISTINCT + 1):
            await _ask(load, graphql_request("/graphql", token, _distinct(number)))
            if number % ASKED_AGAIN_EVERY == 0:
                await _ask(load, known)
            if number % (DISTINCT // REPORTS) == 0:
                print(f"after {number}: {resident_bytes(server.pid) / _MIB:.0f} MiB", flush=True)
        new = (process_seconds(server.pid) - started) / DISTINCT * 1000
        after = await _cpu_ms(server, load, known)
        print(f"a new document {new:.2f} ms; the known one {after:.3f} ms, ratio {after / before:.2f}", flush=True)
        load.close()


def _distinct(number: int) -> str:
    """What operation c asks of a firm, asked of the viewer's, which staff do not have: much to make ready, nothing to read."""
    of_firm = operation("c").partition("partner(by: {id: $id})")[2].rpartition("}")[0]
    return f"query Distinct{number} {{ viewer {{ name partner {of_firm} }} }}"


async def _ask(load: Load, request: bytes) -> None:
    answer = await load.ask(request)
    if not answer.startswith(_EXPECTED):
        sys.exit(f"not what was expected: {answer[:1000].decode()}")


async def _cpu_ms(server: ServerProcess, load: Load, request: bytes) -> float:
    turns = []
    await _ask(load, request)
    for _ in range(TURNS):
        started = process_seconds(server.pid)
        answered = await load.run(request, seconds=SECONDS_A_TURN)
        turns.append((process_seconds(server.pid) - started) / answered * 1000)
    return statistics.median(turns)
