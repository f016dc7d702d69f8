"""Figures in plain Python: facts with the groups that each is in, and what is measured of a group of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from itertools import product
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from hub.viewer import Viewer
from tests.reporting.programme import Programme, Row

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass
class Fact:
    """A row that is grouped: the values that it has in each dimension, and what hangs on it."""

    row: Row
    groups: dict[str, set[Any]]
    parts: list[Row] = field(default_factory=list)


Measure = Callable[[list[Fact]], Any]


@dataclass
class Cube:
    """The facts of a root field, and its measures."""

    facts: list[Fact]
    measures: dict[str, Measure]

    def grouped(self, dimensions: list[str], measures: Iterable[str] | None = None) -> dict[tuple[Any, ...], Row]:
        """What is measured of each group."""
        groups = {key: self.measured(facts, measures) for key, facts in self.groups(dimensions).items()}
        return dict(sorted(groups.items(), key=lambda item: [(value is None, value or 0) for value in item[0]]))

    def groups(self, dimensions: list[str]) -> dict[tuple[Any, ...], list[Fact]]:
        """The facts of each group."""
        found: dict[tuple[Any, ...], list[Fact]] = {}
        for fact in self.facts:
            for key in product(*(fact.groups[dimension] or {None} for dimension in dimensions)):
                found.setdefault(key, []).append(fact)
        return found

    def measured(self, facts: list[Fact], measures: Iterable[str] | None = None) -> Row:
        """What is measured of some facts."""
        return {name: self.measures[name](facts) for name in measures or self.measures}


def percentile(part: float, values: Iterable[float | None]) -> float | None:
    """The value that this part of them does not exceed, between two of them where it lies there."""
    present = sorted(value for value in values if value is not None)
    if not present:
        return None
    place = part * (len(present) - 1)
    low, high = present[floor(place)], present[min(floor(place) + 1, len(present) - 1)]
    return low + (high - low) * (place - floor(place))


def rate(flags: Iterable[bool | None]) -> float | None:
    """How many hold of those that are known."""
    known = [flag for flag in flags if flag is not None]
    return sum(known) / len(known) if known else None


def periods(prefix: str, moment: datetime | date | None, zone: tzinfo) -> dict[str, set[Any]]:
    """The first day of each period that a moment is in."""
    local = moment.astimezone(zone).date() if isinstance(moment, datetime) else moment
    if local is None:
        return {f"{prefix}_{name}": set() for name in ("WEEK", "MONTH", "QUARTER", "YEAR")}
    return {
        f"{prefix}_WEEK": {(local - timedelta(days=local.weekday())).isoformat()},
        f"{prefix}_MONTH": {local.replace(day=1).isoformat()},
        f"{prefix}_QUARTER": {local.replace(month=(local.month - 1) // 3 * 3 + 1, day=1).isoformat()},
        f"{prefix}_YEAR": {local.replace(month=1, day=1).isoformat()},
    }


def engagements(data: Programme, viewer: Viewer, now: datetime, zone: tzinfo) -> Cube:
    """engagementStats."""
    full = data.in_full(viewer)
    visible = full | data.offered(viewer, now)
    handoffs = data.handoffs(viewer)
    findings = data.by("finding", "engagement_id")
    of_engagement: dict[int, list[Row]] = {}
    for handoff in handoffs:
        of_engagement.setdefault(handoff["engagement_id"], []).append(handoff)

    def fact(row: Row) -> Fact:
        client = data.one["client"][row["client_id"]]
        lead = row["lead_partner_id"]
        groups = {
            "PHASE": {row["phase"]},
            "STATUS": {row["status"]},
            "REGION": {client["region"]},
            "INDUSTRY": {client["industry"]},
            "SYMPTOM": {found["symptom_code"] for found in findings[row["id"]]},
            "LEAD_PARTNER": {lead},
            "LEAD_ASSOCIATION": data.associations.get(lead, set()),
            "LEAD_REGION": {data.region(lead)},
            **periods("OPENED", row["opened_at"], zone),
        }
        return Fact(row, groups, of_engagement.get(row["id"], []))

    def days_open(fact: Fact) -> float:
        return float(((fact.row["closed_at"] or now) - fact.row["opened_at"]) / DAY)

    def completed(fact: Fact) -> bool | None:
        return None if fact.row["status"] == "OPEN" else bool(fact.row["status"] == "COMPLETED")

    return Cube(
        [fact(row) for row in data["engagement"] if row["id"] in visible],
        {
            "engagements": len,
            "clients": lambda facts: len({each.row["client_id"] for each in facts if each.row["id"] in full}),
            "handoffs": lambda facts: len(_parts(facts)),
            "acceptanceRate": lambda facts: rate(_accepted(part, now) for part in _parts(facts)),
            "medianDaysToAccept": lambda facts: percentile(0.5, _days_to(_parts(facts), "ACCEPTED")),
            "p90DaysToAccept": lambda facts: percentile(0.9, _days_to(_parts(facts), "ACCEPTED")),
            "medianDaysOpen": lambda facts: percentile(0.5, map(days_open, facts)),
            "p90DaysOpen": lambda facts: percentile(0.9, map(days_open, facts)),
            "completionRate": lambda facts: rate(map(completed, facts)),
        },
    )


def handoffs(data: Programme, viewer: Viewer, now: datetime, zone: tzinfo) -> Cube:
    """handoffStats."""

    def fact(row: Row) -> Fact:
        sender, receiver = row["from_partner_id"], row["to_partner_id"]
        groups = {
            "STATUS": {row["status"]},
            "FROM_PHASE": {row["from_phase"]},
            "TO_PHASE": {row["to_phase"]},
            "DECLINE_REASON": {row["decline_reason"]},
            "FROM_PARTNER": {sender},
            "TO_PARTNER": {receiver},
            "FROM_ASSOCIATION": data.associations.get(sender, set()),
            "TO_ASSOCIATION": data.associations.get(receiver, set()),
            "FROM_REGION": {data.region(sender)},
            "TO_REGION": {data.region(receiver)},
            **periods("OFFERED", row["offered_at"], zone),
        }
        return Fact(row, groups, [row])

    def lapsed(row: Row) -> bool | None:
        accepted = _accepted(row, now)
        return None if accepted is None else row["status"] in ("EXPIRED", "OFFERED")

    return Cube(
        [fact(row) for row in data.handoffs(viewer)],
        {
            "handoffs": len,
            "senders": lambda facts: len({each.row["from_partner_id"] for each in facts}),
            "receivers": lambda facts: len({each.row["to_partner_id"] for each in facts}),
            "acceptanceRate": lambda facts: rate(_accepted(part, now) for part in _parts(facts)),
            "lapseRate": lambda facts: rate(lapsed(part) for part in _parts(facts)),
            "medianDaysToAccept": lambda facts: percentile(0.5, _days_to(_parts(facts), "ACCEPTED")),
            "p90DaysToAccept": lambda facts: percentile(0.9, _days_to(_parts(facts), "ACCEPTED")),
            "medianDaysToDecline": lambda facts: percentile(0.5, _days_to(_parts(facts), "DECLINED")),
        },
    )


def certifications(data: Programme, _viewer: Viewer, now: datetime, _zone: tzinfo) -> Cube:
    """certificationStats."""
    today = now.astimezone(ZoneInfo("Asia/Tokyo")).date()

    def status(row: Row) -> str:
        lapsed = row["state"] in ("ACTIVE", "SUSPENDED") and row["expires_on"] is not None and row["expires_on"] < today
        return "EXPIRED" if lapsed else str(row["state"])

    def fact(row: Row) -> Fact:
        firm = row["partner_id"]
        groups = {
            "PROGRAM": {row["program"]},
            "LEVEL": {row["level"]},
            "STATUS": {status(row)},
            "PARTNER": {firm},
            "ASSOCIATION": data.associations.get(firm, set()),
            "REGION": {data.region(firm)},
            **periods("AWARDED", row["awarded_on"], ZoneInfo("UTC")),
            **periods("EXPIRES", row["expires_on"], ZoneInfo("UTC")),
        }
        return Fact(row, groups)

    def days_left(facts: list[Fact]) -> Iterator[float]:
        for each in facts:
            if status(each.row) == "ACTIVE" and each.row["expires_on"] is not None:
                yield float((each.row["expires_on"] - today).days)

    return Cube(
        [fact(row) for row in data["certification"]],
        {
            "certifications": len,
            "partners": lambda facts: len({each.row["partner_id"] for each in facts}),
            "activeRate": lambda facts: rate(status(each.row) == "ACTIVE" for each in facts),
            "medianDaysLeft": lambda facts: percentile(0.5, days_left(facts)),
            "p10DaysLeft": lambda facts: percentile(0.1, days_left(facts)),
        },
    )


def trainings(data: Programme, viewer: Viewer, _now: datetime, zone: tzinfo) -> Cube:
    """trainingStats."""
    everyone = data.by("enrollment", "session_id")
    seen: dict[int, list[Row]] = {}
    for enrollment in data.enrollments(viewer):
        seen.setdefault(enrollment["session_id"], []).append(enrollment)

    def held(session: Row) -> int:
        return sum(row["status"] in ("ENROLLED", "COMPLETED", "NO_SHOW") for row in everyone[session["id"]])

    def fact(row: Row) -> Fact:
        course = data.one["course"][row["course_id"]]
        provider = course["provider_id"]
        groups = {
            "COURSE": {course["id"]},
            "PRODUCT": {course["product"]},
            "PROVIDER": {provider},
            "PROVIDER_ASSOCIATION": data.associations.get(provider, set()),
            "PROVIDER_REGION": {data.region(provider)},
            "REGION": {row["region"]},
            **periods("STARTS", row["starts_at"], zone),
        }
        return Fact({**row, "held": held(row), "provider": provider}, groups, seen.get(row["id"], []))

    def attended(row: Row) -> bool | None:
        return {"COMPLETED": True, "NO_SHOW": False}.get(row["status"])

    return Cube(
        [fact(row) for row in data["session"]],
        {
            "sessions": len,
            "courses": lambda facts: len({each.row["course_id"] for each in facts}),
            "providers": lambda facts: len({each.row["provider"] for each in facts}),
            "seats": lambda facts: sum(each.row["seats"] for each in facts),
            "seatsHeld": lambda facts: sum(each.row["held"] for each in facts),
            "fillRate": lambda facts: sum(each.row["held"] for each in facts) / sum(each.row["seats"] for each in facts),
            "medianFillRate": lambda facts: percentile(0.5, (each.row["held"] / each.row["seats"] for each in facts)),
            "p90FillRate": lambda facts: percentile(0.9, (each.row["held"] / each.row["seats"] for each in facts)),
            "enrollments": lambda facts: len(_parts(facts)),
            "waitlisted": lambda facts: sum(part["status"] == "WAITLISTED" for part in _parts(facts)),
            "attendanceRate": lambda facts: rate(attended(part) for part in _parts(facts)),
        },
    )


def community(data: Programme, viewer: Viewer, _now: datetime, zone: tzinfo) -> Cube:
    """communityStats."""
    comments = data.by("comment", "post_id")

    def fact(row: Row) -> Fact:
        firm = row["partner_id"]
        groups = {
            "VISIBILITY": {row["visibility"]},
            "PARTNER": {firm},
            "ASSOCIATION": data.associations.get(firm, set()),
            "REGION": {data.region(firm)},
            **periods("POSTED", row["posted_at"], zone),
        }
        return Fact(row, groups, comments[row["id"]])

    def hours(fact: Fact) -> float | None:
        answered = [part["posted_at"] for part in fact.parts]
        return float((min(answered) - fact.row["posted_at"]) / HOUR) if answered else None

    return Cube(
        [fact(row) for row in data.posts(viewer)],
        {
            "posts": len,
            "partners": lambda facts: len({each.row["partner_id"] for each in facts} - {None}),
            "authors": lambda facts: len({each.row["author_id"] for each in facts} - {None}),
            "comments": lambda facts: len(_parts(facts)),
            "answeredRate": lambda facts: rate(bool(each.parts) for each in facts),
            "medianComments": lambda facts: percentile(0.5, (len(each.parts) for each in facts)),
            "medianHoursToAnswer": lambda facts: percentile(0.5, map(hours, facts)),
            "p90HoursToAnswer": lambda facts: percentile(0.9, map(hours, facts)),
        },
    )


def _parts(facts: list[Fact]) -> list[Row]:
    return [part for fact in facts for part in fact.parts]


def _accepted(handoff: Row, now: datetime) -> bool | None:
    if handoff["status"] == "OFFERED":
        return False if handoff["respond_by"] <= now else None
    return {"ACCEPTED": True, "DECLINED": False, "EXPIRED": False}.get(handoff["status"])


def _days_to(handoffs: list[Row], status: str) -> Iterator[float]:
    return (float((row["responded_at"] - row["offered_at"]) / DAY) for row in handoffs if row["status"] == status)
