"""The commands of `python -m hub`. Each opens what it needs, and imports it only then, so that --help is quick."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter, validators

from hub import log
from hub.databases import Databases
from hub.settings import Settings, load_settings
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName

app = App(
    name="python -m hub",
    help="Partner Hub: one graph over the five systems of a partner programme. Settings: HUB_… or .env; see .env.example.",
    version_flags=[],
)
token = App(name="token", help="Mint an access token.")
import_ = App(name="import", help="Bring in real data.")
keys = App(name="keys", help="API keys of machines: CRMs, the reporting tool, the staff's automations.")
app.command(token)
app.command(keys)
app.command(import_)

Scale = Annotated[
    int, Parameter(help="1 is 5,000 engagements; N is N times as many.", validator=validators.Number(gte=1, lte=1000))
]
AsOf = Annotated[date | None, Parameter(help="The day that the data is to be of, year-month-day; today by default.")]
Days = Annotated[int, Parameter(help="For how many days it is valid.", validator=validators.Number(gte=1, lte=3650))]


@app.command
def serve() -> None:
    """Serve the graph at HUB_HOST and HUB_PORT."""
    from hub.credentials import open_token_keys
    from hub.serving import listen, serve_on

    settings = _settings()
    # Here what is wrong with them is one message; within the server it would be a trace.
    asyncio.run(open_token_keys(settings))
    with listen(settings) as socket:
        serve_on(settings, socket)


@app.command
def demo(*, scale: Scale = 1) -> None:
    """Make a programme of demo data if there is none, serve it, and print what to try and tokens to try it with."""
    from hub.demo_guide import print_guide
    from hub.progress import seeding
    from hub.serving import listen, serve_on
    from hub.tokens import TokenAuthority

    settings = _settings()
    # The demo lives by tokens of its own: where there are none, that is told before anything is made.
    TokenAuthority(settings)
    with listen(settings) as socket, Databases(settings) as databases:
        asyncio.run(databases.migrate())
        asyncio.run(seeding(databases.dsns, scale=scale, as_of=None, keep=True))
        asyncio.run(print_guide(settings, port=socket.getsockname()[1]))
        serve_on(settings, socket)


@app.command
def migrate() -> None:
    """Bring the schema of every source to the newest version."""
    with Databases(_settings()) as databases:
        asyncio.run(databases.migrate())


@app.command
def new_epoch() -> None:
    """Declare the event log another history: after a restore that the hub cannot see. Cursors of before have expired."""
    from events.epoch import draw

    with Databases(_settings()) as databases:
        asyncio.run(draw(databases.dsns[SourceName.ENGAGEMENTS]))
    print("The event log has a new epoch: whoever follows it is told to begin anew.", file=sys.stderr)


@app.command
def seed(*, scale: Scale = 1, as_of: AsOf = None) -> None:
    """Load demo data into empty databases: the same data for the same scale and day."""
    from hub.progress import seeding

    with Databases(_settings()) as databases:
        asyncio.run(databases.migrate())
        asyncio.run(seeding(databases.dsns, scale=scale, as_of=as_of, keep=False))


@import_.command
def corporations(*files: Annotated[Path, Parameter(help="CSV files as the register publishes them.")]) -> None:
    """Bring in files of the national corporate register; clients refer to it by corporate number."""
    from hub.progress import importing

    with Databases(_settings()) as databases:
        asyncio.run(databases.migrate())
        asyncio.run(importing(databases.dsns, files))


@token.command
def staff(*, name: str = "Programme staff", days: Days = 1) -> None:
    """For the programme's staff."""
    from hub.minting import staff_token

    print(staff_token(_settings(), name, days))


@token.command
def reporting(*, name: str = "Reporting tool", days: Days = 1) -> None:
    """For the reporting tool."""
    from hub.minting import reporting_token

    print(reporting_token(_settings(), name, days))


@token.command
def person(member_id: Annotated[str, Parameter(help="A Member's id, as the graph shows it.")], *, days: Days = 1) -> None:
    """For a person of a partner firm."""
    from hub.minting import person_token

    print(asyncio.run(person_token(_settings(), member_id, days)))


@token.command
def crm(partner_id: Annotated[str, Parameter(help="A Partner's id, as the graph shows it.")], *, days: Days = 1) -> None:
    """For the CRM of a partner firm."""
    from hub.minting import crm_token

    print(asyncio.run(crm_token(_settings(), partner_id, days)))


@keys.command
def create(
    *,
    kind: Annotated[Literal["crm", "reporting", "staff"], Parameter(help="What kind of machine.")],
    name: Annotated[str, Parameter(help="Which machine: for whoever reads the list.")],
    partner: Annotated[str | None, Parameter(help="The firm of a CRM: a Partner's id, as the graph shows it.")] = None,
    scopes: Annotated[str, Parameter(help="What it may do, for example read,events; all that its kind may by default.")] = "",
    client: Annotated[str | None, Parameter(help="The application, as its trusted documents name it.")] = None,
    days: Days = 365,
) -> None:
    """Make a key and print it: this once, and nothing else on standard output."""
    from hub.api_key_commands import create_key
    from hub.api_keys import prefix_of

    words = [word.strip() for word in scopes.split(",") if word.strip()]
    with _directory() as (_, dsn):
        key = asyncio.run(
            create_key(dsn, kind=ViewerKind(kind), partner_id=partner, name=name, scopes=words, client=client, days=days)
        )
    print(key)
    print(f"Keep it now, it is not shown again. Revoke it: python -m hub keys revoke {prefix_of(key)}", file=sys.stderr)


@keys.command(name="list")
def list_() -> None:
    """Show all keys: what they are for, when they end, when they were last used."""
    from hub.api_key_commands import print_keys

    with _directory() as (settings, dsn):
        asyncio.run(print_keys(dsn, settings.zone))


@keys.command
def revoke(prefix: Annotated[str, Parameter(help="The key's public part, as the list shows it.")]) -> None:
    """Revoke a key, at once and for good."""
    from hub.api_key_commands import revoke_key

    with _directory() as (_, dsn):
        revoked = asyncio.run(revoke_key(dsn, prefix))
    print(f"Revoked {revoked}.", file=sys.stderr)


@app.command
def export_schema(*, output: Annotated[Path | None, Parameter(help="A file; standard output by default.")] = None) -> None:
    """Write the served schema as SDL."""
    from schema import sdl

    if output is None:
        print(sdl(), end="")
    else:
        output.write_text(sdl(), encoding="utf-8")


@contextmanager
def _directory() -> Iterator[tuple[Settings, str]]:
    """The settings, and the DSN of the partner directory."""
    settings = _settings()
    with Databases(settings) as databases:
        if databases.embedded:
            asyncio.run(databases.migrate())
        yield settings, databases.dsns[SourceName.DIRECTORY]


def _settings() -> Settings:
    settings = load_settings()
    log.configure(settings)
    return settings
