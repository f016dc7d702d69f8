"""The demo's engagements have their events of the last 30 days in the log, as the mutations would have left them."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.vocabulary import SourceName
from tests.conftest import AS_OF, Dsns
from tests.events.outbox import logged, waiting
from tests.plain_sql import fetch


async def rows(dsns: Dsns, sql: str) -> list[dict[str, Any]]:
    return await fetch(dsns, SourceName.ENGAGEMENTS, sql)


async def test_seeded_engagements_have_their_events_of_the_last_days(seeded_dsns: Dsns) -> None:
    events = await logged(seeded_dsns)
    engagements = {row["id"]: row for row in await rows(seeded_dsns, "SELECT * FROM engagements.engagement")}
    since = datetime.combine(AS_OF, datetime.min.time(), UTC) - timedelta(days=30, hours=9)
    assert [event["position"] for event in events] == list(range(1, len(events) + 1))
    (state,) = await rows(seeded_dsns, "SELECT last_position, earliest_position FROM engagements.event_log_state")
    assert state == {"last_position": len(events), "earliest_position": 1}
    assert await waiting(seeded_dsns) == 0
    assert [event["occurred_at"] for event in events] == sorted(event["occurred_at"] for event in events)
    assert events[0]["occurred_at"] >= since
    assert {event["type"] for event in events} == {
        "ENGAGEMENT_OPENED", "FINDING_RECORDED", "PRESCRIBED", "HANDOFF_OFFERED", "HANDOFF_ACCEPTED", "HANDOFF_DECLINED",
        "HANDOFF_EXPIRED", "HANDOFF_WITHDRAWN", "PHASE_CHANGED", "ENGAGEMENT_CLOSED",
    }  # fmt: skip
    of_engagement = defaultdict(list)
    for event in events:
        of_engagement[event["engagement_id"]].append(event)
    # Whatever changed since then has told so, and the last that it told made the version that it has.
    assert set(of_engagement) == {row["id"] for row in engagements.values() if row["updated_at"] >= since}
    for engagement_id, told in of_engagement.items():
        engagement = engagements[engagement_id]
        versions = [event["engagement_version"] for event in told]
        assert versions == list(range(versions[0], engagement["version"] + 1))
        assert told[-1]["occurred_at"] == engagement["updated_at"]
        assert (told[0]["type"] == "ENGAGEMENT_OPENED") == (versions[0] == 1) == (engagement["opened_at"] >= since)
        phase, lead = None, None
        for event in told:
            if event["type"] in ("ENGAGEMENT_OPENED", "PHASE_CHANGED"):
                phase, lead = event["to_phase"], event["to_partner_id"]
            elif event["type"] in ("FINDING_RECORDED", "PRESCRIBED"):
                assert (event["from_phase"], event["from_partner_id"], event["handoff_id"]) == (None, None, None)
                assert phase in (None, event["to_phase"])
                assert lead in (None, event["to_partner_id"])
                phase, lead = event["to_phase"], event["to_partner_id"]
            else:
                assert phase in (None, event["from_phase"])
                assert lead in (None, event["from_partner_id"])
                phase, lead = event["from_phase"], event["from_partner_id"]
                if event["type"] == "HANDOFF_ACCEPTED":
                    lead = event["to_partner_id"] if event["to_phase"] == phase else None
        assert phase in (None, engagement["phase"])
        assert lead in (None, engagement["lead_partner_id"])


async def test_their_hand_offs_are_told_of(seeded_dsns: Dsns) -> None:
    since = f"'{AS_OF}'::timestamp AT TIME ZONE 'Asia/Tokyo' - interval '30 days'"
    columns = "from_phase, to_phase, from_partner_id, to_partner_id, engagement_id"
    expected = await rows(
        seeded_dsns,
        f"""SELECT id AS handoff_id, 'HANDOFF_OFFERED' AS type, offered_at AS occurred_at, {columns}
            FROM engagements.handoff WHERE offered_at >= {since}
            UNION ALL SELECT id, 'HANDOFF_' || status, responded_at, {columns}
            FROM engagements.handoff WHERE responded_at >= {since} ORDER BY 1, 2""",
    )
    found = await rows(
        seeded_dsns,
        f"""SELECT handoff_id, type, occurred_at, {columns} FROM engagements.event_log
            WHERE type LIKE 'HANDOFF_%' ORDER BY 1, 2""",
    )
    assert found == expected
    assert len(found) > 100
    changed = await rows(
        seeded_dsns,
        """SELECT e.engagement_version - a.engagement_version AS after FROM engagements.event_log AS e
            LEFT JOIN engagements.event_log AS a ON a.handoff_id = e.handoff_id AND a.type = 'HANDOFF_ACCEPTED'
            WHERE e.type = 'PHASE_CHANGED' AND e.handoff_id IS NOT NULL""",
    )
    assert {row["after"] for row in changed} == {1}
