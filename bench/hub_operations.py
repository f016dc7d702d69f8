"""Operations as the hub runs them within its process: a document's text in, the answer's bytes out, without HTTP."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson

import loaders.pages
from engine.operations import Operations
from hub.graphql_request import GraphQLRequest, OperationKind
from hub.runtime import CACHED_SOURCES, Runtime
from hub.settings import Settings
from hub.viewer import Viewer, ViewerKind
from schema import build_schema

STAFF: Final = Viewer(ViewerKind.STAFF, "bench")
_QUERIES: Final = frozenset({OperationKind.QUERY})
_END_OF_DATA: Final = b',"extensions":'


class HubOperations:
    """A running hub, with reference data read at each operation."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._operations = Operations(build_schema(), runtime.settings)

    async def answer(self, document: str, variables: dict[str, Any] | None = None) -> bytes:
        """Run an operation as staff, within all limits, its document known or not."""
        asked = GraphQLRequest(document, variables, None)
        return orjson.dumps((await self._operations.run(asked, self.runtime.context(STAFF), allowed=_QUERIES)).answer)

    async def data(self, document: str, variables: dict[str, Any] | None = None) -> bytes:
        """The part of the answer that another executor is to agree with; exits where the operation failed."""
        answer = await self.answer(document, variables)
        if not answer.startswith(b'{"data":{'):
            sys.exit(f"an operation failed: {answer[:1000].decode()}\n{document}")
        return answer.removeprefix(b'{"data":').rpartition(_END_OF_DATA)[0]


@asynccontextmanager
async def hub_operations(settings: Settings) -> AsyncIterator[HubOperations]:
    """A hub in this process."""
    # Operation e asks for more than a page may have.
    loaders.pages.LARGEST_PAGE = 1000
    runtime = Runtime(settings)
    await runtime.start()
    try:
        for source in CACHED_SOURCES:
            runtime.cache.set_listening(source, False)
        yield HubOperations(runtime)
    finally:
        await runtime.stop()
