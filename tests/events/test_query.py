"""handoffEvents as a query: now, pages, bounds, errors; and how a CRM starts without missing anything."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from events.cursors import Cursors
from events.record import Position
from hub.runtime import Runtime
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import UNLIMITED, Answer, Ask, Dsns, asker, running, settings_for, until
from tests.events.conftest import sequencing
from tests.events.outbox import logged, waiting
from tests.lifecycle.town import NO_FIRM, REPORTING, STAFF, Caller, Firm, Town, build, crm, person
from tests.plain_sql import column, execute, fetch, gid

ADVISOR, INTEGRATOR = crm(Firm.ADVISOR), crm(Firm.INTEGRATOR)

EVENTS = """query E($first: Int, $after: String, $filter: HandoffEventFilter) {
    handoffEvents(first: $first, after: $after, filter: $filter) {
        events { id cursor type occurredAt engagementVersion engagementId engagement { title version } handoff { status }
            fromPhase toPhase fromPartner { name } toPartner { name } }
        endCursor hasMore } }"""


@pytest.fixture
async def node(source_dsns: Dsns, tmp_path: Path) -> AsyncIterator[tuple[Runtime, Town]]:
    """The town, and a node on it."""
    await build(source_dsns)
    async with running(settings_for(source_dsns, tmp_path, **UNLIMITED)) as runtime:
        yield runtime, Town(source_dsns, Caller(asker(runtime)))


async def moved(runtime: Runtime, dsns: Dsns) -> list[dict[str, Any]]:
    """The log, once all that waits has come into it."""
    async with sequencing(runtime.sources[SourceName.ENGAGEMENTS]):
        await nothing_waits(dsns)
    return await logged(dsns)


async def nothing_waits(dsns: Dsns) -> None:
    """Wait until the outbox is empty."""

    async def is_empty() -> bool:
        return await waiting(dsns) == 0

    await until(is_empty)


async def page(ask: Ask, viewer: Viewer, **variables: Any) -> dict[str, Any]:
    """A page that meets no error."""
    answer = await ask(EVENTS, viewer=viewer, **variables)
    assert answer.errors == []
    found: dict[str, Any] = answer.data["handoffEvents"]
    return found


async def test_an_event_as_it_is_told(node: tuple[Runtime, Town], source_dsns: Dsns) -> None:
    runtime, town = node
    ask = town.call.ask
    now = await page(ask, INTEGRATOR)
    assert (now["events"], now["hasMore"]) == ([], False)
    engagement_id = await town.opened("CONSULTATION", prescribed=True)
    offer = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
    (_, _, row) = await moved(runtime, source_dsns)
    (told,) = (await page(ask, INTEGRATOR, after=now["endCursor"]))["events"]
    assert told == {
        "id": str(row["event_id"]),
        "cursor": told["cursor"],
        "type": "HANDOFF_OFFERED",
        "occurredAt": row["occurred_at"].isoformat().replace("+00:00", "Z"),
        "engagementVersion": 3,
        "engagementId": gid("Engagement", engagement_id),
        "engagement": {"title": None, "version": 3},
        "handoff": {"status": "OFFERED"},
        "fromPhase": "CONSULTATION",
        "toPhase": "DEPLOYMENT",
        "fromPartner": {"name": "advisor"},
        "toPartner": {"name": "integrator"},
    }
    # The rest is frozen, but these are read at delivery.
    await town.call.done("declineHandoff", INTEGRATOR, handoff_id=offer, reason="OTHER")
    await moved(runtime, source_dsns)
    first, second = (await page(ask, INTEGRATOR, after=now["endCursor"]))["events"]
    assert first == told | {"engagement": None, "handoff": {"status": "DECLINED"}}
    assert (second["type"], second["engagementVersion"]) == ("HANDOFF_DECLINED", 4)
    assert (await page(ask, INTEGRATOR, after=told["cursor"]))["events"] == [second]
    assert [event["type"] for event in (await page(ask, ADVISOR, after="EARLIEST"))["events"]] == [
        "ENGAGEMENT_OPENED", "PRESCRIBED", "HANDOFF_OFFERED", "HANDOFF_DECLINED",
    ]  # fmt: skip
    for viewer in (crm(Firm.OTHER_ADVISOR), NO_FIRM):
        assert (await page(ask, viewer, after="EARLIEST"))["events"] == []


async def test_one_call_looks_at_no_more_than_it_may(
    node: tuple[Runtime, Town], source_dsns: Dsns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.events.MOST_LOOKED_AT", 4)
    runtime, town = node
    for _ in range(5):
        await town.opened()
    await town.opened(advisor=Firm.ALL_ROUNDER)
    last = len(await moved(runtime, source_dsns))
    assert last == 6
    all_rounder = crm(Firm.ALL_ROUNDER)
    first = await page(town.call.ask, all_rounder, after="EARLIEST")
    assert (first["events"], first["hasMore"]) == ([], True)
    second = await page(town.call.ask, all_rounder, after=first["endCursor"])
    assert ([event["type"] for event in second["events"]], second["hasMore"]) == (["ENGAGEMENT_OPENED"], False)
    assert second["endCursor"] == second["events"][0]["cursor"]


def refusal(answer: Answer) -> tuple[str, str]:
    """The code and the message of the one error; there is no data."""
    assert answer.data == {"handoffEvents": None}
    return answer.error["extensions"]["code"], answer.error["message"]


@pytest.mark.parametrize("viewer", [STAFF, REPORTING, ADVISOR, person(Firm.ADVISOR), NO_FIRM], ids=lambda viewer: viewer.name)
async def test_what_is_refused(node: tuple[Runtime, Town], source_dsns: Dsns, viewer: Viewer) -> None:
    _, town = node
    ask = town.call.ask
    connection = "(first: 1) { pageInfo { endCursor } }"
    other = (await ask(f"{{ partners{connection} }}")).data["partners"]["pageInfo"]["endCursor"]
    (epoch,) = await column(source_dsns, SourceName.ENGAGEMENTS, "SELECT epoch FROM engagements.event_log_state")
    (key,) = await column(source_dsns, SourceName.ENGAGEMENTS, "SELECT cursor_key FROM engagements.event_log_state")
    cursors = Cursors(key)
    found = [
        refusal(await ask(EVENTS, viewer=viewer, **variables))[0]
        for variables in (
            {"after": ""},
            {"after": "x" * 100_000},
            {"after": other},
            {"after": Cursors(bytes(32)).seal(Position(epoch, 0))},
            {"after": cursors.seal(Position(epoch, 1))},
            {"after": cursors.seal(Position(epoch, -1))},
            {"after": cursors.seal(Position(epoch - 1, 0))},
            {"first": 0},
            {"first": 101},
            {"filter": {"regions": ["nowhere"]}},
            {"filter": {"partnerId": "x"}},
            {"filter": {"types": ["PRESCRIBED"] * 101}},
        )
    ]
    assert found == [
        *("BAD_CURSOR", "BAD_CURSOR", "BAD_CURSOR", "BAD_CURSOR", "CURSOR_AHEAD", "CURSOR_EXPIRED", "CURSOR_EXPIRED"),
        *("BAD_PAGE", "BAD_PAGE", "BAD_INPUT", "BAD_ID", "BAD_INPUT"),
    ]
    assert (await page(ask, viewer, after=cursors.seal(Position(epoch, 0))))["events"] == []


async def test_a_key_needs_the_scope_for_events(node: tuple[Runtime, Town]) -> None:
    _, town = node
    reader = replace(ADVISOR, scopes=("partner", "read"))
    answer = await town.call.ask(EVENTS, viewer=reader)
    assert refusal(answer)[0] == "FORBIDDEN"
    # Where the kind has no such scope, reading is enough.
    for viewer in (Viewer(ViewerKind.STAFF, "x", scopes=("staff", "read")), REPORTING, person(Firm.ADVISOR)):
        assert (await page(town.call.ask, viewer))["events"] == []


async def test_a_replica_that_is_late_is_not_behind_a_cursor(source_dsns: Dsns, tmp_path: Path) -> None:
    await build(source_dsns)
    settings = settings_for(source_dsns, tmp_path, engagements_replica_dsn=source_dsns[SourceName.ENGAGEMENTS], **UNLIMITED)
    async with running(settings) as runtime:
        ask = asker(runtime)
        (state,) = await logged_state(source_dsns)
        ahead = Cursors(state["cursor_key"]).seal(Position(state["epoch"], 5))
        assert await page(ask, REPORTING, after=ahead) == {"events": [], "endCursor": ahead, "hasMore": False}
        assert refusal(await ask(EVENTS, viewer=STAFF, after=ahead))[0] == "CURSOR_AHEAD"


async def logged_state(dsns: Dsns) -> list[dict[str, Any]]:
    return await fetch(dsns, SourceName.ENGAGEMENTS, "SELECT * FROM engagements.event_log_state")


async def test_events_whose_days_are_over_are_an_error_and_no_silence(node: tuple[Runtime, Town], source_dsns: Dsns) -> None:
    runtime, town = node
    now = await page(town.call.ask, STAFF)
    for _ in range(3):
        await town.opened()
    await moved(runtime, source_dsns)
    events = (await page(town.call.ask, STAFF, after=now["endCursor"]))["events"]
    old = "UPDATE engagements.event_log SET appended_at = now() - interval '40 days' WHERE position < 3;"
    await execute(source_dsns, SourceName.ENGAGEMENTS, old + "SELECT engagements.keep_event_log(30, 3)")
    for after in (now["endCursor"], events[0]["cursor"]):
        code, message = refusal(await town.call.ask(EVENTS, viewer=STAFF, after=after))
        assert (code, message.split(";")[0]) == ("CURSOR_EXPIRED", "after: is older than what is kept")
    for after in (events[1]["cursor"], "EARLIEST"):
        assert (await page(town.call.ask, STAFF, after=after))["events"] == events[2:]


SNAPSHOT = """query S($after: String, $since: DateTime!) {
    engagements(first: 20, after: $after, filter: {updatedSince: $since}) {
        nodes { id version phase status } pageInfo { hasNextPage endCursor } } }"""


async def test_a_crm_that_starts_while_others_write_ends_with_what_there_is(
    node: tuple[Runtime, Town], source_dsns: Dsns
) -> None:
    runtime, town = node
    ask = town.call.ask
    for _ in range(30):
        await town.opened()
    async with sequencing(runtime.sources[SourceName.ENGAGEMENTS]):
        started = asyncio.Event()

        async def write() -> None:
            for turn in range(40):
                engagement_id = turn % 30 + 1 if turn % 3 else await town.opened()
                await town.call.done("recordFinding", ADVISOR, engagement_id=engagement_id, symptom="DEPENDENCE")
                started.set()

        writing = asyncio.create_task(write())
        await started.wait()
        # Now's cursor first, then what there is, then what has happened since.
        after = (await page(ask, ADVISOR))["endCursor"]
        known: dict[str, int] = {}
        cursor, more = None, True
        while more:
            answer = await ask(SNAPSHOT, viewer=ADVISOR, after=cursor, since="2026-01-01T00:00:00Z")
            connection = answer.data["engagements"]
            known |= {node["id"]: node["version"] for node in connection["nodes"]}
            cursor, more = connection["pageInfo"]["endCursor"], connection["pageInfo"]["hasNextPage"]
        await writing
        await nothing_waits(source_dsns)
        more = True
        while more:
            found = await page(ask, ADVISOR, after=after, first=7)
            for event in found["events"]:
                version = known.get(event["engagementId"], 0)
                # What the snapshot had already is known by its version; beyond it none is missing.
                assert event["engagementVersion"] <= version + 1
                known[event["engagementId"]] = max(version, event["engagementVersion"])
            after, more = found["endCursor"], found["hasMore"]
    rows = await fetch(source_dsns, SourceName.ENGAGEMENTS, "SELECT id, version FROM engagements.engagement")
    assert known == {gid("Engagement", row["id"]): row["version"] for row in rows}
