"""The trigram index serves a search, also for the words of two characters that are the rule in Japanese."""

import asyncpg
import pytest

from hub.vocabulary import SourceName
from tests.conftest import Dsns

# Rows enough that reading them all would cost more: a filler, and the needle that is looked for.
TABLES = {
    "partner_search": (
        SourceName.DIRECTORY,
        "directory.partner",
        "INSERT INTO directory.partner (name, roles) SELECT 'ABC' || n || '山川商事', '{}' FROM generate_series(1, 20000) AS n",
        "INSERT INTO directory.partner (name, roles) VALUES ('東京会計', '{}')",
    ),
    "corporation_search": (
        SourceName.ENGAGEMENTS,
        "engagements.corporation",
        "INSERT INTO engagements.corporation (number, name, status)"
        " SELECT 1000000000000 + n, 'ABC' || n || '山川商事', 'ACTIVE' FROM generate_series(1, 20000) AS n",
        "INSERT INTO engagements.corporation (number, name, status) VALUES ('9999999999999', '東京会計', 'ACTIVE')",
    ),
    "course_search": (
        SourceName.TRAININGS,
        "trainings.course",
        "INSERT INTO trainings.course (provider_id, title, hours) SELECT 1, 'ABC' || n, 1 FROM generate_series(1, 20000) AS n",
        "INSERT INTO trainings.course (provider_id, title, hours) VALUES (1, '東京会計', 1)",
    ),
    "post_search": (
        SourceName.COMMUNITY,
        "community.post",
        "INSERT INTO community.post (title, body, visibility, posted_at)"
        " SELECT 'ABC' || n, '本文', 'NETWORK', now() FROM generate_series(1, 20000) AS n",
        "INSERT INTO community.post (title, body, visibility, posted_at) VALUES ('東京会計', '本文', 'NETWORK', now())",
    ),
}


@pytest.mark.parametrize("index", TABLES)
async def test_a_search_reads_its_index(source_dsns: Dsns, index: str) -> None:
    source, table, filler, needle = TABLES[index]
    connection = await asyncpg.connect(source_dsns[source])
    await connection.execute(f"{filler}; {needle}; ANALYZE {table}")
    for word in ("東京", "トウキョウ会計", "京会計"):
        query = f"FROM {table} WHERE search LIKE {source.value}.fold_pattern($1)"
        plan = await connection.fetch(f"EXPLAIN SELECT * {query}", word)
        assert any(index in line[0] for line in plan), plan
    assert await connection.fetchval(f"SELECT count(*) FROM {table} WHERE search LIKE {source.value}.fold_pattern('東京')") == 1
    await connection.close()
