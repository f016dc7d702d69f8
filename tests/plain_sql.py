"""What the database itself says: rows by plain SQL, past the code under test, and ids by the rule that the graph documents."""

from base64 import b64encode
from typing import Any

import asyncpg

from hub.vocabulary import SourceName
from tests.conftest import Dsns

TABLES: dict[str, tuple[SourceName, str]] = {
    "Association": (SourceName.DIRECTORY, "directory.association"),
    "Partner": (SourceName.DIRECTORY, "directory.partner"),
    "Member": (SourceName.DIRECTORY, "directory.member"),
    "Certification": (SourceName.CERTIFICATIONS, "certifications.certification"),
    "Client": (SourceName.ENGAGEMENTS, "engagements.client"),
    "Engagement": (SourceName.ENGAGEMENTS, "engagements.engagement"),
    "Handoff": (SourceName.ENGAGEMENTS, "engagements.handoff"),
    "Course": (SourceName.TRAININGS, "trainings.course"),
    "TrainingSession": (SourceName.TRAININGS, "trainings.session"),
    "Enrollment": (SourceName.TRAININGS, "trainings.enrollment"),
    "Post": (SourceName.COMMUNITY, "community.post"),
    "Comment": (SourceName.COMMUNITY, "community.comment"),
}
"""Where the rows of each type with a global id are."""


def gid(type_name: str, key: object) -> str:
    """The global id of a row."""
    return b64encode(f"{type_name}:{key}".encode()).decode()


def gids(type_name: str, keys: list[Any]) -> list[str]:
    """The global ids of rows."""
    return [gid(type_name, key) for key in keys]


async def fetch(dsns: Dsns, source: SourceName, sql: str, *arguments: Any) -> list[dict[str, Any]]:
    """The rows that a query of one source gives."""
    connection = await asyncpg.connect(dsns[source])
    try:
        return [dict(record) for record in await connection.fetch(sql, *arguments)]
    finally:
        await connection.close()


async def column(dsns: Dsns, source: SourceName, sql: str, *arguments: Any) -> list[Any]:
    """The first column that a query of one source gives."""
    return [next(iter(row.values())) for row in await fetch(dsns, source, sql, *arguments)]


async def execute(dsns: Dsns, source: SourceName, sql: str, *arguments: Any) -> None:
    """Change one source."""
    connection = await asyncpg.connect(dsns[source])
    try:
        await connection.execute(sql, *arguments)
    finally:
        await connection.close()
