"""The whole programme of the demo: which tables it fills, how many rows each gets, and the rows, cohort by cohort.

A cohort is 200 member firms with 300 that have not joined, their clients and their engagements; firms work with firms
of their cohort. Scale N is N cohorts: each is made by itself, from nothing but its number and the day, so memory holds
a few of them however many there are, and what a firm has to do does not grow with the scale.
"""

import datetime
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from demo import certifications, clients, community, directory, engagement_texts, engagements, shapes, trainings
from demo.clock import Clock
from hub.vocabulary import SourceName

EDITION = 2
"""Raised with every change of the data: the same scale and day then give other rows than before."""

Rows = Sequence[tuple[object, ...]]


class Table(NamedTuple):
    """A table that the demo fills: its columns in the order of the rows' values. `once`: not once for each cohort."""

    source: SourceName
    name: str
    columns: tuple[str, ...]
    rows_of_cohort: int
    once: bool = False

    def rows(self, scale: int) -> int:
        """How many rows it gets."""
        return self.rows_of_cohort if self.once else self.rows_of_cohort * scale


def _table(source: SourceName, name: str, columns: str, rows: int, once: bool = False) -> Table:
    return Table(source, name, tuple(columns.split()), rows, once)


@cache
def tables() -> tuple[Table, ...]:
    """All tables, those that others refer to first."""
    of_deck = deck().rows
    partners, awards, engaged, trained, social = SourceName
    return (
        _table(partners, "association", "id code name_ja name_en role phases", len(directory.ASSOCIATION_ROWS), once=True),
        _table(
            partners,
            "partner",
            "id name name_kana name_en corporate_number roles specialties region website joined_on endorsed_plan_on",
            directory.FIRMS,
        ),
        _table(
            partners,
            "membership",
            "partner_id association_id",
            directory.MEMBER_FIRMS + directory.FIRMS_OF_TWO_ASSOCIATIONS,
        ),
        _table(partners, "member", "id partner_id name name_kana qualifications email", directory.PEOPLE),
        _table(
            awards,
            "certification",
            "id partner_id program level competencies state awarded_on expires_on",
            certifications.CERTIFICATIONS,
        ),
        _table(
            engaged,
            "corporation",
            "number name name_kana region address postal_code status successor_number updated_on",
            clients.CORPORATIONS,
        ),
        _table(
            engaged,
            "client",
            "id name name_kana corporate_number region industry employees advisor_id",
            clients.CLIENTS,
        ),
        _table(engaged, "symptom", "code label_ja label_en position", len(engagement_texts.SYMPTOM_ROWS), once=True),
        _table(
            engaged,
            "engagement",
            "id title client_id phase status lead_partner_id version opened_at updated_at closed_at",
            shapes.ENGAGEMENTS,
        ),
        _table(engaged, "assignment", "engagement_id position phase partner_id started_at ended_at", of_deck["assignment"]),
        _table(engaged, "finding", "id engagement_id symptom_code note found_at", of_deck["finding"]),
        _table(engaged, "prescription", "engagement_id remedy note prescribed_at", of_deck["prescription"]),
        _table(
            engaged,
            "handoff",
            "id engagement_id from_phase to_phase from_partner_id to_partner_id status note offered_at respond_by"
            " responded_at decline_reason",
            of_deck["handoff"],
        ),
        _table(engaged, "external_ref", "partner_id engagement_id ref", of_deck["external_ref"]),
        _table(trained, "course", "id provider_id title product hours", trainings.COURSES),
        _table(trained, "session", "id course_id starts_at region seats", trainings.SESSIONS),
        _table(trained, "enrollment", "id session_id engagement_id attendee status", trainings.ENROLLMENTS),
        _table(
            social,
            "post",
            "id title body visibility posted_at author_id partner_id association_id engagement_id",
            community.POSTS,
        ),
        _table(social, "comment", "id post_id body posted_at author_id partner_id", community.COMMENTS),
    )


@cache
def deck() -> shapes.Deck:
    """The deck of shapes, made once."""
    return shapes.build()


def cohort_rows(cohort: int, as_of: datetime.date) -> dict[str, Rows]:
    """The rows of one cohort (numbered from 0) by table; those that are there only once come with the first."""
    clock = Clock(as_of)
    firms = directory.build(cohort, clock)
    helped = clients.build(cohort, firms, clock)
    engaged = engagements.build(cohort, firms, helped, deck(), clock)
    trained = trainings.build(cohort, firms, engaged.stories, clock)
    social = community.build(cohort, firms, engaged.stories, clock)
    return {
        "association": directory.ASSOCIATION_ROWS if cohort == 0 else (),
        "partner": firms.partner_rows,
        "membership": firms.membership_rows,
        "member": firms.member_rows,
        "certification": certifications.build(cohort, firms.firms, clock),
        "corporation": helped.corporation_rows,
        "client": helped.client_rows,
        "symptom": engagement_texts.SYMPTOM_ROWS if cohort == 0 else (),
        "engagement": engaged.engagement_rows,
        "assignment": engaged.assignment_rows,
        "finding": engaged.finding_rows,
        "prescription": engaged.prescription_rows,
        "handoff": engaged.handoff_rows,
        "external_ref": engaged.external_ref_rows,
        "course": trained.course_rows,
        "session": trained.session_rows,
        "enrollment": trained.enrollment_rows,
        "post": social.post_rows,
        "comment": social.comment_rows,
    }
