"""What each mutation changes: rows, assignments, versions, events; and what it answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hub.vocabulary import SourceName
from tests.lifecycle.town import (
    KNOWN_NUMBER,
    STAFF,
    UNKNOWN_NUMBER,
    Firm,
    Town,
    crm,
    events,
    everything,
    person,
    refusal,
    rows,
)
from tests.plain_sql import execute, gid

ADVISOR, INTEGRATOR, TRAINER = crm(Firm.ADVISOR), crm(Firm.INTEGRATOR), crm(Firm.TRAINER)


async def test_a_whole_life(town: Town) -> None:
    engagement_id = await town.opened()
    await town.call.done("recordFinding", ADVISOR, engagement_id=engagement_id, symptom="DEPENDENCE", note="一社だけ")
    await town.call.done("advancePhase", ADVISOR, engagement_id=engagement_id)
    await town.call.done("prescribe", ADVISOR, engagement_id=engagement_id, remedy="クラウド会計")
    handoff = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
    await town.call.done("acceptHandoff", INTEGRATOR, handoff_id=handoff)
    onward = await town.offered(engagement_id, Firm.TRAINER, "UTILIZATION", by=Firm.INTEGRATOR)
    await town.call.done("acceptHandoff", TRAINER, handoff_id=onward)
    await town.call.done("closeEngagement", TRAINER, engagement_id=engagement_id, outcome="COMPLETED", note="使いこなしている")
    assert await events(town.dsns, engagement_id) == [
        ("ENGAGEMENT_OPENED", 1, None, None, "AWARENESS", None, 1, "JP-13"),
        ("FINDING_RECORDED", 2, None, None, "AWARENESS", None, 1, "JP-13"),
        ("PHASE_CHANGED", 3, None, "AWARENESS", "CONSULTATION", 1, 1, "JP-13"),
        ("PRESCRIBED", 4, None, None, "CONSULTATION", None, 1, "JP-13"),
        ("HANDOFF_OFFERED", 5, handoff, "CONSULTATION", "DEPLOYMENT", 1, 3, "JP-13"),
        ("HANDOFF_ACCEPTED", 6, handoff, "CONSULTATION", "DEPLOYMENT", 1, 3, "JP-13"),
        ("PHASE_CHANGED", 7, handoff, "CONSULTATION", "DEPLOYMENT", 1, 3, "JP-13"),
        ("HANDOFF_OFFERED", 8, onward, "DEPLOYMENT", "UTILIZATION", 3, 5, "JP-13"),
        ("HANDOFF_ACCEPTED", 9, onward, "DEPLOYMENT", "UTILIZATION", 3, 5, "JP-13"),
        ("PHASE_CHANGED", 10, onward, "DEPLOYMENT", "UTILIZATION", 3, 5, "JP-13"),
        ("ENGAGEMENT_CLOSED", 11, None, "UTILIZATION", None, 5, None, "JP-13"),
    ]
    assert await town.assignments(engagement_id) == [
        (1, "AWARENESS", 1, True),
        (2, "CONSULTATION", 1, True),
        (3, "DEPLOYMENT", 3, True),
        (4, "UTILIZATION", 5, True),
    ]
    row = await town.engagement(engagement_id)
    assert (row["phase"], row["status"], row["lead_partner_id"], row["version"]) == ("UTILIZATION", "COMPLETED", 5, 11)
    assert row["opened_at"] < row["updated_at"] == row["closed_at"]
    assert row["closing_note"] == "使いこなしている"
    (finding,) = (await everything(town.dsns))["finding"]
    assert (finding["symptom_code"], finding["note"]) == ("DEPENDENCE", "一社だけ")


async def test_a_registered_business_has_what_the_register_says(town: Town) -> None:
    given = {"name": "通称", "name_kana": "ツウショウ", "region": "JP-13", "industry": "小売", "employees": 3}
    await town.call.done("registerClient", ADVISOR, corporate_number=KNOWN_NUMBER, **given)
    await town.call.done("registerClient", ADVISOR, corporate_number=UNKNOWN_NUMBER, **given)
    await town.call.done("registerClient", STAFF, name="番号なし", advisor_id=Firm.TRAINER)
    sql = """SELECT name, name_kana, corporate_number, region, industry, employees, advisor_id
        FROM engagements.client WHERE id > 100 ORDER BY id"""
    assert [tuple(row.values()) for row in await rows(town.dsns, sql)] == [
        ("登録商店", "トウロクショウテン", KNOWN_NUMBER, "JP-27", "小売", 3, Firm.ADVISOR),
        ("通称", "ツウショウ", UNKNOWN_NUMBER, "JP-13", "小売", 3, Firm.ADVISOR),
        ("番号なし", None, None, None, None, None, Firm.TRAINER),
    ]
    assert await rows(town.dsns, "SELECT FROM engagements.outbox") == []


async def test_an_engagement_is_opened_in_its_phase_by_staff_for_a_firm(town: Town) -> None:
    payload = await town.call.done(
        "openEngagement", STAFF, client_id=2, title="題", phase="UTILIZATION", lead_partner_id=Firm.TRAINER, external_ref="T-1"
    )
    (row,) = await rows(town.dsns, "SELECT * FROM engagements.engagement")
    assert payload["engagement"] == {
        "id": gid("Engagement", row["id"]), "version": 1, "phase": "UTILIZATION", "status": "OPEN",
    }  # fmt: skip
    assert (row["title"], row["client_id"], row["lead_partner_id"]) == ("題", 2, Firm.TRAINER)
    assert row["opened_at"] == row["updated_at"]
    assert await events(town.dsns, row["id"]) == [("ENGAGEMENT_OPENED", 1, None, None, "UTILIZATION", None, 5, None)]
    (ref,) = await rows(town.dsns, "SELECT partner_id, ref FROM engagements.external_ref")
    assert tuple(ref.values()) == (Firm.TRAINER, "T-1")


async def test_a_new_prescription_takes_the_place_of_the_last(town: Town) -> None:
    engagement_id = await town.opened()
    for remedy, note in (("一", "理由"), ("二", None)):
        await town.call.done("prescribe", ADVISOR, engagement_id=engagement_id, remedy=remedy, note=note)
    (row,) = await rows(town.dsns, "SELECT remedy, note FROM engagements.prescription")
    assert tuple(row.values()) == ("二", None)
    assert [event[0] for event in await events(town.dsns, engagement_id)][1:] == ["PRESCRIBED", "PRESCRIBED"]


async def test_an_offer_lapses_in_fourteen_days_unless_it_is_said_when(town: Town) -> None:
    engagement_id = await town.opened()
    offer = await town.offered(engagement_id, Firm.OTHER_ADVISOR, "AWARENESS", note="お願いします")
    sql = "SELECT *, respond_by - offered_at AS days FROM engagements.handoff WHERE id = $1"
    (row,) = await rows(town.dsns, sql, offer)
    assert (row["days"], row["note"], row["status"]) == (timedelta(days=14), "お願いします", "OFFERED")
    await town.call.done("withdrawHandoff", ADVISOR, handoff_id=offer)
    moment = (datetime.now(UTC) + timedelta(days=89)).replace(microsecond=0)
    offer = await town.offered(engagement_id, Firm.OTHER_ADVISOR, "AWARENESS", respond_by=moment)
    assert (await rows(town.dsns, sql, offer))[0]["respond_by"] == moment


async def test_an_acceptance_within_the_phase_is_one_event(town: Town) -> None:
    engagement_id = await town.opened()
    offer = await town.offered(engagement_id, Firm.OTHER_ADVISOR, "AWARENESS")
    payload = await town.call.done("acceptHandoff", crm(Firm.OTHER_ADVISOR), handoff_id=offer, external_ref="O-1")
    assert payload == {
        "handoff": {"id": gid("Handoff", offer), "status": "ACCEPTED"},
        "engagement": {"id": gid("Engagement", engagement_id), "version": 3, "phase": "AWARENESS"},
        "userErrors": [],
    }
    assert (await events(town.dsns, engagement_id))[2:] == [
        ("HANDOFF_ACCEPTED", 3, offer, "AWARENESS", "AWARENESS", 1, 2, "JP-13")
    ]
    assert await town.assignments(engagement_id) == [(1, "AWARENESS", 1, True), (2, "AWARENESS", 2, False)]
    (ref,) = await rows(town.dsns, "SELECT partner_id, ref FROM engagements.external_ref")
    assert tuple(ref.values()) == (Firm.OTHER_ADVISOR, "O-1")


async def test_a_declined_offer_returns_with_reason_and_note_and_shows_the_decliner_no_more(town: Town) -> None:
    engagement_id = await town.opened("CONSULTATION", prescribed=True)
    offer = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
    payload = await town.call.done(
        "declineHandoff", INTEGRATOR, handoff_id=offer, reason="NO_CAPACITY", note="来月なら", expected_version=3
    )
    assert payload["handoff"] == {"id": gid("Handoff", offer), "status": "DECLINED"}
    assert payload["engagement"] is None
    (row,) = await rows(town.dsns, "SELECT status, decline_reason, decline_note FROM engagements.handoff")
    assert tuple(row.values()) == ("DECLINED", "NO_CAPACITY", "来月なら")
    assert (await events(town.dsns, engagement_id))[3:] == [
        ("HANDOFF_DECLINED", 4, offer, "CONSULTATION", "DEPLOYMENT", 1, 3, "JP-13")
    ]
    assert await town.assignments(engagement_id) == [(1, "CONSULTATION", 1, False)]
    assert (await town.engagement(engagement_id))["lead_partner_id"] == Firm.ADVISOR


async def test_the_sender_keeps_sight_and_may_do_no_more(town: Town) -> None:
    engagement_id = await town.deployed()
    query = "query Q($id: ID!) { engagement(by: {id: $id}) { title allowedActions client { name } } }"
    for viewer, actions in ((ADVISOR, []), (INTEGRATOR, ["OFFER_HANDOFF", "ABANDON"])):
        answer = await town.call.ask(query, viewer=viewer, id=gid("Engagement", engagement_id))
        assert answer.data["engagement"] == {"title": "題", "allowedActions": actions, "client": {"name": "田中商店"}}


async def test_closing_withdraws_an_open_offer(town: Town) -> None:
    engagement_id = await town.opened("CONSULTATION", prescribed=True)
    offer = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
    payload = await town.call.done("closeEngagement", ADVISOR, engagement_id=engagement_id, outcome="ABANDONED")
    assert (payload["engagement"]["version"], payload["engagement"]["status"]) == (5, "ABANDONED")
    assert (await events(town.dsns, engagement_id))[3:] == [
        ("HANDOFF_WITHDRAWN", 4, offer, "CONSULTATION", "DEPLOYMENT", 1, 3, "JP-13"),
        ("ENGAGEMENT_CLOSED", 5, None, "CONSULTATION", None, 1, None, "JP-13"),
    ]
    (row,) = await rows(town.dsns, "SELECT status FROM engagements.handoff")
    assert row["status"] == "WITHDRAWN"
    assert await town.assignments(engagement_id) == [(1, "CONSULTATION", 1, True)]


async def test_staff_act_for_all_sides(town: Town) -> None:
    engagement_id = await town.opened("CONSULTATION")
    await town.call.done("recordFinding", STAFF, engagement_id=engagement_id, symptom="DEPENDENCE")
    await town.call.done("prescribe", STAFF, engagement_id=engagement_id, remedy="x")
    offers = []
    for mutation, values in (
        ("declineHandoff", {"reason": "OTHER"}),
        ("withdrawHandoff", {}),
        ("acceptHandoff", {"external_ref": "I-1"}),
    ):
        offer: dict[str, Any] = {"engagement_id": engagement_id, "to_partner_id": Firm.INTEGRATOR, "to_phase": "DEPLOYMENT"}
        await town.call.done("offerHandoff", STAFF, **offer)
        (row,) = await rows(town.dsns, "SELECT id, from_partner_id FROM engagements.handoff WHERE status = 'OFFERED'")
        assert row["from_partner_id"] == Firm.ADVISOR
        await town.call.done(mutation, STAFF, handoff_id=row["id"], **values)
        offers.append(row["id"])
    assert (await town.engagement(engagement_id))["lead_partner_id"] == Firm.INTEGRATOR
    (ref,) = await rows(town.dsns, "SELECT partner_id, ref FROM engagements.external_ref")
    assert tuple(ref.values()) == (Firm.INTEGRATOR, "I-1")
    await town.call.done("closeEngagement", STAFF, engagement_id=engagement_id, outcome="ABANDONED")


async def test_an_all_rounder_goes_the_whole_way_alone(town: Town) -> None:
    engagement_id = await town.opened("AWARENESS", advisor=Firm.ALL_ROUNDER, prescribed=True)
    viewer = person(Firm.ALL_ROUNDER)
    for version, phase in ((2, "CONSULTATION"), (3, "DEPLOYMENT"), (4, "UTILIZATION")):
        payload = await town.call.done("advancePhase", viewer, engagement_id=engagement_id, expected_version=version)
        assert payload["engagement"]["phase"] == phase
    assert [row[1:] for row in await town.assignments(engagement_id)] == [
        ("AWARENESS", 6, True), ("CONSULTATION", 6, True), ("DEPLOYMENT", 6, True), ("UTILIZATION", 6, False),
    ]  # fmt: skip


async def test_what_a_firm_calls_an_engagement(town: Town) -> None:
    engagement_id = await town.deployed()
    before = await town.engagement(engagement_id)
    for viewer, ref in ((ADVISOR, "A-1"), (INTEGRATOR, "A-1"), (ADVISOR, "A-2"), (INTEGRATOR, None)):
        await town.call.done("setExternalRef", viewer, engagement_id=engagement_id, external_ref=ref)
    refs = await rows(town.dsns, "SELECT partner_id, ref FROM engagements.external_ref")
    assert [tuple(row.values()) for row in refs] == [(Firm.ADVISOR, "A-2")]
    assert await town.engagement(engagement_id) == before
    assert len(await events(town.dsns, engagement_id)) == before["version"]


async def test_several_changes_in_one_request_each_read_what_they_wrote(town: Town) -> None:
    engagement_id = gid("Engagement", await town.opened())
    document = """mutation M($id: ID!) {
        a: recordFinding(input: {engagementId: $id, symptom: "DEPENDENCE"}) { engagement { version findings { note } } }
        b: recordFinding(input: {engagementId: $id, symptom: "DEPENDENCE", expectedVersion: 2}) {
            engagement { version findings { note } posts { totalCount } } }
        c: prescribe(input: {engagementId: $id, remedy: "x", expectedVersion: 2}) { userErrors { code } engagement { version } }
    }"""
    answer = await town.call.ask(document, viewer=ADVISOR, id=engagement_id)
    assert answer.errors == []
    assert answer.data == {
        "a": {"engagement": {"version": 2, "findings": [{"note": None}]}},
        "b": {"engagement": {"version": 3, "findings": [{"note": None}] * 2, "posts": {"totalCount": 0}}},
        "c": {"userErrors": [{"code": "CONFLICT"}], "engagement": None},
    }


async def test_who_a_firm_is_strong_in_is_asked_of_the_directory_and_not_of_the_cache(town: Town) -> None:
    engagement_id = await town.opened()
    query = "query Q($id: ID!) { partner(by: {id: $id}) { strengths } }"
    strong = {"partner": {"strengths": ["AWARENESS", "CONSULTATION"]}}
    assert (await town.call.ask(query, id=gid("Partner", 2))).data == strong
    # Without a notice, the cache keeps what it has.
    await execute(town.dsns, SourceName.DIRECTORY, "ALTER TABLE directory.membership DISABLE TRIGGER USER")
    await execute(town.dsns, SourceName.DIRECTORY, "DELETE FROM directory.membership WHERE partner_id = 2")
    assert (await town.call.ask(query, id=gid("Partner", 2))).data == strong
    call = {"engagement_id": engagement_id, "to_partner_id": Firm.OTHER_ADVISOR, "to_phase": "AWARENESS"}
    assert await town.call.refused("offerHandoff", ADVISOR, **call) == refusal("ROLE_MISMATCH", "toPartnerId")
