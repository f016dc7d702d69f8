"""What all figures share: their arguments, their price, and the words in which these are described."""

from typing import Any

from engine.declarations import Price
from loaders.figures import MOST_GROUPS
from schema.fields import root
from schema.figures.field import StatsField

_WEIGHT = 500
"""Figures read all that the viewer may see."""

ONE_GROUP = "One group. The dimensions asked for are set, the others null; a null among the asked is a group of its own."
IS_REST = "True for the one row that sums up everything past `top`."
ORDER = "By which measure, in which direction; nulls last, ties by the dimensions."
RANGE = "A bound on groups: those whose measure is at least `min`, at most `max`; a measure that is null is in no range."
PERIOD = "First day of the week (Monday), month, quarter or year."
SEVERAL_ASSOCIATIONS = "A firm of two associations counts in both groups, and once in the rest."

_STATS = Price(weight=_WEIGHT, assumed_size=MOST_GROUPS, largest_size=MOST_GROUPS, slicing_arguments=("top",))

_HOW = (
    "over what the viewer may see. Groups are the combinations of `groupBy` that occur, in the order of these; without any, "
    f"all is one group. At most {MOST_GROUPS:,} groups, or the first `top` (the largest, where no `orderBy` says which) with "
    "all others as one row. `having` leaves out groups by a measure."
)
_TIME_ZONE = "Periods begin at midnight of `timeZone` (an IANA name), the programme's by default."


def stats(resolver: Any, *, over: str, **arguments: Any) -> Any:
    """Declare a root field of figures over some rows."""
    description = f"Grouped figures over {over}, {_HOW}" + (f" {_TIME_ZONE}" if "time_zone" in arguments else "")
    return root(resolver, kind=StatsField, price=_STATS, description=description, **arguments)


def funnel(resolver: Any, *, rows: int, description: str, **arguments: Any) -> Any:
    """Declare a root field of figures that has always so many rows."""
    price = Price(weight=_WEIGHT, assumed_size=rows)
    return root(resolver, kind=StatsField, price=price, description=description, **arguments)
