"""What the policy costs: `python -m bench.engine viewers`.

The same operations for staff, who see all, and for a person of the firm that leads the most engagements: CPU of the hub's
process and of PostgreSQL, over HTTP, with reference data read at each request. The answers differ, as they should.
"""

import sys
from contextlib import ExitStack

from bench.contest import Contestant, contest
from bench.cpu import PostgresCpu
from bench.load import Load, graphql_request
from bench.one_database import dsn_of, server_environment
from bench.operations import BENCHED, busiest_lead, variables_of
from bench.serve_hub import COLD
from bench.server_process import serving
from hub.minting import staff_token
from hub.settings import Settings
from hub.tokens import TokenAuthority
from hub.viewer import Viewer, ViewerKind


async def measure(settings: Settings) -> None:
    """Print the CPU of each operation for both viewers; exits where one fails."""
    postgres = await PostgresCpu.of(dsn_of(settings))
    partner_id, _ = await busiest_lead(dsn_of(settings))
    person = Viewer(ViewerKind.PERSON, "bench", partner_id, 1)
    tokens = {
        "staff": staff_token(settings, "bench", days=1),
        "firm": TokenAuthority(settings).mint(person, valid_seconds=3600),
    }
    variables = await variables_of(dsn_of(settings))
    with ExitStack() as stack:
        server = stack.enter_context(serving("bench.serve_hub", COLD, settings=server_environment(settings)))
        load = await Load.open(server)
        print("\nThe policy: CPU a request in ms, of the hub and of PostgreSQL, reference data read each time")
        print(f"{'operation':42} {'viewer':6} {'bytes':>7} {'hub':>7} {'PostgreSQL':>10}", flush=True)
        for name, document in BENCHED.items():
            for viewer, token in tokens.items():
                request = graphql_request("/graphql", token, document, variables.get(name[0]))
                answer = await load.ask(request)
                if not answer.startswith(b'{"data":{'):
                    sys.exit(f"{name} failed for {viewer}: {answer[:1000].decode()}")
                hub = Contestant(server, load)
                await contest([hub], request, postgres)
                print(f"{name:42} {viewer:6} {len(answer):7} {hub.own:7.3f} {hub.postgres:10.3f}", flush=True)
        load.close()
