"""Who sees which rows: one rule for each table, as SQL that every read of that table carries.

A named query says `{visible TABLE ALIAS}` where it reads a table; the rule for the viewer's kind stands there when the
query is sent. A rule writes {row} for the alias, and may use VIEWER_PARAMETERS.
A read of a table without a rule cannot be built, so a table cannot be forgotten.
"""

from typing import Final

from hub.viewer import Viewer, ViewerKind

ALL: Final = "TRUE"

VIEWER_PARAMETERS: Final = frozenset({"viewer_partner_id", "viewer_member_id"})
"""What a rule may ask of the viewer; every read is given them, null where the viewer has none."""

_RULES: Final[dict[str, dict[ViewerKind, str]]] = {
    table: dict.fromkeys(ViewerKind, ALL)
    for table in (
        "directory.association",
        "directory.partner",
        "directory.member",
        "certifications.certification",
        "engagements.corporation",
        "engagements.client",
        "engagements.symptom",
        "engagements.engagement",
        "engagements.handoff",
        "trainings.course",
        "trainings.session",
        "trainings.enrollment",
        "community.post",
        "community.comment",
    )
}


def visible(table: str, alias: str, kind: ViewerKind) -> str:
    """The condition under which a viewer of this kind sees a row of `schema.table`, read under this alias."""
    return _RULES[table][kind].replace("{row}", alias)


def viewer_parameters(viewer: Viewer) -> dict[str, int | None]:
    """The viewer's VIEWER_PARAMETERS."""
    return {"viewer_partner_id": viewer.partner_id, "viewer_member_id": viewer.member_id}


def cache_scope(table: str, viewer: Viewer) -> str:
    """The part of a cache key that keeps viewers of a table apart: empty where all of them see the same rows."""
    if all(rule == ALL for rule in _RULES[table].values()):
        return ""
    return f"{viewer.kind.value}:{viewer.partner_id}:{viewer.member_id}"
