"""Connections walked one by one, forwards and backwards, by the viewer's own cursors and by those of rows hidden from it."""

from hub.viewer import Viewer, ViewerKind
from tests.visibility.checks import in_order
from tests.visibility.graph import Cell, connections_of_query, key_field
from tests.visibility.oracle import Sight
from tests.visibility.viewers import CRMS, NO_FIRM, UNKNOWN_FIRM, VIEWERS
from tests.visibility.world import Firm, Row

STEPS = 12
"""Steps of a walk in one operation, at most."""

PAGED: dict[str, str] = dict.fromkeys(connections_of_query(), "") | {
    "engagements by UPDATED_AT": "orderBy: {field: UPDATED_AT, direction: DESC}",
    "engagements by OPENED_AT": "orderBy: {field: OPENED_AT, direction: ASC}",
}
"""The root connections and the arguments that they are walked with."""

WAYS = (
    "one by one forwards",
    "one by one backwards",
    "from a place that may not show, on",
    "from a place that may not show, back",
)


PAGERS = [viewer for viewer in VIEWERS if viewer.kind is not ViewerKind.CRM] + [
    CRMS[Firm.ADVISOR], CRMS[Firm.OFFERED], CRMS[Firm.STRANGER], NO_FIRM, UNKNOWN_FIRM,
]  # fmt: skip
"""Who walks: of the CRMs, which see what persons of their firm do, those of three firms."""


def cells_of_paging(viewer: Viewer) -> set[Cell]:
    """What the tests of paging compare for a viewer."""
    if viewer not in PAGERS:
        return set()
    return {(connections_of_query()[name.split(" ")[0]], f"{name} {way}") for name in PAGED for way in WAYS}


def ordered(sight: Sight, name: str) -> list[Row]:
    """The rows of a paged connection that show, in its order."""
    rows = in_order(sight, name.split(" ")[0])
    if name == "engagements by UPDATED_AT":
        return sorted(rows, key=lambda row: (row["updated_at"], row["id"]), reverse=True)
    if name == "engagements by OPENED_AT":
        return sorted(rows, key=lambda row: (row["opened_at"], row["id"]))
    return rows


def window(name: str, arguments: str) -> str:
    """A page of a connection, its ends and its one key."""
    connection = name.split(" ")[0]
    all_arguments = ", ".join(text for text in (arguments, PAGED[name]) if text)
    key = key_field(connections_of_query()[connection])
    return (
        f"{connection}({all_arguments}) {{ edges {{ cursor node {{ {key} }} }} totalCount "
        "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
    )
