"""Reads of engagements: the corporate register, clients, and the way of each engagement through the phases."""

from collections.abc import Sequence

from hub.context import RequestContext
from hub.lifecycle import MOST_ASSIGNMENTS, MOST_FINDINGS, MOST_HANDOFFS
from hub.vocabulary import EngagementOrderField, SourceName
from loaders.by_key import read_by_key
from loaders.cursors import BY_ID, NEWEST_ID_FIRST, Order
from loaders.pages import Pages
from loaders.reading import Columns, Row, read, read_lists
from sql import load

CORPORATIONS = load(SourceName.ENGAGEMENTS, "corporations")
CLIENTS = load(SourceName.ENGAGEMENTS, "clients")
ENGAGEMENTS = load(SourceName.ENGAGEMENTS, "engagements")
ASSIGNMENTS = load(SourceName.ENGAGEMENTS, "assignments")
FINDINGS = load(SourceName.ENGAGEMENTS, "findings")
PRESCRIPTIONS = load(SourceName.ENGAGEMENTS, "prescriptions")
HANDOFFS = load(SourceName.ENGAGEMENTS, "handoffs")
SYMPTOMS = load(SourceName.ENGAGEMENTS, "symptoms")

CORPORATIONS_PAGES = Pages(CORPORATIONS, order=Order((("number", "text"),)))
CLIENTS_PAGES = Pages(CLIENTS)
ENGAGEMENTS_PAGES = Pages(ENGAGEMENTS)
ENGAGEMENTS_OF_PARTNER = Pages(ENGAGEMENTS, parent="partner_id")
ENGAGEMENTS_OF_CLIENT = Pages(ENGAGEMENTS, parent="of_client_id")
HANDOFFS_PAGES = Pages(HANDOFFS, order=NEWEST_ID_FIRST)
HANDOFFS_OF_PARTNER = Pages(HANDOFFS, parent="partner_id", order=NEWEST_ID_FIRST)

ENGAGEMENT_ORDERS = {
    EngagementOrderField.ID: BY_ID,
    EngagementOrderField.OPENED_AT: Order((("opened_at", "timestamptz"), ("id", "int8"))),
    EngagementOrderField.UPDATED_AT: Order((("updated_at", "timestamptz"), ("id", "int8"))),
}


async def corporations_by_number(
    context: RequestContext, numbers: Sequence[str], *, columns: Columns = None
) -> list[Row | None]:
    """Companies of the register. numbers: n -> n rows or None, in the order of the numbers."""
    return await read_by_key(context, CORPORATIONS, numbers, column="number", parameter="numbers", columns=columns)


async def clients_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Clients. ids: n -> n rows or None, in the order of the ids."""
    return await read_by_key(context, CLIENTS, ids, columns=columns)


async def clients_by_corporate_number(
    context: RequestContext, numbers: Sequence[str], *, columns: Columns = None
) -> list[Row | None]:
    """Clients. numbers: n -> n rows or None, in the order of the numbers."""
    return await read_by_key(
        context, CLIENTS, numbers, column="corporate_number", parameter="corporate_numbers", columns=columns
    )


async def engagements_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Engagements. ids: n -> n rows or None, in the order of the ids."""
    return await read_by_key(context, ENGAGEMENTS, ids, columns=columns)


async def engagements_by_external_ref(
    context: RequestContext, refs: Sequence[str], *, columns: Columns = None
) -> list[Row | None]:
    """Engagements by what the viewer's firm calls them. refs: n -> n rows or None, in the order of the refs."""
    return await read_by_key(context, ENGAGEMENTS, refs, column="external_ref", parameter="external_refs", columns=columns)


async def assignments_of_engagement(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[list[Row]]:
    """Who led which phase. ids: n engagements -> n lists of at most 50, oldest first."""
    return await read_lists(
        context, ASSIGNMENTS, ids, parent="engagement_id", order=("position",), limit=MOST_ASSIGNMENTS, columns=columns
    )


async def findings_of_engagement(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[list[Row]]:
    """What the advisor found. ids: n engagements -> n lists of at most 100, oldest first."""
    return await read_lists(
        context, FINDINGS, ids, parent="engagement_id", order=("found_at", "id"), limit=MOST_FINDINGS, columns=columns
    )


async def prescriptions_of_engagement(
    context: RequestContext, ids: Sequence[int], *, columns: Columns = None
) -> list[Row | None]:
    """What the advisor prescribed. ids: n engagements -> n rows or None."""
    return await read_by_key(context, PRESCRIPTIONS, ids, column="engagement_id", columns=columns)


async def handoffs_of_engagement(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[list[Row]]:
    """The hand-offs of each engagement. ids: n engagements -> n lists of at most 100, oldest first."""
    return await read_lists(
        context, HANDOFFS, ids, parent="engagement_id", order=("offered_at", "id"), limit=MOST_HANDOFFS, columns=columns
    )


async def handoffs_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Hand-offs. ids: n -> n rows or None, in the order of the ids."""
    return await read_by_key(context, HANDOFFS, ids, columns=columns)


async def symptoms_by_code(context: RequestContext, codes: Sequence[str], *, columns: Columns = None) -> list[Row | None]:
    """Symptoms. codes: n -> n rows or None, in the order of the codes."""
    return await read_by_key(context, SYMPTOMS, codes, column="code", parameter="codes", columns=columns)


async def all_symptoms(context: RequestContext, _keys: Sequence[None], *, columns: Columns = None) -> list[list[Row]]:
    """Every symptom, in the programme's order. keys: [None] -> one list."""
    return [sorted(await read(context, SYMPTOMS), key=lambda row: row["position"])]
