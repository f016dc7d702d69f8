"""A request for an export: a GraphQL request, and how its rows are to be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from export.formats import CSV, Format, choose
from hub.errors import BadRequest, MethodNotAllowed
from hub.graphql_http import METHODS, object_of, parameters_of, read_json
from hub.graphql_request import GraphQLRequest, read_request
from hub.settings import Settings

OPTIONS: Final = ("format", "after", "bom", "escapeFormulas")
_OF_GRAPHQL: Final = ("query", "variables", "operationName", "extensions", "documentId")


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export, from where on, and how to write it."""

    asked: GraphQLRequest
    format: Format
    after: str | None
    bom: bool
    escape_formulas: bool


async def read_export(request: Request, settings: Settings) -> ExportRequest:
    """Everything in the address by GET; by POST a JSON body, with the options there or in the address."""
    if request.method not in METHODS:
        raise MethodNotAllowed("An export is asked for by GET or POST.", ", ".join(METHODS))
    given = parameters_of(request)
    if request.method == "POST":
        body = object_of(await read_json(request, settings))
        for name in given:
            if name not in OPTIONS or name in body:
                raise BadRequest(f"{name[:100]}: by POST, {'send it once' if name in body else 'send it in the body'}.")
        given = body | given
    for name in given:
        if name not in (*OPTIONS, *_OF_GRAPHQL):
            raise BadRequest(f"{name[:100]}: is no parameter of an export; those are {', '.join((*_OF_GRAPHQL, *OPTIONS))}.")
    format = choose(_text(given, "format"), request.headers.get("accept"))
    bom, escape_formulas = _flag(given, "bom"), _flag(given, "escapeFormulas")
    for name, is_set in (("bom", bom), ("escapeFormulas", escape_formulas)):
        if is_set and format is not CSV:
            raise BadRequest(f"{name}: is for csv, not {format.name}.")
    return ExportRequest(read_request(given), format, _text(given, "after"), bom, escape_formulas)


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{name}: must be a string.")
    return value or None


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if value in (True, "true"):
        return True
    if value in (False, None, "false"):
        return False
    raise BadRequest(f"{name}: must be true or false.")
