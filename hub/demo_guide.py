"""What the demo prints: what to open, and for each kind of caller a token and a request to paste."""

import shlex
from datetime import timedelta

import orjson
from rich.console import Console

from hub.minting import crm_token, person_token, reporting_token, staff_context, staff_token
from hub.settings import Settings

_DAYS = 7

_STAFF_QUERY = """{ engagements(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { title phase
 client { name corporation { status } } leadPartner { name certifications { program status } }
 enrollments(first: 2) { nodes { attendee session { startsAt } } } posts(first: 2) { nodes { title } } } } }"""
_PERSON_QUERY = """{ viewer { name partner { name handoffs(first: 3, direction: INCOMING, status: OFFERED) {
 totalCount nodes { toPhase respondBy fromPartner { name } } } } } }"""
_CRM_QUERY = """query($since: DateTime!) { engagements(first: 5, filter: {updatedSince: $since}) {
 nodes { id externalRef phase version updatedAt } pageInfo { endCursor hasNextPage } } }"""
_REPORTING_QUERY = """{ certifications(first: 5, status: ACTIVE) { totalCount
 nodes { program expiresOn partner { name region } } } }"""


async def print_guide(settings: Settings, *, port: int) -> None:
    """Mint a token for each kind of caller and print how to use it. The firm is the one that leads the most."""
    from hub.global_id import encode
    from hub.vocabulary import SourceName
    from loaders.directory import MEMBERS_OF_PARTNER
    from loaders.pages import Connection
    from loaders.reading import read
    from sql import load

    async with staff_context(settings) as context:
        (busiest,) = await read(context, load(SourceName.ENGAGEMENTS, "busiest_lead"))
        partner_id = busiest["lead_partner_id"]
        members = await Connection(context, MEMBERS_OF_PARTNER, parent=partner_id, first=1).rows()
    base = f"http://{settings.host}:{port}"
    since = (context.now - timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%SZ")
    token = staff_token(settings, "Demo staff", _DAYS)
    person = await person_token(settings, encode("Member", members[0]["id"]), _DAYS)
    crm = await crm_token(settings, encode("Partner", partner_id), _DAYS)
    reporting = reporting_token(settings, "Demo reporting", _DAYS)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"\n[bold]Partner Hub[/bold] at {base}; tokens last {_DAYS} days.\n")
    console.print(f"Open GraphiQL, signed in as staff:\n  {base}/graphiql#token={token}\n", markup=False)
    for title, bearer, query, variables in (
        ("Staff: one question to the five sources", token, _STAFF_QUERY, None),
        ("A partner's person: what is offered to my firm", person, _PERSON_QUERY, None),
        ("A partner's CRM: what changed", crm, _CRM_QUERY, {"since": since}),
        ("Reporting: who holds what", reporting, _REPORTING_QUERY, None),
    ):
        console.print(f"{title}\n  {_curl(base, bearer, query, variables)}\n", markup=False)


def _curl(base: str, token: str, query: str, variables: dict[str, str] | None) -> str:
    body = {"query": " ".join(query.split())} | ({"variables": variables} if variables else {})
    data = shlex.quote(orjson.dumps(body).decode())
    return f"curl -s {base}/graphql -H 'content-type: application/json' -H 'authorization: Bearer {token}' -d {data}"
