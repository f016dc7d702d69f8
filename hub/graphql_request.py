"""A GraphQL request as a client sends it, over whichever transport, and what runs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from hub.context import RequestContext
from hub.errors import BadRequest


class OperationKind(Enum):
    """What an operation does; a transport says which kinds it carries."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation to run."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


@dataclass(frozen=True, slots=True)
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
    """The request in a JSON object (GraphQL over HTTP: query, variables, operationName); BadRequest names what is wrong."""
    query, variables, operation_name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest("query: must be a GraphQL document.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("variables: must be a JSON object or null.")
    if operation_name is not None and not isinstance(operation_name, str):
        raise BadRequest("operationName: must be a string or null.")
    return GraphQLRequest(query, variables, operation_name)
