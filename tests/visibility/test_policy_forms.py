"""A rule shows the same rows in each of its forms, however the rows are found: it is written once, and read in three ways."""

import re

import asyncpg
import pytest

import sql
from hub.policy import ALL, Found, viewer_parameters, visible
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName
from sql import Statement
from tests.conftest import Dsns
from tests.visibility.viewers import CRMS, UNKNOWN_FIRM
from tests.visibility.world import World

_MARKER = re.compile(r"\{(?:visible|shown) (engagements\.[a-z_.]+) ")


def names() -> list[str]:
    """The tables and columns of engagements that a named query asks the policy about."""
    found = {name for path in (sql.ROOT / "engagements").glob("*.sql") for name in _MARKER.findall(path.read_text("utf-8"))}
    return [name for name in sorted(found) if visible(name, "t", ViewerKind.CRM) != ALL]


@pytest.mark.parametrize("name", names())
async def test_the_forms_of_a_rule_agree(name: str, world: World, world_dsns: Dsns) -> None:
    table = ".".join(name.split(".")[:2])
    template = f"SELECT to_jsonb(t) AS row FROM {table} AS t WHERE {{visible {name} t}}"
    seen: set[int] = set()
    connection = await asyncpg.connect(world_dsns[SourceName.ENGAGEMENTS])
    try:
        for viewer in (*CRMS.values(), UNKNOWN_FIRM):
            rows = {}
            for found in Found:
                query = Statement(SourceName.ENGAGEMENTS, name, template).render(ViewerKind.CRM, {}, found=found)
                arguments = query.arguments(viewer_parameters(viewer, world.now))
                rows[found] = sorted(row["row"] for row in await connection.fetch(query.text, *arguments))
            assert rows[Found.MANY] == rows[Found.FEW] == rows[Found.BY_RULE], viewer.name
            seen.add(len(rows[Found.FEW]))
    finally:
        await connection.close()
    assert len(seen) > 1, "firms see different rows"
