"""docs/engine.md: its operation is read as the page says, and answers what it shows."""

import re
from pathlib import Path

import orjson

from hub.runtime import Runtime
from hub.vocabulary import SourceName
from tests.conftest import asker

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "engine.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The page's one block in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


async def test_the_example_is_read_and_answered_as_the_page_says(runtime: Runtime) -> None:
    for source in SourceName:
        runtime.cache.set_listening(source, False)
    answer = await asker(runtime)(block("graphql"))
    assert answer.errors == []
    assert answer.data == orjson.loads(block("json"))
    told = re.findall(r"^\| (\d) \| (\S+) \| (\S+) \| (\S+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert sorted((str(r.level), r.path, r.source, r.query, str(r.keys), str(r.rows)) for r in answer.reads) == sorted(told)
