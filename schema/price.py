"""The price of each field, as the SDL shows it: @cost and @listSize of IBM's GraphQL cost directives specification."""

from collections.abc import Sequence
from typing import Any

import strawberry
from strawberry.schema_directive import Location

from engine.cost import WEIGHT
from engine.declarations import Price

SEARCH_WEIGHT = 10
COUNT_WEIGHT = 10
"""A search or a count reads far more than it answers."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.ARGUMENT_DEFINITION, Location.INPUT_FIELD_DEFINITION],
    description="What the field costs beyond its objects, each of which costs 1; or the argument, where it is given.",
)
class Cost:
    weight: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="How many items the list is taken to have: what a slicing argument says, or else the assumed size.",
)
class ListSize:
    assumed_size: int
    slicing_arguments: list[str] | None = strawberry.UNSET
    sized_fields: list[str] | None = strawberry.UNSET
    require_one_slicing_argument: bool


def search(description: str | None = None) -> Any:
    """A filter's text to search for."""
    return strawberry.field(
        default=strawberry.UNSET,
        description=description,
        directives=[Cost(weight=str(SEARCH_WEIGHT))],
        metadata={WEIGHT: SEARCH_WEIGHT},
    )


def directives_of(price: Price) -> Sequence[object]:
    """What the SDL says of a field's price."""
    directives: list[object] = []
    if price.weight:
        directives.append(Cost(weight=str(price.weight)))
    if price.assumed_size is not None:
        directives.append(
            ListSize(
                assumed_size=price.assumed_size,
                slicing_arguments=list(price.slicing_arguments) or strawberry.UNSET,
                sized_fields=list(price.sized_fields) or strawberry.UNSET,
                require_one_slicing_argument=False,
            )
        )
    return directives
