"""How errors reach a client: expected ones as they are, each with its code; bugs masked, logged once with their trace."""

import uuid
from contextlib import suppress
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from hub.errors import BAD_VARIABLES, GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, INTERNAL, BadValue, HubError

LONGEST_MESSAGE = 1000

_REFERENCE = "_partner_hub_reference"

log = structlog.get_logger(__name__)


def present(error: GraphQLError, *, executed: bool) -> dict[str, Any]:
    """One entry of an answer's `errors`. executed: whether the operation ran, or was refused before."""
    raised, cause = _cause(error)
    # A message may hold what a client sent, however long that was.
    formatted: dict[str, Any] = {**error.formatted, "message": error.message[:LONGEST_MESSAGE]}
    if isinstance(cause, HubError):
        return {**formatted, "extensions": cause.extensions}
    # GraphQL's own errors about what a client wrote say where; one about a value that was read does not, and is a bug.
    if executed and error.path is not None and raised.nodes is None and not isinstance(cause, BadValue):
        return {**formatted, **masked(cause or raised)}
    if cause is None or isinstance(cause, BadValue):
        return {**formatted, "extensions": {**(error.extensions or {}), "code": _code(error, executed=executed)}}
    return {**formatted, **masked(cause)}


def masked(cause: BaseException) -> dict[str, Any]:
    """What is shown of a bug: a reference by which the log has its trace, once however many fields it is met in."""
    reference: str | None = getattr(cause, _REFERENCE, None)
    if reference is None:
        reference = uuid.uuid4().hex[:12]
        log.error("bug", reference=reference, exc_info=cause)
        # What has no place for the reference is logged each time.
        with suppress(AttributeError, TypeError):
            setattr(cause, _REFERENCE, reference)
    return {"message": f"Internal error, reference {reference}.", "extensions": {"code": INTERNAL, "reference": reference}}


def shown(error: HubError) -> dict[str, Any]:
    """One entry of `errors` for a request that never became an operation."""
    return {"message": str(error), "extensions": error.extensions}


def _cause(error: GraphQLError) -> tuple[GraphQLError, BaseException | None]:
    """The first of the GraphQL errors that wrap each other, and what it wraps itself, if anything."""
    while isinstance(error.original_error, GraphQLError):
        error = error.original_error
    return error, error.original_error


def _code(error: GraphQLError, *, executed: bool) -> str:
    if isinstance(error, GraphQLSyntaxError):
        return GRAPHQL_PARSE_FAILED
    return BAD_VARIABLES if executed else GRAPHQL_VALIDATION_FAILED
