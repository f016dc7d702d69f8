"""A town of a few firms of every strength and the calls that they make, with the database read past the hub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from hub.corporate_number import check_digit
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import Answer, Ask, Dsns
from tests.miniature import execute
from tests.plain_sql import fetch, gid


class Firm(IntEnum):
    """The firms, by their ids."""

    ADVISOR = 1
    OTHER_ADVISOR = 2
    INTEGRATOR = 3
    OTHER_INTEGRATOR = 4
    TRAINER = 5
    ALL_ROUNDER = 6
    """Strong in every phase."""
    NEWCOMER = 7
    """Belongs to no association."""


STAFF = Viewer(ViewerKind.STAFF, "Staff")
REPORTING = Viewer(ViewerKind.REPORTING, "Reports")
NO_FIRM = Viewer(ViewerKind.CRM, "of no firm")
GONE = 99
"""A firm that the directory does not have."""


def crm(firm: int) -> Viewer:
    """The firm's CRM."""
    return Viewer(ViewerKind.CRM, f"CRM of {firm}", partner_id=int(firm))


def person(firm: int) -> Viewer:
    """A person of the firm."""
    return Viewer(ViewerKind.PERSON, f"person of {firm}", partner_id=int(firm), member_id=int(firm))


def number(others: int) -> str:
    """A corporate number with a good check digit."""
    text = f"{others:012}"
    return f"{check_digit(text)}{text}"


KNOWN_NUMBER = number(1)
UNKNOWN_NUMBER = number(2)

_DIRECTORY = """
    INSERT INTO directory.association (id, code, name_ja, name_en, role, phases) VALUES
        (1, 'ADVISORS', '助言会', 'Advisors', 'ADVISOR', '{AWARENESS,CONSULTATION}'),
        (2, 'INTEGRATORS', '構築会', 'Integrators', 'INTEGRATOR', '{DEPLOYMENT}'),
        (3, 'TRAINERS', '研修会', 'Trainers', 'TRAINER', '{UTILIZATION}');
    INSERT INTO directory.partner (id, name, roles) VALUES
        (1, 'advisor', '{ADVISOR}'), (2, 'other advisor', '{ADVISOR}'), (3, 'integrator', '{INTEGRATOR}'),
        (4, 'other integrator', '{INTEGRATOR}'), (5, 'trainer', '{TRAINER}'), (6, 'all-rounder', '{ADVISOR}'),
        (7, 'newcomer', '{ADVISOR}');
    INSERT INTO directory.membership (partner_id, association_id) VALUES
        (1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 1), (6, 2), (6, 3);
    INSERT INTO directory.member (id, partner_id, name) SELECT id, id, name FROM directory.partner;
"""

_ENGAGEMENTS = f"""
    INSERT INTO engagements.symptom (code, label_ja, label_en, position) VALUES
        ('MALADAPTATION', '環境適応障害', 'Maladaptation', 1), ('DEPENDENCE', '特定取引先依存症', 'Dependence', 2);
    INSERT INTO engagements.corporation (number, name, name_kana, region, status) VALUES
        ('{KNOWN_NUMBER}', '登録商店', 'トウロクショウテン', 'JP-27', 'ACTIVE');
    INSERT INTO engagements.client (id, name, region, industry, advisor_id) VALUES
        (1, '田中商店', 'JP-13', '小売', {Firm.ADVISOR}), (2, '鈴木農園', NULL, '農業', {Firm.ALL_ROUNDER}),
        (3, '佐藤医院', 'JP-01', '医療', {Firm.INTEGRATOR});
    SELECT setval(pg_get_serial_sequence('engagements.client', 'id'), 100);
"""

TABLES = {
    "client": "id, name, name_kana, corporate_number, region, industry, employees, advisor_id",
    "engagement": "*",
    "assignment": "*",
    "finding": "*",
    "prescription": "*",
    "handoff": "*",
    "external_ref": "*",
    "outbox": "*",
    "idempotency_key": "*",
}
"""Everything that a mutation may change."""


async def build(dsns: Dsns) -> None:
    """Write the town into empty, migrated databases."""
    await execute(dsns[SourceName.DIRECTORY], _DIRECTORY)
    await execute(dsns[SourceName.ENGAGEMENTS], _ENGAGEMENTS)


async def everything(dsns: Dsns) -> dict[str, list[dict[str, Any]]]:
    """All rows that a mutation may change."""
    found = {}
    for table, columns in TABLES.items():
        rows = await fetch(dsns, SourceName.ENGAGEMENTS, f"SELECT {columns} FROM engagements.{table}")
        found[table] = sorted(rows, key=str)
    return found


async def rows(dsns: Dsns, sql: str, *arguments: Any) -> list[dict[str, Any]]:
    """Rows of engagements."""
    return await fetch(dsns, SourceName.ENGAGEMENTS, sql, *arguments)


EVENT_COLUMNS = "type, engagement_version AS version, handoff_id, from_phase, to_phase, from_partner_id, to_partner_id, region"

Event = tuple[Any, ...]


async def events(dsns: Dsns, engagement_id: int) -> list[Event]:
    """The outbox's events of an engagement: type, version, hand-off, phases, partners, region."""
    sql = f"SELECT {EVENT_COLUMNS} FROM engagements.outbox WHERE engagement_id = $1 ORDER BY id"
    return [tuple(row.values()) for row in await rows(dsns, sql, engagement_id)]


PAYLOADS = {
    "registerClient": "client { id name }",
    "offerHandoff": "handoff { id status } engagement { id version phase }",
    "acceptHandoff": "handoff { id status } engagement { id version phase }",
    "declineHandoff": "handoff { id status } engagement { id version phase }",
    "withdrawHandoff": "handoff { id status } engagement { id version phase }",
}

KEYS = {
    "client_id": "Client",
    "engagement_id": "Engagement",
    "handoff_id": "Handoff",
    "to_partner_id": "Partner",
    "lead_partner_id": "Partner",
    "advisor_id": "Partner",
}


def input_of(values: dict[str, Any]) -> dict[str, Any]:
    """An input as it is sent: names in GraphQL's way, keys as global ids."""
    sent: dict[str, Any] = {}
    for name, value in values.items():
        head, *rest = name.split("_")
        if name in KEYS and isinstance(value, int):
            value = gid(KEYS[name], int(value))
        sent[head + "".join(map(str.title, rest))] = value.isoformat() if isinstance(value, datetime) else value
    return sent


@dataclass(frozen=True)
class Refusal:
    """One of a payload's userErrors."""

    code: str
    field: tuple[str, ...] | None


@dataclass(frozen=True)
class Caller:
    """Calls mutations of a hub, as any viewer."""

    ask: Ask

    async def answer(self, mutation: str, viewer: Viewer, *, locale: str = "ja", **values: Any) -> Answer:
        """The whole answer."""
        head = mutation[0].upper() + mutation[1:]
        payload = PAYLOADS.get(mutation, "engagement { id version phase status }")
        document = (
            f"mutation M($input: {head}Input!) {{ {mutation}(input: $input) "
            f"{{ {payload} userErrors {{ code message field }} }} }}"
        )
        return await self.ask(document, viewer=viewer, locale=locale, input=input_of(values))

    async def __call__(self, mutation: str, viewer: Viewer, **values: Any) -> dict[str, Any]:
        """The payload of a call that meets no error."""
        answer = await self.answer(mutation, viewer, **values)
        assert answer.errors == [], answer.errors
        payload: dict[str, Any] = answer.data[mutation]
        return payload

    async def done(self, mutation: str, viewer: Viewer, **values: Any) -> dict[str, Any]:
        """The payload of a call that is carried out."""
        payload = await self(mutation, viewer, **values)
        assert payload["userErrors"] == []
        return payload

    async def refused(self, mutation: str, viewer: Viewer, **values: Any) -> list[Refusal]:
        """The userErrors of a call that is refused."""
        payload = await self(mutation, viewer, **values)
        errors = payload.pop("userErrors")
        assert errors
        assert set(payload.values()) == {None}
        return [Refusal(error["code"], error["field"] and tuple(error["field"])) for error in errors]


def refusal(code: str, field: str | None = None) -> list[Refusal]:
    """One userError, of a field of the input."""
    return [Refusal(code, None if field is None else ("input", field))]


@dataclass(frozen=True)
class Town:
    """The town, its databases, and a hub that serves it."""

    dsns: Dsns
    call: Caller

    async def opened(self, phase: str = "AWARENESS", *, advisor: Firm = Firm.ADVISOR, prescribed: bool = False) -> int:
        """An engagement of the firm's client in a phase before DEPLOYMENT; its id."""
        client = {Firm.ADVISOR: 1, Firm.ALL_ROUNDER: 2, Firm.INTEGRATOR: 3}[advisor]
        await self.call.done("openEngagement", crm(advisor), client_id=client, title="題", phase=phase)
        ((engagement_id,),) = [
            tuple(row.values()) for row in await rows(self.dsns, "SELECT max(id) FROM engagements.engagement")
        ]
        if prescribed:
            await self.call.done("prescribe", crm(advisor), engagement_id=engagement_id, remedy="処方")
        return int(engagement_id)

    async def offered(self, engagement_id: int, to: Firm, phase: str, *, by: Firm = Firm.ADVISOR, **values: Any) -> int:
        """An offer; its id."""
        await self.call.done("offerHandoff", crm(by), engagement_id=engagement_id, to_partner_id=to, to_phase=phase, **values)
        sql = "SELECT id FROM engagements.handoff WHERE engagement_id = $1 AND status = 'OFFERED'"
        ((handoff_id,),) = [tuple(row.values()) for row in await rows(self.dsns, sql, engagement_id)]
        return int(handoff_id)

    async def deployed(self) -> int:
        """An engagement that INTEGRATOR leads in DEPLOYMENT; its id."""
        engagement_id = await self.opened("CONSULTATION", prescribed=True)
        handoff_id = await self.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
        await self.call.done("acceptHandoff", crm(Firm.INTEGRATOR), handoff_id=handoff_id)
        return engagement_id

    async def utilized(self) -> int:
        """An engagement that TRAINER leads in UTILIZATION; its id."""
        engagement_id = await self.deployed()
        handoff_id = await self.offered(engagement_id, Firm.TRAINER, "UTILIZATION", by=Firm.INTEGRATOR)
        await self.call.done("acceptHandoff", crm(Firm.TRAINER), handoff_id=handoff_id)
        return engagement_id

    async def lapse(self, handoff_id: int) -> None:
        """Let the time of an offer have come."""
        sql = (
            "UPDATE engagements.handoff SET offered_at = now() - interval '2 s', respond_by = now() - interval '1 s' "
            f"WHERE id = {handoff_id}"
        )
        await execute(self.dsns[SourceName.ENGAGEMENTS], sql)

    async def engagement(self, engagement_id: int) -> dict[str, Any]:
        """Its row."""
        (row,) = await rows(self.dsns, "SELECT * FROM engagements.engagement WHERE id = $1", engagement_id)
        return row

    async def assignments(self, engagement_id: int) -> list[tuple[Any, ...]]:
        """Position, phase, firm, and whether it has ended."""
        sql = """SELECT position, phase, partner_id, ended_at IS NOT NULL AS ended FROM engagements.assignment
            WHERE engagement_id = $1 ORDER BY position"""
        return [tuple(row.values()) for row in await rows(self.dsns, sql, engagement_id)]
