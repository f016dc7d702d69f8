"""Every filter and search that touches what may be hidden: what it keeps, judged on what the viewer sees and nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.plain_sql import gid
from tests.visibility.oracle import Sight
from tests.visibility.places import PLACES, Pages, held_seats
from tests.visibility.world import Firm, Row, World

UNKNOWN = 999

Keeps = Callable[[Sight, Row], bool]


@dataclass(frozen=True)
class Parent:
    """A type whose objects have a connection with a filter, and the root connection that they are reached by."""

    connection: str
    type: str
    child: str
    children: Callable[[Sight, Row], list[Row]]


@dataclass(frozen=True)
class Filter:
    """A connection with arguments, and which of its rows they keep."""

    connection: str
    arguments: str
    keeps: Keeps
    parent: Parent | None = None
    of_parent: Callable[[Sight, Row, Row], bool] | None = None

    @property
    def way(self) -> str:
        """How a cell names it."""
        of = "" if self.parent is None else f"{self.parent.type}."
        return f"{of}{self.connection}({self.arguments})"

    def keeps_within(self, sight: Sight, row: Row, parent: Row) -> bool:
        """Whether a row of one parent is kept."""
        return self.of_parent(sight, row, parent) if self.of_parent else self.keeps(sight, row)


def filters(world: World) -> Iterator[Filter]:
    """All of them."""
    yield from _engagements(world)
    yield from _clients(world)
    yield from _handoffs(world)
    yield from _posts(world)
    yield from _trainings(world)
    yield from _within_objects(world)


def _engagements(world: World) -> Iterator[Filter]:
    table = "engagements.engagement"

    def engagements(filter: str, keeps: Keeps) -> Filter:
        return Filter("engagements", f"filter: {{{filter}}}", keeps)

    for client in world["engagements.client"]:
        yield engagements(f'clientId: "{gid("Client", client["id"])}"', _has_client(client["id"]))
        yield engagements(f'search: "{client["name"]}"', _searched(client["name"]))
    yield engagements(f'clientId: "{gid("Client", UNKNOWN)}"', lambda _, __: False)
    for engagement in world[table]:
        yield engagements(f'search: "{engagement["title"]}"', _searched(engagement["title"]))
    for word in ("title", "client", "nothing-has-this", "ヒトツ", world.one("engagements.client", 3)["corporate_number"]):
        yield engagements(f'search: "{word}"', _searched(word))
    for region in ("JP-13", "JP-27", "JP-01", "JP-47"):
        yield engagements(f'regions: ["{region}"]', _of_client(world, "region", region))
    for industry in ("小売", "農業", "建設", "医療"):
        yield engagements(f'industries: ["{industry}"]', _of_client(world, "industry", industry))
    for firm in Firm:
        yield engagements(f'leadPartnerId: "{gid("Partner", firm.value)}"', _equals("lead_partner_id", firm.value))
    for phase in ("AWARENESS", "CONSULTATION", "DEPLOYMENT", "UTILIZATION"):
        yield engagements(f"phases: [{phase}]", _equals("phase", phase))
    for status in ("OPEN", "COMPLETED", "ABANDONED"):
        yield engagements(f"statuses: [{status}]", _equals("status", status))
    middle = world.days(-52)
    yield engagements(f'updatedSince: "{middle.isoformat()}"', lambda _, row: row["updated_at"] >= middle)
    # One that hides what another shows.
    yield engagements(f'phases: [CONSULTATION], search: "titleeight", clientId: "{gid("Client", 3)}"', _searched("titleeight"))


def _clients(world: World) -> Iterator[Filter]:
    words = [row["name"] for row in world["engagements.client"]] + ["client", "nothing-has-this", "サン", "ヒトツ"]
    words += [row["corporate_number"] for row in world["engagements.client"] if row["corporate_number"]]
    for word in words:
        yield Filter("clients", f'search: "{word}"', lambda _, row, word=word: _matches_client(row, word))  # type: ignore[misc]


def _handoffs(world: World) -> Iterator[Filter]:
    def handoffs(filter: str, keeps: Keeps) -> Filter:
        return Filter("handoffs", f"filter: {{{filter}}}", keeps)

    for firm in (Firm.ADVISOR, Firm.OFFERED, Firm.DECLINED, Firm.SENDER, Firm.STRANGER, Firm.OTHER_ADVISOR, UNKNOWN):
        given = f'partnerId: "{gid("Partner", int(firm))}"'
        yield handoffs(given, _of_firm(int(firm), "EITHER"))
        for direction in ("INCOMING", "OUTGOING"):
            yield handoffs(f"{given}, direction: {direction}", _of_firm(int(firm), direction))
    for status in ("OFFERED", "ACCEPTED", "DECLINED", "EXPIRED", "WITHDRAWN"):
        yield handoffs(f"statuses: [{status}]", _equals("status", status))
    for phase in ("AWARENESS", "DEPLOYMENT", "UTILIZATION"):
        yield handoffs(f"toPhases: [{phase}]", _equals("to_phase", phase))
    yield handoffs(f'respondBefore: "{world.now.isoformat()}"', lambda _, row: row["respond_by"] < world.now)


def _posts(world: World) -> Iterator[Filter]:
    def posts(filter: str, keeps: Keeps) -> Filter:
        return Filter("posts", f"filter: {{{filter}}}", keeps)

    for engagement_id in [row["id"] for row in world["engagements.engagement"]] + [UNKNOWN]:
        yield posts(
            f'engagementId: "{gid("Engagement", engagement_id)}"', _shows("community.post", "engagement_id", engagement_id)
        )
    for post in world["community.post"]:
        yield posts(f'search: "{post["title"]}"', _equals("id", post["id"]))
    yield posts('search: "postword"', lambda _, __: True)
    for firm in Firm:
        yield posts(f'partnerId: "{gid("Partner", firm.value)}"', _equals("partner_id", firm.value))
    for firm, engagement_id in ((Firm.DECLINED, 3), (Firm.OTHER_ADVISOR, 13)):
        given = f'partnerId: "{gid("Partner", firm.value)}", engagementId: "{gid("Engagement", engagement_id)}"'
        shows = _shows("community.post", "engagement_id", engagement_id)
        yield posts(given, lambda sight, row, firm=firm, shows=shows: row["partner_id"] == firm and shows(sight, row))  # type: ignore[misc]


def _trainings(world: World) -> Iterator[Filter]:
    for has_seats in (True, False):
        # True figures, over attendees whom the viewer may not see.
        yield Filter(
            "trainingSessions",
            f"filter: {{hasSeats: {str(has_seats).lower()}}}",
            lambda sight, row, has=has_seats: (row["seats"] > held_seats(sight, row)) == has,  # type: ignore[misc]
        )


def _within_objects(world: World) -> Iterator[Filter]:
    of_partner = Parent("partners", "Partner", "Engagement", _pages("Partner", "engagements"))
    of_client = Parent("clients", "Client", "Engagement", _pages("Client", "engagements"))
    for parent in (of_partner, of_client):
        for word in ("title", "titletwo", "titleeight", "clientthree", "clientone", "clienteight"):
            yield Filter("engagements", f'filter: {{search: "{word}"}}', _searched(word), parent)
        for client_id in (1, 3, 7, 8):
            yield Filter("engagements", f'filter: {{clientId: "{gid("Client", client_id)}"}}', _has_client(client_id), parent)
        yield Filter("engagements", 'filter: {regions: ["JP-01"]}', _of_client(world, "region", "JP-01"), parent)
    handoffs = Parent("partners", "Partner", "Handoff", _pages("Partner", "handoffs"))
    for direction, column in (("INCOMING", "to_partner_id"), ("OUTGOING", "from_partner_id")):
        yield Filter(
            "handoffs",
            f"direction: {direction}",
            lambda _, __: True,
            handoffs,
            lambda _, row, firm, column=column: row[column] == firm["id"],  # type: ignore[misc]
        )
    for status in ("OFFERED", "DECLINED"):
        yield Filter("handoffs", f"status: {status}", _equals("status", status), handoffs)


def _pages(type_name: str, name: str) -> Callable[[Sight, Row], list[Row]]:
    place = PLACES[type_name, name]
    assert isinstance(place, Pages)
    return place.of


def _equals(column: str, value: Any) -> Keeps:
    return lambda _, row: bool(row[column] == value)


def _shows(table: str, column: str, value: Any) -> Keeps:
    return lambda sight, row: bool(sight.value(table, row, column) == value)


def _has_client(client_id: int) -> Keeps:
    return _shows("engagements.engagement", "client_id", client_id)


def _of_client(world: World, column: str, value: str) -> Keeps:
    return lambda _, row: bool(world.one("engagements.client", row["client_id"])[column] == value)


def _of_firm(firm: int, direction: str) -> Keeps:
    def keeps(_sight: Sight, row: Row) -> bool:
        incoming, outgoing = row["to_partner_id"] == firm, row["from_partner_id"] == firm
        return (incoming and direction != "OUTGOING") or (outgoing and direction != "INCOMING")

    return keeps


def _searched(word: str) -> Keeps:
    """Title and client, those that show."""

    def keeps(sight: Sight, row: Row) -> bool:
        table = "engagements.engagement"
        title, client_id = (sight.value(table, row, column) for column in ("title", "client_id"))
        client = sight.world.by_id("engagements.client", client_id)
        found = client is not None and sight.sees("engagements.client", client) and _matches_client(client, word)
        return found or (title is not None and word in title)

    return keeps


def _matches_client(client: Row, word: str) -> bool:
    return any(word in (client[column] or "") for column in ("name", "name_kana", "corporate_number"))
