"""A programme small enough to write down: one of everything, for tests that change it or break what holds it."""

import asyncio
from collections.abc import Mapping

import asyncpg

from hub.vocabulary import SourceName

_ROWS: dict[SourceName, str] = {
    SourceName.DIRECTORY: """
        INSERT INTO directory.association (id, code, name_ja, name_en, role, phases)
        VALUES (1, 'ADVISORS', '助言会', 'Advisors', 'ADVISOR', '{AWARENESS,CONSULTATION}');
        INSERT INTO directory.partner (id, name, roles, joined_on)
        VALUES (1, '山田会計', '{ADVISOR}', '2020-04-01'), (2, '鈴木システム', '{INTEGRATOR}', NULL);
        INSERT INTO directory.membership VALUES (1, 1);
        INSERT INTO directory.member (id, partner_id, name) VALUES (1, 1, '山田 花子');
    """,
    SourceName.CERTIFICATIONS: """
        INSERT INTO certifications.certification (id, partner_id, program, level, state, awarded_on)
        VALUES (1, 1, 'IT', 'GOLD', 'ACTIVE', '2021-01-01');
    """,
    SourceName.ENGAGEMENTS: """
        INSERT INTO engagements.client (id, name, advisor_id) VALUES (1, '田中商店', 1);
        INSERT INTO engagements.engagement
            (id, title, client_id, phase, status, lead_partner_id, version, opened_at, updated_at)
        VALUES (1, '帳簿の電子化', 1, 'AWARENESS', 'OPEN', 1, 1, '2026-01-05T01:00Z', '2026-01-05T01:00Z');
        INSERT INTO engagements.assignment (engagement_id, position, phase, partner_id, started_at)
        VALUES (1, 1, 'AWARENESS', 1, '2026-01-05T01:00Z');
        INSERT INTO engagements.external_ref VALUES (1, 1, 'YAMADA-7'), (2, 1, 'SUZUKI-9');
    """,
    SourceName.TRAININGS: """
        INSERT INTO trainings.course (id, provider_id, title, hours) VALUES (1, 2, '表計算の初歩', 6);
        INSERT INTO trainings.session (id, course_id, starts_at, seats) VALUES (1, 1, '2026-05-01T00:00Z', 10);
        INSERT INTO trainings.enrollment (id, session_id, engagement_id, attendee, status)
        VALUES (1, 1, 1, '田中 一郎', 'ENROLLED');
    """,
    SourceName.COMMUNITY: """
        INSERT INTO community.post (id, title, body, visibility, posted_at, author_id, partner_id, engagement_id)
        VALUES (1, 'はじめまして', '本文', 'NETWORK', '2026-01-06T00:00Z', 1, 1, 1);
    """,
}


def fill(dsns: Mapping[SourceName, str]) -> None:
    """Write the miniature into empty, migrated databases."""
    asyncio.run(write(dsns))


async def write(dsns: Mapping[SourceName, str]) -> None:
    """As `fill`, within an event loop."""
    for source, sql in _ROWS.items():
        await execute(dsns[source], sql)


async def execute(dsn: str, sql: str) -> None:
    """Run statements as an operator would, past the hub."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
