"""Root fields over engagements, clients and the corporate register, and what their filters mean to the queries."""

from collections.abc import Mapping
from typing import Any

from engine.declarations import Find
from hub.context import RequestContext
from hub.errors import BadInput
from hub.vocabulary import HandoffDirection, HandoffStatus, RegistryStatus
from loaders import engagements as loaders
from loaders.pages import Connection
from resolvers import arguments

EITHER_DIRECTION = "EITHER"


def corporation(_context: RequestContext, *, number: str) -> Find:
    """One company of the register."""
    return Find(loaders.corporations_by_number, arguments.corporate_number(number, "number"))


def corporations(
    context: RequestContext,
    *,
    search: str | None = None,
    regions: list[str] | None = None,
    status: RegistryStatus | None = None,
    **window: Any,
) -> Connection:
    """The register."""
    return Connection(
        context,
        loaders.CORPORATIONS_PAGES,
        search=arguments.search(search, "search"),
        regions=arguments.regions(regions, "regions"),
        status=status,
        **window,
    )


def client(_context: RequestContext, *, by: Mapping[str, Any]) -> Find:
    """One client, by id or corporate number."""
    name, value = arguments.one_of(by)
    if name == "id":
        return Find(loaders.clients_by_id, arguments.key("Client", value, "by.id"))
    return Find(loaders.clients_by_corporate_number, arguments.corporate_number(value, "by.corporateNumber"))


def clients(context: RequestContext, *, search: str | None = None, **window: Any) -> Connection:
    """Clients."""
    return Connection(context, loaders.CLIENTS_PAGES, search=arguments.search(search, "search"), **window)


def engagement(_context: RequestContext, *, by: Mapping[str, Any]) -> Find:
    """One engagement, by id or by the viewer's firm's own identifier of it."""
    name, value = arguments.one_of(by)
    if name == "id":
        return Find(loaders.engagements_by_id, arguments.key("Engagement", value, "by.id"))
    return Find(loaders.engagements_by_external_ref, arguments.text(value, "by.externalRef"))


def engagements(
    context: RequestContext,
    *,
    filter: Mapping[str, Any] | None = None,
    order_by: Mapping[str, Any] | None = None,
    **window: Any,
) -> Connection:
    """Engagements."""
    order = arguments.order(order_by, loaders.ENGAGEMENT_ORDERS)
    return Connection(context, loaders.ENGAGEMENTS_PAGES, order=order, **window, **narrow_engagements(context, filter=filter))


def narrow_engagements(context: RequestContext, *, filter: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What an EngagementFilter means to the query."""
    if filter is None:
        return {}
    narrowed = arguments.given(filter)
    arguments.search(narrowed.get("search"), "filter.search")
    arguments.regions(narrowed.get("regions"), "filter.regions")
    arguments.texts(narrowed.get("industries"), "filter.industries")
    arguments.listed(narrowed.get("phases"), "filter.phases")
    arguments.listed(narrowed.get("statuses"), "filter.statuses")
    narrowed["lead_partner_id"] = arguments.key("Partner", narrowed.get("lead_partner_id"), "filter.leadPartnerId")
    narrowed["client_id"] = arguments.key("Client", narrowed.get("client_id"), "filter.clientId")
    narrowed["opened_from"] = arguments.start_of(narrowed.get("opened_from"), context.zone, "filter.openedFrom")
    narrowed["opened_before"] = arguments.end_of(narrowed.pop("opened_to", None), context.zone, "filter.openedTo")
    return narrowed


def handoff(_context: RequestContext, *, id: str) -> Find:
    """One hand-off."""
    return Find(loaders.handoffs_by_id, arguments.key("Handoff", id, "id"))


def handoffs(context: RequestContext, *, filter: Mapping[str, Any] | None = None, **window: Any) -> Connection:
    """Hand-offs."""
    return Connection(context, loaders.HANDOFFS_PAGES, **window, **narrow_handoffs(context, filter=filter))


def narrow_handoffs(context: RequestContext, *, filter: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a HandoffFilter means to the query. A direction is seen from the filter's firm, or from the viewer's."""
    narrowed = arguments.given(filter)
    arguments.listed(narrowed.get("statuses"), "filter.statuses")
    arguments.listed(narrowed.get("to_phases"), "filter.toPhases")
    partner_id = arguments.key("Partner", narrowed.get("partner_id"), "filter.partnerId")
    direction = narrowed.get("direction")
    if direction is not None and partner_id is None:
        partner_id = context.viewer.partner_id
        if partner_id is None:
            raise BadInput("filter.direction", "needs partnerId, because the viewer belongs to no firm")
    return narrowed | {
        "partner_id": partner_id,
        "direction": direction or (EITHER_DIRECTION if partner_id is not None else None),
    }


def narrow_handoffs_of_partner(
    _context: RequestContext, *, direction: HandoffDirection | None = None, status: HandoffStatus | None = None
) -> dict[str, Any]:
    """What the arguments of a firm's hand-offs mean to the query."""
    return {"direction": direction or EITHER_DIRECTION, "statuses": None if status is None else [status]}


def symptoms(_context: RequestContext) -> Find:
    """Every symptom."""
    return Find(loaders.all_symptoms, None)
