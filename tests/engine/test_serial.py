"""Operations that change something: their fields run one after the other, and none after one whose failure ends the answer."""

import asyncio
from operator import getitem
from typing import Any

import pytest
import strawberry
from graphql import parse
from strawberry import Schema
from strawberry.schema.config import StrawberryConfig

from schema.fields import root
from tests.engine.reference import by_engine, by_graphql_core, difference


class Register:
    """What was done, in order; an entry begins, waits a while, and is made or refused."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def enter(self, name: str) -> dict[str, Any]:
        self.seen.append(f"{name} begins")
        # Those that begin first wait longest: done at once, they would end in another order.
        for _ in range(20 - len(self.seen)):
            await asyncio.sleep(0)
        if name.startswith("bad"):
            raise ValueError(name)
        self.seen.append(f"{name} is made")
        return {"name": name, "position": len(self.seen)}


async def _enter(register: Register, *, name: str) -> dict[str, Any]:
    return await register.enter(name)


@strawberry.type
class Entry:
    name: str
    position: int


@strawberry.type
class Query:
    nothing: str | None = root(lambda _register: None)


@strawberry.type
class Mutation:
    enter: Entry = root(_enter, name=str)
    try_to_enter: Entry | None = root(_enter, name=str)


SCHEMA = Schema(Query, Mutation, config=StrawberryConfig(default_resolver=getitem))

CASES: dict[str, tuple[str, list[str]]] = {
    "one after the other": (
        'mutation { a: enter(name: "1") { name } b: tryToEnter(name: "2") { name position } c: enter(name: "3") { name } }',
        ["1 begins", "1 is made", "2 begins", "2 is made", "3 begins", "3 is made"],
    ),
    "merged fields once": (
        """
        mutation { enter(name: "1") { name } tryToEnter(name: "2") { name } enter(name: "1") { position } ...F }
        fragment F on Mutation { enter(name: "1") { __typename } z: tryToEnter(name: "3") { name } __typename }
        """,
        ["1 begins", "1 is made", "2 begins", "2 is made", "3 begins", "3 is made"],
    ),
    "on after one that failed and may be null": (
        'mutation { a: tryToEnter(name: "bad") { name } b: enter(name: "2") { name } }',
        ["bad begins", "2 begins", "2 is made"],
    ),
    "none after one that failed and must be there": (
        'mutation { a: enter(name: "1") { name } b: enter(name: "bad") { name } c: tryToEnter(name: "3") { name } }',
        ["1 begins", "1 is made", "bad begins"],
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_fields_that_change_something_run_in_series(case: str) -> None:
    text, seen = CASES[case]
    expected, found = Register(), Register()
    reference = await by_graphql_core(SCHEMA, parse(text), {}, expected)
    ours = await by_engine(SCHEMA, parse(text), {}, found)
    assert difference(reference, ours) is None
    assert expected.seen == seen
    assert found.seen == seen
