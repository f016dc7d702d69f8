"""Tokens for the four kinds of callers; those of a firm are looked up in the directory first."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hub import global_id
from hub.context import RequestContext
from hub.errors import BadId, SetupError
from hub.runtime import Runtime
from hub.settings import Settings
from hub.tokens import TokenAuthority
from hub.viewer import Viewer, ViewerKind

_DAY_SECONDS = 86_400


def staff_token(settings: Settings, name: str, days: int) -> str:
    """For the programme's staff."""
    return _mint(TokenAuthority(settings), Viewer(ViewerKind.STAFF, name), days)


def reporting_token(settings: Settings, name: str, days: int) -> str:
    """For the reporting tool."""
    return _mint(TokenAuthority(settings), Viewer(ViewerKind.REPORTING, name), days)


async def person_token(settings: Settings, member_id: str, days: int) -> str:
    """For a person of a partner firm; SetupError where there is no such person."""
    from loaders.directory import members_by_id

    tokens = TokenAuthority(settings)
    async with staff_context(settings) as context:
        member = await _find(context, members_by_id, "Member", member_id)
    return _mint(tokens, Viewer(ViewerKind.PERSON, member["name"], member["partner_id"], member["id"]), days)


async def crm_token(settings: Settings, partner_id: str, days: int) -> str:
    """For the CRM of a partner firm; SetupError where there is no such firm."""
    from loaders.directory import partners_by_id

    tokens = TokenAuthority(settings)
    async with staff_context(settings) as context:
        partner = await _find(context, partners_by_id, "Partner", partner_id)
    return _mint(tokens, Viewer(ViewerKind.CRM, f"{partner['name']} CRM", partner["id"]), days)


@asynccontextmanager
async def staff_context(settings: Settings) -> AsyncIterator[RequestContext]:
    """Reads as the programme's staff, outside any request."""
    runtime = Runtime(settings)
    await runtime.start()
    try:
        yield runtime.context(Viewer(ViewerKind.STAFF, "command line"))
    finally:
        await runtime.stop()


def _mint(tokens: TokenAuthority, viewer: Viewer, days: int) -> str:
    return tokens.mint(viewer, valid_seconds=days * _DAY_SECONDS)


async def _find(context: RequestContext, batch: Any, type_name: str, id: str) -> Any:
    try:
        key = global_id.key_of(type_name, id, f"{type_name} id")
    except BadId as error:
        raise SetupError(f"{error}.") from None
    row = None if key is None else await context.loader(batch).load(key)
    if row is None:
        raise SetupError(f"There is no {type_name} with the id {id}.")
    return row
