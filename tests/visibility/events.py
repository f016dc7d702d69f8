"""The events of the world, and every way to ask for them: whole, and by each filter, judged on what the viewer sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from events.cursors import Cursors
from events.record import Position
from tests.plain_sql import gid

if TYPE_CHECKING:
    from tests.visibility.oracle import Sight
    from tests.visibility.world import Row, World

EPOCH: Final = 7
CURSOR_KEY: Final = bytes(range(32))
TABLE: Final = "engagements.event_log"

_COLUMNS = (
    "position event_id type occurred_at engagement_id engagement_version handoff_id from_phase to_phase from_partner_id"
    " to_partner_id region appended_at"
)


def cursor(position: int) -> str:
    """The cursor of a place in the world's log."""
    return Cursors(CURSOR_KEY).seal(Position(EPOCH, position))


def fill(world: World) -> None:
    """Every engagement was opened and examined; every hand-off was offered, and answered if it has been."""
    happened: list[tuple[Any, ...]] = []
    for engagement in world["engagements.engagement"]:
        (first, *later) = world.where("engagements.assignment", engagement_id=engagement["id"])
        lead = None, first["phase"], None, first["partner_id"]
        happened.append((engagement["opened_at"], engagement["id"], "ENGAGEMENT_OPENED", None, *lead))
        happened.append((world.days(-180 + engagement["id"] / 100), engagement["id"], "FINDING_RECORDED", None, *lead))
        if later:
            last = later[-1]
            phases = first["phase"], last["phase"], first["partner_id"], last["partner_id"]
            happened.append((last["started_at"], engagement["id"], "PHASE_CHANGED", None, *phases))
        if engagement["status"] != "OPEN":
            closed = engagement["phase"], None, engagement["lead_partner_id"], None
            happened.append((engagement["closed_at"], engagement["id"], "ENGAGEMENT_CLOSED", None, *closed))
    for handoff in world["engagements.handoff"]:
        between = tuple(handoff[column] for column in ("from_phase", "to_phase", "from_partner_id", "to_partner_id"))
        happened.append((handoff["offered_at"], handoff["engagement_id"], "HANDOFF_OFFERED", handoff["id"], *between))
        if handoff["responded_at"] is not None:
            answer = f"HANDOFF_{handoff['status']}"
            happened.append((handoff["responded_at"], handoff["engagement_id"], answer, handoff["id"], *between))
            if handoff["status"] == "ACCEPTED" and handoff["from_phase"] != handoff["to_phase"]:
                moved = handoff["responded_at"], handoff["engagement_id"], "PHASE_CHANGED", handoff["id"], *between
                happened.append(moved)
    happened.sort(key=lambda event: (event[0], event[1], event[2]))
    versions: dict[int, int] = {}
    for position, (at, engagement_id, type_, *rest) in enumerate(happened, 1):
        versions[engagement_id] = versions.get(engagement_id, 0) + 1
        client_id = world.one("engagements.engagement", engagement_id)["client_id"]
        region = world.one("engagements.client", client_id)["region"]
        event_id = f"00000000-0000-4000-8000-{position:012}"
        world.add(TABLE, _COLUMNS, (position, event_id, type_, at, engagement_id, versions[engagement_id], *rest, region, at))


def filters(sight: Sight) -> Iterator[tuple[str, Callable[[Row], bool]]]:
    """Each filter, and which events it keeps of those that show."""
    world = sight.world
    for type_ in sorted({row["type"] for row in world[TABLE]}):
        yield f"types: [{type_}]", lambda row, type_=type_: row["type"] == type_  # type: ignore[misc]
    for firm in [row["id"] for row in world["directory.partner"]]:
        yield (
            f'partnerId: "{gid("Partner", firm)}"',
            lambda row, firm=firm: firm in (row["from_partner_id"], row["to_partner_id"]),  # type: ignore[misc]
        )
    for key in [row["id"] for row in world["engagements.engagement"]]:
        yield f'engagementId: "{gid("Engagement", key)}"', lambda row, key=key: row["engagement_id"] == key  # type: ignore[misc]
    for phase in ("AWARENESS", "CONSULTATION", "DEPLOYMENT", "UTILIZATION"):
        yield f"toPhases: [{phase}]", lambda row, phase=phase: row["to_phase"] == phase  # type: ignore[misc]
    for region in ("JP-13", "JP-27"):
        yield f'regions: ["{region}"]', lambda row, region=region: row["region"] == region  # type: ignore[misc]
    yield (
        'types: [HANDOFF_OFFERED, HANDOFF_DECLINED], regions: ["JP-27", "JP-01"], toPhases: [DEPLOYMENT]',
        lambda row: (
            row["type"] in ("HANDOFF_OFFERED", "HANDOFF_DECLINED")
            and row["region"] in ("JP-27", "JP-01")
            and row["to_phase"] == "DEPLOYMENT"
        ),
    )
    yield f'engagementId: "{gid("Engagement", 999)}"', lambda _row: False
    yield f'partnerId: "{gid("Engagement", 1)}"', lambda _row: False
