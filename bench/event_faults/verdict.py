"""What a run has shown: each subscriber's events beside those that the rows entitle it to, worked out apart from the hub."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import asyncpg

from hub.viewer import Viewer, ViewerKind

_EVENTS = """
    SELECT e.event_id::text AS id, e.type, e.engagement_id, e.engagement_version, e.handoff_id,
        e.from_partner_id, e.to_partner_id, c.advisor_id
    FROM {table} AS e
    JOIN engagements.engagement AS g ON g.id = e.engagement_id
    JOIN engagements.client AS c ON c.id = g.client_id
    ORDER BY e.{order}"""

_VERSIONS = "SELECT id, version FROM engagements.engagement"


@dataclass
class Event:
    """One, as committed, and the firms that may hear of it: from the moment on, and by the end at latest."""

    id: str
    engagement_id: int
    version: int
    at_once: frozenset[int]
    in_the_end: frozenset[int] = frozenset()


@dataclass
class Verdict:
    """Counts; all but the first two must be 0."""

    events: int = 0
    deliveries: int = 0
    never_logged: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    to_others: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.never_logged or self.lost or self.doubled or self.out_of_order or self.to_others)


async def committed_events(dsn: str, *, naive: bool) -> list[Event]:
    """All events in the log's order (the naive log's is that of its ids), with who may hear of each."""
    table, order = ("engagements.outbox", "id") if naive else ("engagements.event_log", "position")
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(_EVENTS.format(table=table, order=order))
    finally:
        await connection.close()
    events = []
    in_full: dict[int, set[int]] = {}
    for row in sorted(rows, key=lambda row: (row["engagement_id"], row["engagement_version"])):
        firms = in_full.setdefault(row["engagement_id"], {row["advisor_id"]})
        if row["type"] in ("ENGAGEMENT_OPENED", "HANDOFF_ACCEPTED"):
            firms.add(row["to_partner_id"])
        between = set() if row["handoff_id"] is None else {row["from_partner_id"], row["to_partner_id"]}
        events.append(Event(row["id"], row["engagement_id"], row["engagement_version"], frozenset(firms | between)))
    for event in events:
        event.in_the_end = event.at_once | in_full[event.engagement_id]
    by_id = {event.id: event for event in events}
    return [by_id[row["id"]] for row in rows]


async def judge(
    dsn: str, acknowledged: Sequence[tuple[int, int]], received: Sequence[tuple[Viewer, Sequence[str]]], *, naive: bool
) -> Verdict:
    """Hold all that was received against what was committed and acknowledged."""
    events = await committed_events(dsn, naive=naive)
    verdict = Verdict(events=len(events), deliveries=sum(len(ids) for _, ids in received))
    _judge_log(verdict, events, acknowledged, await _versions(dsn))
    places = {event.id: place for place, event in enumerate(events)}
    for viewer, ids in received:
        seen = set(ids)
        verdict.doubled += len(ids) - len(seen)
        unentitled = {id for id in seen if id not in places or not _may(viewer, events[places[id]].in_the_end)}
        verdict.to_others += len(unentitled)
        lost = [event for event in events if _may(viewer, event.at_once) and event.id not in seen]
        verdict.lost += len(lost)
        order = [places[id] for id in dict.fromkeys(ids) if id in places]
        verdict.out_of_order += sum(later < earlier for earlier, later in pairwise(order))
        if lost:
            verdict.wrong.append(f"{viewer.name} lost {len(lost)}, first (engagement, version) {_name(lost[0])}")
    return verdict


def _judge_log(
    verdict: Verdict, events: list[Event], acknowledged: Sequence[tuple[int, int]], versions: dict[int, int]
) -> None:
    """Every acknowledged event, and every version of every engagement, is there; in the order of its engagement."""
    there = {(event.engagement_id, event.version) for event in events}
    wanted = {(engagement_id, version) for engagement_id, last in versions.items() for version in range(1, last + 1)}
    missing = (wanted | {(engagement_id, version) for engagement_id, version in acknowledged}) - there
    verdict.never_logged = len(missing)
    last: dict[int, int] = {}
    for event in events:
        verdict.out_of_order += event.version != last.get(event.engagement_id, 0) + 1
        last[event.engagement_id] = event.version


async def _versions(dsn: str) -> dict[int, int]:
    connection = await asyncpg.connect(dsn)
    try:
        return {row["id"]: row["version"] for row in await connection.fetch(_VERSIONS)}
    finally:
        await connection.close()


def _may(viewer: Viewer, firms: frozenset[int]) -> bool:
    return viewer.kind in (ViewerKind.STAFF, ViewerKind.REPORTING) or viewer.partner_id in firms


def _name(event: Event) -> tuple[int, int]:
    return event.engagement_id, event.version
