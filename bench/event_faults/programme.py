"""The firms, their clients, and the subscribers of a run: who may hear of what is decided by these rows alone."""

from typing import Final

import asyncpg

from hub.migrations import migrate
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import Phase, SourceName

ADVISORS: Final = range(1, 5)
INTEGRATORS: Final = range(5, 9)
TRAINERS: Final = range(9, 13)
STRANGER: Final = 13

STRENGTHS: Final = {
    **dict.fromkeys(ADVISORS, (Phase.AWARENESS, Phase.CONSULTATION)),
    **dict.fromkeys(INTEGRATORS, (Phase.DEPLOYMENT,)),
    **dict.fromkeys(TRAINERS, (Phase.UTILIZATION,)),
}

SYMPTOM: Final = "DEPENDENCE"

_DIRECTORY: Final = f"""
    INSERT INTO directory.partner (id, name, roles)
    SELECT id, 'firm ' || id, '{{ADVISOR}}' FROM generate_series(1, {STRANGER}) AS id
"""
_ENGAGEMENTS: Final = f"""
    INSERT INTO engagements.symptom (code, label_ja, label_en, position)
    VALUES ('{SYMPTOM}', '特定取引先依存症', 'Dependence', 1);
    INSERT INTO engagements.client (id, name, region, advisor_id)
    SELECT id, 'client ' || id, 'JP-13', id FROM generate_series({ADVISORS.start}, {ADVISORS.stop - 1}) AS id
"""


async def build(dsn: str) -> None:
    """The five schemas in one empty database, with the firms and their clients."""
    for source in SourceName:
        await migrate(source, dsn)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_DIRECTORY)
        await connection.execute(_ENGAGEMENTS)
    finally:
        await connection.close()


def subscribers(count: int) -> list[Viewer]:
    """So many: staff, reporting, a stranger, and the machines of all firms by turns."""
    others = [
        Viewer(ViewerKind.STAFF, "Staff"),
        Viewer(ViewerKind.REPORTING, "Reporting"),
        Viewer(ViewerKind.CRM, "Stranger", partner_id=STRANGER),
    ]
    firms = [Viewer(ViewerKind.CRM, f"Firm {firm}", partner_id=firm) for firm in STRENGTHS]
    return [*others, *(firms[turn % len(firms)] for turn in range(count - len(others)))][:count]
