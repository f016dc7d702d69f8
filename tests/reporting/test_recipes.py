"""docs/reporting.md: every recipe is run, and answers what stands there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import SCHEMA, Dsns, Servers
from tests.reporting.conftest import AskThen
from tests.reporting.test_sql_door import VIEWS, login

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "reporting.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")

REPORTING = Viewer(ViewerKind.REPORTING, "Reports")

_RECIPE = re.compile(r"^### (.+?)$.*?^```graphql\n(.+?)^```\n```json\n(.+?)^```", re.MULTILINE | re.DOTALL)
_SQL = re.compile(r"^```sql\n-- (\w+)\n(.+?)^```\n```json\n(.+?)^```", re.MULTILINE | re.DOTALL)


def recipes() -> Iterator[tuple[str, str, Any]]:
    """Each question with its query and its answer."""
    yield from ((question, query, orjson.loads(answer)) for question, query, answer in _RECIPE.findall(TEXT))


def rounded(answer: Any) -> Any:
    """An answer with fractions of two places."""
    if isinstance(answer, dict):
        return {name: rounded(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [rounded(item) for item in answer]
    return round(answer, 2) if isinstance(answer, float) else answer


@pytest.mark.parametrize(
    ("question", "query", "answer"), list(recipes()), ids=lambda value: value if str(value)[-1] == "?" else ""
)
async def test_a_recipe_answers_what_it_says(ask_then: AskThen, question: str, query: str, answer: Any) -> None:
    found = await ask_then(query, viewer=REPORTING)
    assert found.errors == []
    assert rounded(found.data) == answer, question


async def test_the_sql_recipe_answers_what_it_says(seeded_dsns: Dsns, servers: Servers) -> None:
    ((source, query, answer),) = _SQL.findall(TEXT)
    async with login(servers, SourceName(source), seeded_dsns) as connection:
        rows = [dict(row.items()) for row in await connection.fetch(query)]
    assert [{name: float(value) if name == "within_a_week" else value for name, value in row.items()} for row in rows] == (
        orjson.loads(answer)
    )


def test_there_is_a_recipe_for_each_question() -> None:
    assert [question for question, _, _ in recipes()] == [
        "Where do engagements stall between phases?",
        "Which regions lack trainers?",
        "Who accepts fastest?",
        "What lapses next quarter?",
    ]
    assert TEXT.count("```json") == 5


def test_every_figure_and_view_is_named() -> None:
    assert SCHEMA._schema.query_type is not None
    figures = {name for name in SCHEMA._schema.query_type.fields if name.endswith(("Stats", "Funnel"))}
    assert figures == set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))
    views = {
        row[0]: set(re.findall(r"`(\w+)`", row[1])) for row in re.findall(r"^\| ([a-z]+) \| (`.+) \|$", TEXT, re.MULTILINE)
    }
    assert views == {source.value: names for source, names in VIEWS.items()}
