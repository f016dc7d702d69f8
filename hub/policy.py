"""Who sees what: one rule for each table, and for each column that not everyone sees, as SQL that every read carries.

A named query says `{visible TABLE ALIAS}` where it reads a table, `{shown TABLE.COLUMN ALIAS}` where it gives a column that
has a rule of its own, and `{visible TABLE.COLUMN ALIAS}` where it filters by one. The rule for the viewer's kind stands
there when the query is sent. `{counted …}` is the same of what figures alone are made of: the reporting tool's are over all.
A marker without a rule cannot be built; tests/visibility finds a read without a marker.

A rule writes {row} for the alias, and may use VIEWER_PARAMETERS and FACTS. It may read tables of its own source; what
another source knows is a fact: read first, once a request, and passed on as an array of ids. Where that source is down the
read fails with its SourceUnavailable: never open.

A firm sees an engagement in full where it is the client's advisor, or leads or has led a phase; as an offer where it holds
one that is open. What is shown of an engagement in full alone has the rule `_full`.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import cache
from typing import Any, Final, NamedTuple

from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName

ALL: Final = "TRUE"
NONE: Final = "FALSE"

VIEWER_PARAMETERS: Final = frozenset({"viewer_partner_id", "now"})
"""What a rule may ask of the viewer and the request; every read is given them, null where the viewer has none."""

FACTS: Final[dict[str, tuple[SourceName, str]]] = {
    "viewer_association_ids": (SourceName.DIRECTORY, "viewer_associations"),
    "viewer_engagement_ids": (SourceName.ENGAGEMENTS, "viewer_engagements"),
    "viewer_peer_ids": (SourceName.ENGAGEMENTS, "viewer_peers"),
}
"""What a rule may ask of another source: the parameter, and the named query whose column `id` it is."""


class _Sight(NamedTuple):
    """A way in which firms come to see engagements in full: rows that pair a firm with an engagement."""

    rows: str
    firm: str
    engagement: str

    @property
    def of_viewer(self) -> str:
        """The engagements that the viewer's firm sees so."""
        return f"\n    SELECT {self.engagement} FROM {self.rows} WHERE {self.firm} = :viewer_partner_id"

    def firms(self, engagement: str) -> str:
        """The firms that see an engagement so."""
        return f"SELECT {self.firm} FROM {self.rows} WHERE {self.engagement} = {engagement}"


_LEADS: Final = _Sight("engagements.assignment AS led", firm="led.partner_id", engagement="led.engagement_id")
_ADVISES: Final = _Sight(
    "engagements.client AS own JOIN engagements.engagement AS advised ON advised.client_id = own.id",
    firm="own.advisor_id",
    engagement="advised.id",
)

_LED: Final = _LEADS.of_viewer
_ADVISED: Final = _ADVISES.of_viewer

# An offer that nobody has swept yet after its time has lapsed all the same.
_OFFERED: Final = """
    SELECT offer.engagement_id FROM engagements.handoff AS offer
    WHERE offer.to_partner_id = :viewer_partner_id AND offer.status = 'OFFERED' AND offer.respond_by > :now"""

_IN_FULL: Final = f"{_LED} UNION ALL {_ADVISED}"
_IN_FULL_OR_OFFERED: Final = f"{_IN_FULL} UNION ALL {_OFFERED}"

_CLIENTS: Final = f"""
    SELECT own.id FROM engagements.client AS own WHERE own.advisor_id = :viewer_partner_id
    UNION ALL SELECT helped.client_id FROM engagements.engagement AS helped WHERE helped.id = ANY(ARRAY({_LED}))"""

# The same, for a look at one client: from it to its engagements, and to whether the firm has led them.
_HELPED: Final = """
    SELECT helped.client_id FROM engagements.engagement AS helped
    JOIN engagements.assignment AS led ON led.engagement_id = helped.id WHERE led.partner_id = :viewer_partner_id"""

_HANDOFFS: Final = f"""
    SELECT incoming.id FROM engagements.handoff AS incoming WHERE incoming.to_partner_id = :viewer_partner_id
    UNION ALL SELECT outgoing.id FROM engagements.handoff AS outgoing WHERE outgoing.from_partner_id = :viewer_partner_id
    UNION ALL SELECT seen.id FROM engagements.handoff AS seen WHERE seen.engagement_id = ANY(ARRAY({_IN_FULL}))"""

# An event of a hand-off; the firms on the two sides of that, or of the hand-off itself.
_HANDED_OVER: Final = "{row}.handoff_id IS NOT NULL"
_SIDES: Final = "{row}.from_partner_id, {row}.to_partner_id"

_OWN_SESSIONS: Final = """
    SELECT held.id FROM trainings.course AS own JOIN trainings.session AS held ON held.course_id = own.id
    WHERE own.provider_id = :viewer_partner_id"""

# A hash of the ids, not a walk along them for every row.
_ENGAGEMENT_FACTS: Final = "SELECT unnest(:viewer_engagement_ids)"

_NETWORK_POST: Final = "{row}.visibility = 'NETWORK'"
_FIRM_POST: Final = f"""({_NETWORK_POST}
    OR {{row}}.association_id = ANY(:viewer_association_ids)
    OR {{row}}.visibility = 'ENGAGEMENT' AND {{row}}.engagement_id IN ({_ENGAGEMENT_FACTS}))"""


class Found(Enum):
    """How the rows are found that a condition is for: by the condition itself, or otherwise, and then how many there may be."""

    BY_RULE = auto()
    MANY = auto()
    FEW = auto()


@dataclass(frozen=True, slots=True)
class Among:
    """The condition that a column's value is one of those which a query gives, in the form that suits how rows are found."""

    column: str
    keys: str
    otherwise: tuple[str, "Among"] | None = None
    """For rows that are found otherwise: what the row says itself, or else that another column of it is among fewer keys."""

    def where(self, found: Found) -> str:
        """The condition's form for rows that are found so."""
        if self.otherwise is not None and found is not Found.BY_RULE:
            said, among = self.otherwise
            return f"({said} OR {among.where(found)})"
        match found:
            case Found.BY_RULE:
                return self.of_index()
            case Found.MANY:
                return self.of_many()
            case Found.FEW:
                return self.of_few()

    def of_index(self) -> str:
        """An array, which an index on the column is read by: for rows that are found by the rule itself."""
        return f"{{row}}.{self.column} = ANY(ARRAY({self.keys}))"

    def of_many(self) -> str:
        """A hash, which each row is looked up in: for rows that are found otherwise. IS TRUE keeps it from becoming a join."""
        return f"({{row}}.{self.column} IN ({self.keys})) IS TRUE"

    def of_few(self) -> str:
        """A look into the indexes for each row: for a few rows that are found otherwise. IS TRUE as there."""
        return f"(EXISTS (SELECT FROM ({self.keys}) AS among (key) WHERE among.key = {{row}}.{self.column})) IS TRUE"


Condition = str | Among
Rule = dict[ViewerKind, Condition]


def _rule(*, firm: Condition = ALL, reporting: Condition = ALL) -> Rule:
    """Staff see all; a firm's persons and its CRM see the same."""
    return {
        ViewerKind.STAFF: ALL,
        ViewerKind.PERSON: firm,
        ViewerKind.CRM: firm,
        ViewerKind.REPORTING: reporting,
    }


def _full(column: str = "id", *, reporting: str = ALL) -> Rule:
    """What belongs to an engagement, by this column, and shows where that is seen in full."""
    return _rule(firm=Among(column, _IN_FULL), reporting=reporting)


def _full_or_offered(column: str = "id") -> Rule:
    return _rule(firm=Among(column, _IN_FULL_OR_OFFERED))


def _of_post(rule: str) -> str:
    return f"{{row}}.post_id IN (SELECT on_post.id FROM community.post AS on_post WHERE {rule.format(row='on_post')})"


_RULES: Final[dict[str, Rule]] = {
    "directory.association": _rule(),
    "directory.partner": _rule(),
    "directory.membership": _rule(),
    "directory.member": _rule(),
    "directory.member.email": _rule(
        firm="({row}.partner_id = :viewer_partner_id OR {row}.partner_id = ANY(:viewer_peer_ids))", reporting=NONE
    ),
    "certifications.certification": _rule(),
    "engagements.corporation": _rule(),
    "engagements.symptom": _rule(),
    "engagements.client": _rule(
        firm=Among("id", _CLIENTS, otherwise=("{row}.advisor_id = :viewer_partner_id", Among("id", _HELPED))), reporting=NONE
    ),
    "engagements.engagement": _full_or_offered(),
    "engagements.engagement.title": _full(reporting=NONE),
    "engagements.engagement.client_id": _full(reporting=NONE),
    "engagements.engagement.closed_at": _full(),
    "engagements.engagement.closing_note": _full(reporting=NONE),
    "engagements.assignment": _full("engagement_id"),
    "engagements.external_ref": _full("engagement_id"),
    "engagements.finding": _full_or_offered("engagement_id"),
    "engagements.finding.note": _full("engagement_id", reporting=NONE),
    "engagements.prescription": _full_or_offered("engagement_id"),
    "engagements.prescription.note": _full("engagement_id", reporting=NONE),
    "engagements.handoff": _rule(
        firm=Among("id", _HANDOFFS, otherwise=(f":viewer_partner_id IN ({_SIDES})", Among("engagement_id", _IN_FULL)))
    ),
    "engagements.handoff.note": _rule(reporting=NONE),
    "engagements.handoff.decline_note": _rule(reporting=NONE),
    "engagements.event_log": _rule(
        # Events are found by their positions, thousands at once.
        firm=f"({Among('engagement_id', _IN_FULL).of_many()} OR {_HANDED_OVER} AND :viewer_partner_id IN ({_SIDES}))"
    ),
    "trainings.course": _rule(),
    "trainings.session": _rule(),
    "trainings.enrollment": _rule(
        firm=f"({{row}}.engagement_id IN ({_ENGAGEMENT_FACTS}) OR {{row}}.session_id IN ({_OWN_SESSIONS}))", reporting=NONE
    ),
    "trainings.enrollment.engagement_id": _rule(firm=f"{{row}}.engagement_id IN ({_ENGAGEMENT_FACTS})", reporting=NONE),
    "community.post": _rule(firm=_FIRM_POST, reporting=_NETWORK_POST),
    "community.post.engagement_id": _rule(firm=f"{{row}}.engagement_id IN ({_ENGAGEMENT_FACTS})"),
    "community.comment": _rule(firm=_of_post(_FIRM_POST), reporting=_of_post(_NETWORK_POST)),
}

_SEERS: Final[dict[str, str]] = {
    "engagements.event_log": f"""ARRAY(
        {_LEADS.firms("{row}.engagement_id")}
        UNION {_ADVISES.firms("{row}.engagement_id")}
        UNION SELECT unnest(ARRAY[{_SIDES}]) WHERE {_HANDED_OVER})""",
}
"""Which firms see a row: for each firm as its rule says; a test holds the two alike. All other viewers see every row."""


def visible(name: str, alias: str, kind: ViewerKind, found: Found = Found.BY_RULE) -> str:
    """The condition under which a viewer of this kind sees a row of `schema.table`, or a column of it, under this alias."""
    condition = _RULES[name][kind]
    if isinstance(condition, Among):
        condition = condition.where(found)
    return condition.replace("{row}", alias)


def counted(name: str, alias: str, kind: ViewerKind, found: Found = Found.BY_RULE) -> str:
    """The condition under which a row, or a column of it, is in this viewer's figures: as `visible`, and for reporting all."""
    return ALL if kind is ViewerKind.REPORTING else visible(name, alias, kind, found)


def shown(name: str, alias: str, kind: ViewerKind, found: Found = Found.BY_RULE) -> str:
    """The column `schema.table.column` under this alias, null where its rule does not hold. found: its rows."""
    column = f"{alias}.{name.rpartition('.')[2]}"
    # No row is found by whether a column of it shows.
    condition = visible(name, alias, kind, Found.MANY if found is Found.BY_RULE else found)
    return column if condition == ALL else f"CASE WHEN {condition} THEN {column} END"


def seers(name: str, alias: str, _kind: ViewerKind, _found: Found = Found.BY_RULE) -> str:
    """The ids of the firms that see a row of `schema.table` under this alias, as an array; nulls in it are nobody."""
    return _SEERS[name].replace("{row}", alias)


def needs_seers(viewer: Viewer) -> bool:
    """Whether what a viewer sees of rows that have SEERS depends on its firm."""
    return viewer.kind in (ViewerKind.PERSON, ViewerKind.CRM)


def view_of(viewer: Viewer) -> Hashable:
    """What two viewers must have alike to be given the same answers: their rules, their firm, and what they are granted."""
    return viewer.kind, viewer.partner_id, viewer.scopes


def viewer_parameters(viewer: Viewer, now: datetime) -> dict[str, Any]:
    """The VIEWER_PARAMETERS of a request."""
    return {"viewer_partner_id": viewer.partner_id, "now": now}


def cache_scope(table: str, viewer: Viewer, *, without: str | None = None) -> str:
    """The part of a cache key that keeps viewers of a table apart: empty where all of them see the same.

    without: the column that the kept rows do not have, whatever its rule.
    """
    return "" if _is_open(table, without) else f"{viewer.kind.value}:{viewer.partner_id}"


@cache
def _is_open(table: str, without: str | None) -> bool:
    rules = [
        rule
        for name, rule in _RULES.items()
        if name == table or (name.startswith(f"{table}.") and name != f"{table}.{without}")
    ]
    return all(condition == ALL for rule in rules for condition in rule.values())
