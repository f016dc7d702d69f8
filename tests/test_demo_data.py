"""The demo data: repeatable, plausible, and true to the rules by which the hub lets engagements change."""

import datetime
import hashlib
import unicodedata
from collections import Counter, defaultdict
from typing import Any

import pytest

from demo import programme
from hub.corporate_number import is_valid
from hub.vocabulary import PHASES_OF_ROLE, PartnerRole

Row = dict[str, Any]
Tables = dict[str, list[Row]]

# A Thursday in the middle of a month; the rules are also held on days of the weekend and on the day after one.
AS_OF = datetime.date(2026, 4, 16)
OTHER_DAYS = [
    datetime.date(2026, 4, 18),
    datetime.date(2026, 4, 19),
    datetime.date(2024, 2, 5),
    datetime.date(2028, 12, 31),
]

PHASES = ["AWARENESS", "CONSULTATION", "DEPLOYMENT", "UTILIZATION"]
ADVISED = PHASES[:2]

# Of the rows of two cohorts on AS_OF: the same on every platform and every Python. Where the data is changed on purpose,
# raise programme.EDITION with it: databases that hold the data from before are then not taken for this seed.
DIGEST = "2f5b6a91c57f678dda286207fd006d1d48cea7da7126c856d993940df357ac16"


def now_of(as_of: datetime.date) -> datetime.datetime:
    """Nine in the morning in Tokyo."""
    return datetime.datetime.combine(as_of, datetime.time(), datetime.UTC)


def made(as_of: datetime.date, cohorts: int = 1) -> Tables:
    """The demo's rows by table, as dicts, straight from where they are made."""
    result: Tables = {table.name: [] for table in programme.tables()}
    for cohort in range(cohorts):
        rows = programme.cohort_rows(cohort, as_of)
        for table in programme.tables():
            result[table.name] += [dict(zip(table.columns, row, strict=True)) for row in rows[table.name]]
    return result


def by(rows: list[Row], column: str) -> dict[Any, list[Row]]:
    groups = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


# ------------------------------------------------------------------------------------------------------- repeatable


def test_the_same_day_gives_the_same_rows_everywhere() -> None:
    digest = hashlib.sha256()
    for table, rows in made(AS_OF, cohorts=2).items():
        digest.update(f"{table}{[tuple(row.values()) for row in rows]}".encode())
    assert digest.hexdigest() == DIGEST


def test_a_cohort_is_the_same_at_every_scale() -> None:
    small, large = made(AS_OF), made(AS_OF, cohorts=2)
    for table, rows in small.items():
        assert rows == large[table][: len(rows)], table


# ------------------------------------------------------------------------------------------------ the rules, replayed


class Programme:
    """The rows of the demo as the rules see them."""

    def __init__(self, tables: Tables, as_of: datetime.date) -> None:
        self.tables, self.as_of, self.now = tables, as_of, now_of(as_of)
        roles = {row["id"]: row["role"] for row in tables["association"]}
        self.associations: dict[int, set[int]] = defaultdict(set)
        self.strengths: dict[int, set[str]] = defaultdict(set)
        for row in tables["membership"]:
            self.associations[row["partner_id"]].add(row["association_id"])
            role = PartnerRole(roles[row["association_id"]])
            self.strengths[row["partner_id"]] |= {phase.value for phase in PHASES_OF_ROLE[role]}
        self.partners = {row["id"]: row for row in tables["partner"]}
        self.people = {row["id"]: row for row in tables["member"]}
        self.clients = {row["id"]: row for row in tables["client"]}
        self.engagements = {row["id"]: row for row in tables["engagement"]}
        self.assignments = by(tables["assignment"], "engagement_id")


@pytest.fixture(scope="module", params=[AS_OF, *OTHER_DAYS], ids=str)
def demo(request: pytest.FixtureRequest) -> Programme:
    # The second cohort as well: what holds for one must hold for all.
    return Programme(made(request.param, cohorts=2), request.param)


def test_every_engagement_follows_the_rules_and_counts_its_versions(demo: Programme) -> None:
    findings, handoffs = by(demo.tables["finding"], "engagement_id"), by(demo.tables["handoff"], "engagement_id")
    prescriptions = by(demo.tables["prescription"], "engagement_id")
    for row in demo.engagements.values():
        replay(
            demo,
            row,
            demo.assignments[row["id"]],
            findings.get(row["id"], []),
            prescriptions.get(row["id"], []),
            handoffs.get(row["id"], []),
        )
    assert set(demo.assignments) == set(demo.engagements)


def replay(
    demo: Programme,
    engagement: Row,
    assignments: list[Row],
    findings: list[Row],
    prescriptions: list[Row],
    handoffs: list[Row],
) -> None:
    """Take all that happened to an engagement in the order of time, each as the hub would have allowed it."""
    happened = [(row["found_at"], "find", row) for row in findings]
    happened += [(row["prescribed_at"], "prescribe", row) for row in prescriptions]
    happened += [(row["offered_at"], "offer", row) for row in handoffs]
    happened += [(row["responded_at"], "answer", row) for row in handoffs if row["responded_at"]]
    accepted_at = {row["responded_at"] for row in handoffs if row["status"] == "ACCEPTED"}
    happened += [(row["started_at"], "advance", row) for row in assignments[1:] if row["started_at"] not in accepted_at]
    if engagement["closed_at"]:
        happened.append((engagement["closed_at"], "close", engagement))
    happened.sort(key=lambda event: event[0])
    times = [engagement["opened_at"], *(time for time, _, _ in happened)]
    assert times == sorted(set(times)), "each event has a time of its own"
    assert times[-1] < demo.now

    assert [row["position"] for row in assignments] == list(range(1, len(assignments) + 1))
    expected = iter(assignments)
    current = next(expected)
    assert current["started_at"] == engagement["opened_at"]
    lead, phase = current["partner_id"], current["phase"]
    assert lead == demo.clients[engagement["client_id"]]["advisor_id"]
    assert phase in ADVISED
    assert phase in demo.strengths[lead]
    version, prescribed, offer, closed = 1, False, None, False
    for time, kind, row in happened:
        assert not closed
        version += 1
        if kind == "find":
            assert phase in ADVISED
            assert phase in demo.strengths[lead]
        elif kind == "prescribe":
            assert phase in ADVISED
            assert phase in demo.strengths[lead]
            assert not prescribed
            prescribed = True
        elif kind == "offer":
            assert offer is None
            offer = row
            assert (row["from_partner_id"], row["from_phase"]) == (lead, phase)
            assert row["to_partner_id"] != lead
            assert PHASES.index(row["to_phase"]) - PHASES.index(phase) in (0, 1)
            assert row["to_phase"] in demo.strengths[row["to_partner_id"]]
            assert prescribed or row["to_phase"] != "DEPLOYMENT"
            assert demo.partners[row["to_partner_id"]]["joined_on"] <= time.date()
        elif kind == "answer":
            assert row is offer
            offer = None
            assert (row["status"] == "DECLINED") == (row["decline_reason"] is not None)
            if row["status"] == "EXPIRED":
                assert datetime.timedelta(0) <= time - row["respond_by"] <= datetime.timedelta(seconds=30)
            else:
                assert row["offered_at"] < time < row["respond_by"]
            if row["status"] == "ACCEPTED":
                version += row["to_phase"] != phase
                lead, phase = row["to_partner_id"], row["to_phase"]
        elif kind == "advance":
            assert offer is None
            assert PHASES.index(row["phase"]) == PHASES.index(phase) + 1
            assert row["partner_id"] == lead
            assert row["phase"] in demo.strengths[lead]
            assert prescribed or row["phase"] != "DEPLOYMENT"
            phase = row["phase"]
        else:
            assert offer is None
            assert engagement["status"] == "ABANDONED" or phase == "UTILIZATION"
            closed = True
        if kind == "advance" or (kind == "answer" and row["status"] == "ACCEPTED"):
            assert current["ended_at"] == time
            current = next(expected)
            assert (current["started_at"], current["phase"], current["partner_id"]) == (time, phase, lead)
    assert next(expected, None) is None
    assert current["ended_at"] == engagement["closed_at"]
    assert closed == (engagement["status"] != "OPEN")
    if offer is not None:
        assert offer["status"] == "OFFERED"
        # Still good for the rest of the day, and more.
        assert offer["respond_by"] >= demo.now + datetime.timedelta(days=1)
    assert (engagement["lead_partner_id"], engagement["phase"]) == (lead, phase)
    assert engagement["version"] == version
    assert engagement["updated_at"] == times[-1]


def test_engagements_are_of_all_kinds(demo: Programme) -> None:
    engagements, handoffs = demo.tables["engagement"], demo.tables["handoff"]
    kinds = Counter((row["phase"], row["status"]) for row in engagements)
    assert set(kinds) == {
        (phase, status) for phase in PHASES for status in ("OPEN", "ABANDONED", "COMPLETED") if status != "COMPLETED"
    } | {("UTILIZATION", "COMPLETED")}
    assert min(kinds.values()) > 100
    answers = Counter(row["status"] for row in handoffs)
    assert set(answers) == {"OFFERED", "ACCEPTED", "DECLINED", "EXPIRED", "WITHDRAWN"}
    assert min(answers.values()) > 500
    assert {row["decline_reason"] for row in handoffs} - {None} == {
        "NO_CAPACITY",
        "OUT_OF_REGION",
        "OUT_OF_SCOPE",
        "DUPLICATE",
        "CONFLICT_OF_INTEREST",
        "OTHER",
    }
    recently = demo.now - datetime.timedelta(days=4)
    assert sum(row["updated_at"] >= recently for row in engagements) > 100
    assert any(row["from_phase"] == row["to_phase"] for row in handoffs if row["status"] == "ACCEPTED")
    assert {row["symptom_code"] for row in demo.tables["finding"]} == {row["code"] for row in demo.tables["symptom"]}
    assert [row["label_ja"] for row in demo.tables["symptom"]][:4] == [
        "環境適応障害",
        "特定取引先依存症",
        "自社の強み欠乏症",
        "社員の組織沈滞感",
    ]


def test_the_load_is_skewed_but_bounded_and_every_member_firm_has_work(demo: Programme) -> None:
    engagements_of: dict[int, set[int]] = defaultdict(set)
    for row in demo.tables["assignment"]:
        engagements_of[row["partner_id"]].add(row["engagement_id"])
    assert set(engagements_of) == set(demo.associations)
    loads = sorted(map(len, engagements_of.values()))
    assert 100 <= loads[-1] <= 600
    assert loads[len(loads) // 2] <= loads[-1] / 4


def test_external_references_are_the_firms_own(demo: Programme) -> None:
    references = demo.tables["external_ref"]
    assert len({(row["partner_id"], row["ref"]) for row in references}) == len(references)
    assert len({(row["partner_id"], row["engagement_id"]) for row in references}) == len(references)
    for row in references:
        assert row["partner_id"] in {entry["partner_id"] for entry in demo.assignments[row["engagement_id"]]}


# ------------------------------------------------------------------------------------------------- the other sources


def test_the_directory_is_as_described(demo: Programme) -> None:
    partners = demo.tables["partner"]
    members = [row for row in partners if row["joined_on"]]
    assert len(members) == 2 * 200
    assert {row["id"] for row in members} == set(demo.associations)
    assert sum(len(associations) == 2 for associations in demo.associations.values()) == 2 * 20
    role_of = {row["id"]: row["role"] for row in demo.tables["association"]}
    for row in members:
        assert {role_of[association] for association in demo.associations[row["id"]]} == set(row["roles"])
        assert row["endorsed_plan_on"] <= row["joined_on"] < demo.as_of
    others = [row for row in partners if not row["joined_on"]]
    assert 20 < sum(row["endorsed_plan_on"] is not None for row in others) < len(others) / 3
    assert len({row["name"] for row in partners}) == len(partners)
    numbers = [row["corporate_number"] for row in partners if row["corporate_number"]]
    assert len(numbers) > len(partners) / 2
    assert len(set(numbers)) == len(numbers)
    assert all(map(is_valid, numbers))
    assert {row["partner_id"] for row in demo.tables["member"]} == set(demo.partners)
    assert all(row["email"].endswith(".example.jp") for row in demo.tables["member"] if row["email"])
    qualifications = {name for row in demo.tables["member"] for name in row["qualifications"]}
    assert qualifications >= {
        "ITコーディネータ",
        "税理士",
        "公認会計士",
        "中小企業診断士",
        "応用情報技術者",
        "MOS マスター",
    }
    assert any(row["name_en"] for row in partners)
    assert any(row["name_en"] is None for row in partners)


def test_names_have_their_reading_in_full_width_katakana(demo: Programme) -> None:
    for table in ("partner", "member", "client", "corporation"):
        for row in demo.tables[table]:
            assert set(row["name_kana"]) <= KATAKANA, row["name_kana"]
            assert unicodedata.normalize("NFKC", row["name_kana"]) == row["name_kana"]


KATAKANA = {chr(code) for code in range(ord("ァ"), ord("ヺ") + 1)} | {"ー", " "}


def test_certifications_are_in_all_states(demo: Programme) -> None:
    rows = demo.tables["certification"]
    assert {row["partner_id"] for row in rows} == set(demo.partners)
    assert {row["state"] for row in rows} == {"PENDING", "ACTIVE", "SUSPENDED", "REVOKED"}
    assert len({row["program"] for row in rows}) == 7
    assert len({row["level"] for row in rows}) > 5
    for row in rows:
        assert (row["state"] == "PENDING") == (row["awarded_on"] is None)
        assert row["awarded_on"] is None or row["awarded_on"] < demo.as_of
        assert row["expires_on"] is None or row["expires_on"] >= row["awarded_on"]
        assert row["competencies"]
    held = [row for row in rows if row["state"] == "ACTIVE"]
    assert sum(row["expires_on"] is not None and row["expires_on"] < demo.as_of for row in held) > 20
    month = demo.as_of.year * 12 + demo.as_of.month
    next_month = [
        row for row in held if row["expires_on"] and row["expires_on"].year * 12 + row["expires_on"].month == month + 1
    ]
    assert len(next_month) > 20
    certified = {row["partner_id"] for row in held if row["expires_on"] is None or row["expires_on"] >= demo.as_of}
    candidates = [row for row in demo.partners.values() if row["id"] in certified and not row["endorsed_plan_on"]]
    assert len(candidates) > 100


def test_clients_have_valid_numbers_and_a_member_as_advisor(demo: Programme) -> None:
    clients, register = demo.tables["client"], {row["number"]: row for row in demo.tables["corporation"]}
    numbers = [row["corporate_number"] for row in clients if row["corporate_number"]]
    assert len(set(numbers)) == len(numbers)
    assert all(map(is_valid, numbers))
    assert all(map(is_valid, register))
    assert 0.8 < len(numbers) / len(clients) < 0.95
    assert {row["region"] for row in clients} == {f"JP-{number:02}" for number in range(1, 48)}
    for row in clients:
        assert {"AWARENESS", "CONSULTATION"} <= demo.strengths[row["advisor_id"]]
    known = [row for row in clients if row["corporate_number"] in register]
    assert len(known) == 2 * 1_600
    for row in known:
        entry = register[row["corporate_number"]]
        assert (entry["name"], entry["name_kana"], entry["region"]) == (row["name"], row["name_kana"], row["region"])
    merged = [row for row in register.values() if row["status"] == "MERGED"]
    assert merged
    assert all(row["successor_number"] in register for row in merged)


def test_trainings_respect_seats_and_time(demo: Programme) -> None:
    sessions, enrollments = demo.tables["session"], demo.tables["enrollment"]
    courses = {row["id"]: row for row in demo.tables["course"]}
    for row in courses.values():
        assert demo.strengths[row["provider_id"]] & {"UTILIZATION", "DEPLOYMENT"}
    of_trainers = [row for row in courses.values() if "UTILIZATION" in demo.strengths[row["provider_id"]]]
    assert len(of_trainers) >= 2 * 85
    assert {row["course_id"] for row in sessions} == set(courses)
    enrolled = by(enrollments, "session_id")
    full = 0
    for session in sessions:
        statuses = Counter(row["status"] for row in enrolled.get(session["id"], []))
        taken = statuses["ENROLLED"] + statuses["COMPLETED"] + statuses["NO_SHOW"]
        assert taken <= session["seats"]
        assert not statuses["WAITLISTED"] or taken == session["seats"]
        past = session["starts_at"] < demo.now
        assert not (statuses["ENROLLED"] + statuses["WAITLISTED"] if past else statuses["COMPLETED"] + statuses["NO_SHOW"])
        full += taken == session["seats"]
    assert full > 50
    assert sum(row["starts_at"] > demo.now for row in sessions) == 2 * 300
    assert {row["status"] for row in enrollments} == {"WAITLISTED", "ENROLLED", "COMPLETED", "NO_SHOW", "CANCELLED"}
    starts = {row["id"]: row["starts_at"] for row in sessions}
    sent = [row for row in enrollments if row["engagement_id"] is not None]
    assert len(sent) > 0.75 * len(enrollments)
    for row in sent:
        history = demo.assignments[row["engagement_id"]]
        assert any(entry["phase"] == "UTILIZATION" and entry["started_at"] <= starts[row["session_id"]] for entry in history)


def test_posts_and_comments_are_by_those_who_may_read_them(demo: Programme) -> None:
    posts = {row["id"]: row for row in demo.tables["post"]}
    for row in posts.values():
        check_writer(demo, row, row)
        assert (row["association_id"] is not None) == (row["visibility"] == "ASSOCIATION")
        assert 50 <= len(row["body"]) <= 200
    for row in demo.tables["comment"]:
        post = posts[row["post_id"]]
        assert row["posted_at"] > post["posted_at"]
        check_writer(demo, row, post)
    kinds = Counter(row["visibility"] for row in posts.values())
    assert set(kinds) == {"NETWORK", "ASSOCIATION", "ENGAGEMENT"}
    assert min(kinds.values()) > 1_000
    assert {row["association_id"] for row in posts.values()} == {None, 1, 2, 3}


def check_writer(demo: Programme, row: Row, post: Row) -> None:
    """The writer of a post or a comment works at the firm, and the firm may read the post at that time."""
    assert demo.people[row["author_id"]]["partner_id"] == row["partner_id"]
    assert row["posted_at"] < demo.now
    if post["visibility"] == "ENGAGEMENT":
        history = demo.assignments[post["engagement_id"]]
        assert row["partner_id"] in {entry["partner_id"] for entry in history if entry["started_at"] <= row["posted_at"]}
        assert row["posted_at"] > demo.engagements[post["engagement_id"]]["opened_at"]
    elif post["visibility"] == "ASSOCIATION":
        assert post["association_id"] in demo.associations[row["partner_id"]]
    else:
        assert row["partner_id"] in demo.associations
