"""What filters leave in, and what is said of those that are wrong."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import Ask, Dsns, asker, running, settings_for
from tests.miniature import execute, write

COUNTS = [
    ("partners(filter: {role: TRAINER})", "directory", "SELECT count(*) FROM directory.partner WHERE 'TRAINER' = ANY(roles)"),
    ("partners(filter: {member: false})", "directory", "SELECT count(*) FROM directory.partner WHERE joined_on IS NULL"),
    ("partners(filter: {endorsedPlan: true, member: false})", "directory",
     "SELECT count(*) FROM directory.partner WHERE endorsed_plan_on IS NOT NULL AND joined_on IS NULL"),
    ("partners(filter: {strength: UTILIZATION})", "directory",
     "SELECT count(DISTINCT partner_id) FROM directory.membership m JOIN directory.association a ON a.id = association_id"
     " WHERE 'UTILIZATION' = ANY(phases)"),
    ('partners(filter: {regions: ["JP-13", "JP-27"]})', "directory",
     "SELECT count(*) FROM directory.partner WHERE region IN ('JP-13', 'JP-27')"),
    ("engagements(filter: {phases: [DEPLOYMENT], statuses: [OPEN]})", "engagements",
     "SELECT count(*) FROM engagements.engagement WHERE phase = 'DEPLOYMENT' AND status = 'OPEN'"),
    ('engagements(filter: {leadPartnerId: "UGFydG5lcjo2MQ=="})', "engagements",
     "SELECT count(*) FROM engagements.engagement WHERE lead_partner_id = 61"),
    ('engagements(filter: {openedFrom: "2026-01-01", openedTo: "2026-01-31"})', "engagements",
     "SELECT count(*) FROM engagements.engagement WHERE (opened_at AT TIME ZONE 'Asia/Tokyo')::date"
     " BETWEEN '2026-01-01' AND '2026-01-31'"),
    ('engagements(filter: {updatedSince: "2026-03-25T00:00:00+09:00"})', "engagements",
     "SELECT count(*) FROM engagements.engagement WHERE updated_at >= '2026-03-25T00:00:00+09'"),
    ('engagements(filter: {industries: ["農業"], regions: ["JP-01"]})', "engagements",
     "SELECT count(*) FROM engagements.engagement e JOIN engagements.client c ON c.id = client_id"
     " WHERE industry = '農業' AND region = 'JP-01'"),
    ("handoffs(filter: {statuses: [DECLINED, EXPIRED], toPhases: [DEPLOYMENT]})", "engagements",
     "SELECT count(*) FROM engagements.handoff WHERE status IN ('DECLINED', 'EXPIRED') AND to_phase = 'DEPLOYMENT'"),
    ('handoffs(filter: {partnerId: "UGFydG5lcjo2MQ==", direction: INCOMING})', "engagements",
     "SELECT count(*) FROM engagements.handoff WHERE to_partner_id = 61"),
    ('handoffs(filter: {partnerId: "UGFydG5lcjo2MQ=="})', "engagements",
     "SELECT count(*) FROM engagements.handoff WHERE 61 IN (to_partner_id, from_partner_id)"),
    ("trainingSessions(filter: {hasSeats: false})", "trainings",
     "SELECT count(*) FROM trainings.session s WHERE seats <= (SELECT count(*) FROM trainings.enrollment"
     " WHERE session_id = s.id AND status IN ('ENROLLED', 'COMPLETED', 'NO_SHOW'))"),
    ('courses(filter: {providerId: "UGFydG5lcjo2MQ=="})', "trainings",
     "SELECT count(*) FROM trainings.course WHERE provider_id = 61"),
    ('posts(filter: {search: "補助金"})', "community",
     "SELECT count(*) FROM community.post WHERE title || '|' || body LIKE '%補助金%'"),
    ('posts(filter: {partnerId: "Q2xpZW50OjE="})', "community", "SELECT 0"),
    ('corporations(search: "９80")', "engagements",
     "SELECT count(*) FROM engagements.corporation WHERE number LIKE '%980%' OR name LIKE '%980%'"),
    ("corporations(status: CLOSED)", "engagements", "SELECT count(*) FROM engagements.corporation WHERE status = 'CLOSED'"),
]  # fmt: skip


@pytest.mark.parametrize(("connection", "source", "sql"), COUNTS, ids=[connection for connection, _, _ in COUNTS])
async def test_a_filter_leaves_in_what_sql_does(ask: Ask, seeded_dsns: Dsns, connection: str, source: str, sql: str) -> None:
    database = await asyncpg.connect(seeded_dsns[SourceName(source)])
    expected = await database.fetchval(sql)
    await database.close()
    answer = await ask(f"{{ found: {connection} {{ totalCount }} }}")
    assert (answer.errors, answer.data) == ([], {"found": {"totalCount": expected}})


@pytest.mark.parametrize(
    ("connection", "extensions"),
    [
        ('partners(filter: {search: "　"})', {"code": "BAD_INPUT", "field": "filter.search"}),
        (f'partners(filter: {{search: "{"x" * 65}"}})', {"code": "BAD_INPUT", "field": "filter.search"}),
        ('partners(filter: {regions: ["Tokyo"]})', {"code": "BAD_INPUT", "field": "filter.regions"}),
        ('partners(filter: {country: "Japan"})', {"code": "BAD_INPUT", "field": "filter.country"}),
        ('engagements(filter: {clientId: "nonsense"})', {"code": "BAD_ID", "field": "filter.clientId"}),
        ("handoffs(filter: {direction: INCOMING})", {"code": "BAD_INPUT", "field": "filter.direction"}),
        ('engagements(filter: {openedFrom: "0001-01-01"})', {"code": "BAD_INPUT", "field": "filter.openedFrom"}),
        ('engagements(filter: {openedTo: "9999-12-31"})', {"code": "BAD_INPUT", "field": "filter.openedTo"}),
        ('courses(filter: {search: "\\u0000"})', {"code": "BAD_INPUT", "field": "filter.search"}),
    ],
)
async def test_a_filter_that_is_wrong_is_named(ask: Ask, connection: str, extensions: dict[str, Any]) -> None:
    answer = await ask(f"{{ found: {connection} {{ totalCount }} }}")
    assert answer.data == {"found": None}
    assert answer.error["extensions"] == extensions


@pytest.mark.parametrize("number", ["123", "1000013050081", "partner", ""])
async def test_a_corporate_number_with_a_wrong_check_digit(ask: Ask, number: str) -> None:
    answer = await ask("query($n: String!) { corporation(number: $n) { name } }", n=number)
    assert answer.error["extensions"] == {"code": "BAD_INPUT", "field": "number"}


async def test_who_is_certified_is_asked_of_its_source_first(ask: Ask, seeded_dsns: Dsns) -> None:
    database = await asyncpg.connect(seeded_dsns[SourceName.CERTIFICATIONS])
    program = await database.fetchval("SELECT min(program) FROM certifications.certification")
    await database.close()
    answer = await ask("query($p: String!) { partners(filter: {certifiedIn: $p}) { totalCount } }", p=program)
    assert answer.data["partners"]["totalCount"] > 0
    assert answer.queries == ["certifications:certified_partners", "directory:partners.count"]


async def test_each_firm_finds_an_engagement_by_its_own_identifier(source_dsns: Dsns, tmp_path: Path) -> None:
    await write(source_dsns)
    query = "query($r: String!) { engagement(by: {externalRef: $r}) { externalRef } }"
    async with running(settings_for(source_dsns, tmp_path)) as runtime:
        ask = asker(runtime)
        yamada, suzuki = (Viewer(ViewerKind.CRM, "CRM", partner_id=key) for key in (1, 2))
        assert (await ask(query, viewer=yamada, r="YAMADA-7")).data == {"engagement": {"externalRef": "YAMADA-7"}}
        assert (await ask(query, viewer=suzuki, r="YAMADA-7")).data == {"engagement": None}
        assert (await ask(query, r="YAMADA-7")).data == {"engagement": None}


async def test_a_certification_lapses_by_the_calendar_after_its_last_day(source_dsns: Dsns, tmp_path: Path) -> None:
    await write(source_dsns)
    async with running(settings_for(source_dsns, tmp_path)) as runtime:
        today = runtime.context(Viewer(ViewerKind.STAFF, "Staff")).today
        for days, status in ((0, "ACTIVE"), (1, "EXPIRED")):
            sql = f"UPDATE certifications.certification SET expires_on = date '{today}' - {days}"
            await execute(source_dsns[SourceName.CERTIFICATIONS], sql)
            answer = await asker(runtime)("{ certifications { nodes { status } } }")
            assert answer.data == {"certifications": {"nodes": [{"status": status}]}}


async def test_the_language_of_labels(ask: Ask) -> None:
    query = '{ symptoms { label ja: label(locale: "ja") en: label(locale: "en") } }'
    japanese, english = await ask(query), await ask(query, locale="en")
    assert [symptom["label"] for symptom in japanese.data["symptoms"]] == [
        symptom["ja"] for symptom in english.data["symptoms"]
    ]
    assert [symptom["label"] for symptom in english.data["symptoms"]] == [
        symptom["en"] for symptom in japanese.data["symptoms"]
    ]
    wrong = await ask('{ symptoms { label(locale: "fr") } }')
    assert {str(error["extensions"]) for error in wrong.errors} == {"{'code': 'BAD_INPUT', 'field': 'locale'}"}
