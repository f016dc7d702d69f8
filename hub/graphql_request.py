"""A GraphQL request as a client sends it, over whichever transport, and what runs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from hub.errors import BadRequest

if TYPE_CHECKING:
    from hub.context import RequestContext

_SHA256 = re.compile(r"(sha256:)?[0-9a-fA-F]{64}")


class OperationKind(Enum):
    """What an operation does; a transport says which kinds it carries."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"

    # Members are one of a kind; enum's own hash is a function in Python, and kinds are looked up at every request.
    __hash__ = object.__hash__


@dataclass(slots=True)
class GraphQLRequest:
    """One operation to run: of a document, of one known by its SHA-256 in hexadecimal, or of both, which must agree.

    `wants_plan`: its answer is to say how it was run.
    """

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    document_hash: str | None = None
    wants_plan: bool = False


@dataclass(slots=True)
class Outcome:
    """The answer as it goes to the client, and whether the operation ran or was refused before."""

    answer: dict[str, Any]
    executed: bool


class Runner(Protocol):
    """What runs operations; BadRequest and its kin are raised, every other failure is in the answer."""

    async def run(self, asked: GraphQLRequest, context: RequestContext, *, allowed: frozenset[OperationKind]) -> Outcome: ...


class WrongOperationKind(BadRequest):
    """The transport does not carry operations of this kind."""

    def __init__(self, kind: OperationKind) -> None:
        super().__init__(f"This operation is a {kind.value}, which cannot be sent so.")
        self.kind = kind


def read_request(body: Mapping[str, Any]) -> GraphQLRequest:
    """The request in a JSON object (GraphQL over HTTP); BadRequest names what is wrong.

    A document comes as `query`, or by its hash: as `documentId`, or in `extensions.persistedQuery` as Apollo's clients do.
    `extensions.plan` asks how the operation is run.
    """
    query, variables, operation_name = body.get("query"), body.get("variables"), body.get("operationName")
    extensions = body.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise BadRequest("extensions: must be a JSON object or null.")
    document_hash = _document_hash(body.get("documentId"), extensions)
    wants_plan = (extensions or {}).get("plan", False)
    if not isinstance(wants_plan, bool):
        raise BadRequest("extensions.plan: must be true or false.")
    if not (isinstance(query, str) and query.strip()) and (query is not None or document_hash is None):
        raise BadRequest("query: must be a GraphQL document.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("variables: must be a JSON object or null.")
    if operation_name is not None and not isinstance(operation_name, str):
        raise BadRequest("operationName: must be a string or null.")
    return GraphQLRequest(query, variables, operation_name, document_hash, wants_plan)


def _document_hash(document_id: Any, extensions: dict[str, Any] | None) -> str | None:
    if document_id is not None:
        return _checked_hash(document_id, "documentId")
    if extensions is None:
        return None
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise BadRequest('extensions.persistedQuery: must be {"version": 1, "sha256Hash": …}.')
    return _checked_hash(persisted.get("sha256Hash"), "extensions.persistedQuery.sha256Hash")


def _checked_hash(value: Any, field: str) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise BadRequest(f"{field}: must be a SHA-256 in hexadecimal, sha256:… or bare.")
    return value.removeprefix("sha256:").lower()
