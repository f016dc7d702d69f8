"""The demo's programme as plain rows, and a hub over it that thinks it is a day of the programme."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from engine.operations import Operations
from hub.graphql_request import GraphQLRequest, OperationKind
from hub.runtime import Runtime
from hub.viewer import Viewer
from tests.conftest import SCHEMA, STAFF, Answer, Dsns, as_sent
from tests.reporting.programme import Programme

NOW = datetime(2026, 4, 1, 3, tzinfo=UTC)
"""Noon in the programme's time zone, of the day that its data is of."""


class AskThen(Protocol):
    """Run an operation at NOW."""

    def __call__(self, query: str, *, viewer: Viewer = STAFF, **variables: Any) -> Awaitable[Answer]: ...


def asker_then(runtime: Runtime) -> AskThen:
    """Ask a runtime at NOW."""
    operations = Operations(SCHEMA, runtime.settings)

    async def ask(query: str, *, viewer: Viewer = STAFF, **variables: Any) -> Answer:
        context = runtime.context(viewer)
        context.now = NOW
        allowed = frozenset({OperationKind.QUERY})
        answer = as_sent((await operations.run(GraphQLRequest(query, variables, None), context, allowed=allowed)).answer)
        return Answer(answer.get("data"), answer.get("errors", []), context.reads, answer.get("extensions", {}))

    return ask


@pytest.fixture
def ask_then(runtime: Runtime) -> AskThen:
    """Ask a hub over the demo's programme at NOW."""
    return asker_then(runtime)


@pytest.fixture(scope="session")
def programme(seeded_dsns: Dsns) -> Programme:
    """The rows of the demo's programme."""
    return asyncio.run(Programme.read(seeded_dsns))
