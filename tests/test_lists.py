"""Children of many parents in one walk: each parent's own, the first so many, or in two queries where they are very many."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.global_id import encode
from hub.vocabulary import SourceName
from loaders import pages, reading
from tests.conftest import Ask, Dsns, asker, running, settings_for
from tests.miniature import execute, write

_FINDINGS = """
    INSERT INTO engagements.symptom (code, label_ja, label_en, position) VALUES ('S', '兆候', 'Symptom', 1);
    INSERT INTO engagements.engagement (id, title, client_id, phase, status, lead_partner_id, version, opened_at, updated_at)
    SELECT id, 'title ' || id, 1, 'AWARENESS', 'OPEN', 1, 1, now(), now() FROM generate_series(2, 4) AS id;
    INSERT INTO engagements.finding (engagement_id, symptom_code, note, found_at)
    SELECT engagement_id, 'S', engagement_id || '-' || number, timestamptz '2026-01-01T00:00Z' - make_interval(hours => number)
    FROM (VALUES (1, 105), (2, 2), (4, 100)) AS wanted (engagement_id, count), generate_series(1, count) AS number;
"""

_QUERY = "{ engagements { nodes { findings { note } } } }"


@pytest.fixture
async def ask(source_dsns: Dsns, tmp_path: Path) -> AsyncIterator[Ask]:
    await write(source_dsns)
    await execute(source_dsns[SourceName.ENGAGEMENTS], _FINDINGS)
    async with running(settings_for(source_dsns, tmp_path)) as runtime:
        yield asker(runtime)


@pytest.mark.parametrize(("most_at_once", "queries"), [(reading.MOST_AT_ONCE, 1), (207, 2), (50, 2)])
async def test_each_parent_has_the_first_hundred_of_its_own(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, most_at_once: int, queries: int
) -> None:
    monkeypatch.setattr(reading, "MOST_AT_ONCE", most_at_once)
    answer = await ask(_QUERY)
    assert answer.errors == []
    assert [[finding["note"] for finding in node["findings"]] for node in answer.data["engagements"]["nodes"]] == [
        [f"1-{number}" for number in range(105, 5, -1)],
        ["2-2", "2-1"],
        [],
        [f"4-{number}" for number in range(100, 0, -1)],
    ]
    assert answer.queries.count("engagements:findings") == queries


_MEMBERS = """
    INSERT INTO directory.partner (id, name, roles) SELECT id, 'firm ' || id, '{ADVISOR}' FROM generate_series(101, 103) AS id;
    INSERT INTO directory.member (id, partner_id, name) SELECT firm * 100 + number, firm, firm || '-' || number
    FROM (VALUES (101, 60), (103, 2)) AS wanted (firm, count), generate_series(1, count) AS number
"""


@pytest.mark.parametrize(("most", "queries"), [((1001,), 1), ((33, 63), 1), ((62, 5001), 2), ((33,), 1)])
async def test_pages_of_parents_of_whom_most_have_few_children(
    ask: Ask, source_dsns: Dsns, monkeypatch: pytest.MonkeyPatch, most: tuple[int, ...], queries: int
) -> None:
    await execute(source_dsns[SourceName.DIRECTORY], _MEMBERS)
    monkeypatch.setattr(pages, "_MOST_OF_FEW", most)
    answer = await ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Partner { "
        "members(first: 10) { nodes { name } pageInfo { hasNextPage } } } } }",
        ids=[encode("Partner", id) for id in (101, 102, 103)],
    )
    assert answer.errors == []
    assert answer.data["nodes"] == [
        {"members": {"nodes": [{"name": f"101-{number}"} for number in range(1, 11)], "pageInfo": {"hasNextPage": True}}},
        {"members": {"nodes": [], "pageInfo": {"hasNextPage": False}}},
        {"members": {"nodes": [{"name": "103-1"}, {"name": "103-2"}], "pageInfo": {"hasNextPage": False}}},
    ]
    assert answer.queries.count("directory:members.page by partner_id") == queries
