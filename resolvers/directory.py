"""Root fields over the partner directory, and what is computed of a firm."""

from collections.abc import Mapping
from typing import Any

from engine.declarations import Find
from hub.context import RequestContext
from hub.vocabulary import Phase
from loaders import certifications, directory
from loaders.pages import Connection
from loaders.reading import Row
from resolvers import arguments


def associations(_context: RequestContext) -> Find:
    """Every association."""
    return Find(directory.all_associations, None)


def partner(_context: RequestContext, *, by: Mapping[str, Any]) -> Find:
    """One firm, by id or corporate number."""
    name, value = arguments.one_of(by)
    if name == "id":
        return Find(directory.partners_by_id, arguments.key("Partner", value, "by.id"))
    number = arguments.corporate_number(value, "by.corporateNumber")
    return Find(directory.partners_by_corporate_number, number)


async def partners(
    context: RequestContext,
    *,
    filter: Mapping[str, Any] | None = None,
    order_by: Mapping[str, Any] | None = None,
    **window: Any,
) -> Connection:
    """Firms. Who is certified is a fact of another source: it is asked first."""
    narrowed = arguments.given(filter)
    arguments.search(narrowed.get("search"), "filter.search")
    arguments.regions(narrowed.get("regions"), "filter.regions")
    arguments.country(narrowed.get("country"), "filter.country")
    arguments.text(narrowed.get("association"), "filter.association")
    program = arguments.text(narrowed.pop("certified_in", None), "filter.certifiedIn")
    if program is not None:
        narrowed["certified_ids"] = await certifications.certified_partner_ids(context, program)
    order = arguments.order(order_by, directory.PARTNER_ORDERS)
    return Connection(context, directory.PARTNERS_PAGES, order=order, **window, **narrowed)


async def associations_of(partner: Row, context: RequestContext) -> list[Row]:
    """The associations that a firm belongs to."""
    rows: list[Row | None] = await context.loader(directory.associations_by_id).load_many(partner["association_ids"])
    return [row for row in rows if row is not None]


async def strengths_of(partner: Row, context: RequestContext) -> list[str]:
    """The phases that a firm's associations are strong in, in the programme's order."""
    strong = {phase for association in await associations_of(partner, context) for phase in association["phases"]}
    return [phase.value for phase in Phase if phase.value in strong]
