"""Plain lists: each parent's own rows, the first so many of them, in one query, or in two where a parent has very many."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.vocabulary import SourceName
from loaders import reading
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
