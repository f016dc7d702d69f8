"""Root fields of figures: what a client asked for, checked, as the figures to read."""

from collections.abc import Hashable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from engine.declarations import Find
from hub.context import RequestContext
from hub.errors import BadInput
from hub.figures import CertificationMeasure, CommunityMeasure, EngagementMeasure, HandoffMeasure, TrainingMeasure
from hub.vocabulary import OrderDirection
from loaders import figures
from loaders.figures import Fragments
from resolvers import arguments
from resolvers.engagements import narrow_engagements, narrow_handoffs
from resolvers.trainings import narrow_sessions


def engagement_stats(context: RequestContext, *, filter: Mapping[str, Any] | None = None, **asked: Any) -> Find:
    """Figures over engagements."""
    narrowed = narrow_engagements(context, filter=filter)
    return _find(context, figures.ENGAGEMENTS, EngagementMeasure.ENGAGEMENTS, narrowed, **asked)


def phase_funnel(context: RequestContext, *, filter: Mapping[str, Any] | None = None) -> Find:
    """How engagements pass through the phases."""
    filters = _hashable(narrow_engagements(context, filter=filter))
    return Find(figures.phases, figures.Figures(figures.PHASES, ("phase",), filters))


def handoff_stats(context: RequestContext, *, filter: Mapping[str, Any] | None = None, **asked: Any) -> Find:
    """Figures over hand-offs."""
    return _find(context, figures.HANDOFFS, HandoffMeasure.HANDOFFS, narrow_handoffs(context, filter=filter), **asked)


def certification_stats(context: RequestContext, *, filter: Mapping[str, Any] | None = None, **asked: Any) -> Find:
    """Figures over certifications, with their status today."""
    narrowed = arguments.given(filter)
    arguments.text(narrowed.get("program"), "filter.program")
    return _find(context, figures.CERTIFICATIONS, CertificationMeasure.CERTIFICATIONS, narrowed, **asked)


def training_stats(context: RequestContext, *, filter: Mapping[str, Any] | None = None, **asked: Any) -> Find:
    """Figures over training sessions."""
    return _find(context, figures.TRAININGS, TrainingMeasure.SESSIONS, narrow_sessions(filter=filter), **asked)


def community_stats(context: RequestContext, *, filter: Mapping[str, Any] | None = None, **asked: Any) -> Find:
    """Figures over posts."""
    narrowed = arguments.given(filter)
    arguments.listed(narrowed.get("visibilities"), "filter.visibilities")
    narrowed["partner_id"] = arguments.key("Partner", narrowed.get("partner_id"), "filter.partnerId")
    narrowed["engagement_id"] = arguments.key("Engagement", narrowed.get("engagement_id"), "filter.engagementId")
    narrowed["posted_from"] = arguments.start_of(narrowed.get("posted_from"), context.zone, "filter.postedFrom")
    narrowed["posted_before"] = arguments.end_of(narrowed.pop("posted_to", None), context.zone, "filter.postedTo")
    return _find(context, figures.COMMUNITY, CommunityMeasure.POSTS, narrowed, **asked)


def _find(
    context: RequestContext,
    fragments: Fragments,
    count: Enum,
    narrowed: Mapping[str, Any],
    *,
    group_by: Sequence[Enum],
    time_zone: str | None = None,
    order_by: Mapping[str, Any] | None = None,
    having: Sequence[Mapping[str, Any]] | None = None,
    top: int | None = None,
) -> Find:
    """The figures asked for. `count`: the measure whose largest come first where the top is wanted and no order is said."""
    if top is not None and not 1 <= top <= figures.MOST_GROUPS:
        raise BadInput("top", f"must be 1 to {figures.MOST_GROUPS}, not {top}")
    zone = str(context.zone) if time_zone is None else _time_zone(time_zone)
    order = None
    if order_by is not None:
        order = (_fragment(order_by["measure"]), order_by["direction"] is OrderDirection.DESC)
    elif top is not None:
        order = (_fragment(count), True)
    asked = figures.Figures(
        fragments,
        _dimensions(fragments, group_by),
        _hashable(narrowed),
        (("time_zone", zone), ("today", context.today)),
        order,
        _bounds(having or ()),
        top if group_by else None,
    )
    return Find(figures.groups, asked)


def _dimensions(fragments: Fragments, group_by: Sequence[Enum]) -> tuple[str, ...]:
    by_column: dict[str, Enum] = {}
    for dimension in group_by:
        column = fragments.dimensions[_fragment(dimension)].column
        if by_column.get(column) is dimension:
            raise BadInput("groupBy", f"names {dimension.name} twice")
        if column in by_column:
            raise BadInput("groupBy", f"names {by_column[column].name} and {dimension.name}; one period at a time")
        by_column[column] = dimension
    return tuple(map(_fragment, group_by))


def _bounds(having: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str, float], ...]:
    found: dict[tuple[str, str], float] = {}
    for index, given in enumerate(having):
        field = f"having[{index}]"
        bounds = {end: given[end] for end in ("min", "max") if given.get(end) is not None}
        if not bounds:
            raise BadInput(field, "needs `min` or `max`, or both")
        for end, bound in bounds.items():
            key = (_fragment(given["measure"]), end)
            if key in found:
                raise BadInput(field, f"bounds {given['measure'].name} again; give each measure's `min` and `max` once")
            found[key] = float(bound)
    return tuple((measure, end, bound) for (measure, end), bound in found.items())


def _time_zone(name: str) -> str:
    if name not in _time_zones():
        raise BadInput("timeZone", f"must be a name of the IANA database, for example Asia/Tokyo, not {name[:40]!r}")
    return name


@cache
def _time_zones() -> set[str]:
    return available_timezones()


def _fragment(member: Enum) -> str:
    return member.name.lower()


def _hashable(parameters: Mapping[str, Any]) -> tuple[tuple[str, Hashable], ...]:
    given = {name: value for name, value in parameters.items() if value is not None}
    return tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in given.items())
