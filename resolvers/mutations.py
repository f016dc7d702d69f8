"""How every mutation runs: its stored outcome, or the facts that it asks and then its one transaction; and what it answers."""

from collections.abc import Awaitable, Callable
from typing import Any

from commands.idempotency import KEPT_DAYS, STORED, Outcome, Work, idempotency_key, once
from commands.write import Write, write
from hub.context import RequestContext
from hub.user_errors import Refused, UserError
from hub.vocabulary import SourceName
from loaders.reading import Row, read
from resolvers.form import Form

Prepare = Callable[[], Awaitable[Work]]
"""Reads the facts of other sources, and gives what is to be done in the transaction."""


async def carry_out(context: RequestContext, source: SourceName, mutation: str, form: Form, prepare: Prepare) -> dict[str, Any]:
    """The payload's row: the outcome's keys, by which the graph reads the rest afresh, or the userErrors.

    A stored outcome is looked for first, so that it is given again whatever has become of the facts and the time since.
    """
    try:
        form.check()
        outcome = await _outcome(context, source, mutation, form, prepare)
    except Refused as refused:
        return _payload(Outcome(), [_shown(error, context.locale) for error in refused.errors])
    return _payload(outcome, [])


def user_errors_of(payload: Row, _context: RequestContext) -> list[Row]:
    """Why the mutation did nothing."""
    errors: list[Row] = payload["user_errors"]
    return errors


async def _outcome(context: RequestContext, source: SourceName, mutation: str, form: Form, prepare: Prepare) -> Outcome:
    key = idempotency_key(context.viewer, mutation, form.input)
    if key is not None:
        stored = await read(context, STORED, **key.name, days=KEPT_DAYS)
        if stored:
            return key.outcome_of(stored[0])
    work = await prepare()

    async def run(transaction: Write) -> Outcome:
        return await work(transaction) if key is None else await once(key, transaction, work)

    return await write(context, source, mutation, run)


def _payload(outcome: Outcome, user_errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "client_id": outcome.client_id,
        "engagement_id": outcome.engagement_id,
        "handoff_id": outcome.handoff_id,
        "user_errors": user_errors,
    }


def _shown(error: UserError, locale: str) -> dict[str, Any]:
    field = None if error.field is None else list(error.field)
    return {"code": error.code.value, "message": error.message(locale), "field": field}
