"""Reads of certification status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hub.context import RequestContext
from hub.vocabulary import SourceName
from loaders.by_key import read_by_key
from loaders.cursors import Order
from loaders.pages import Pages
from loaders.reading import Columns, Row, read, read_lists
from loaders.reference import Reference, read_cached
from sql import load

CERTIFICATIONS = load(SourceName.CERTIFICATIONS, "certifications")
CERTIFIED_PARTNERS = load(SourceName.CERTIFICATIONS, "certified_partners")

MOST_CERTIFICATIONS_OF_PARTNER = 100

CERTIFICATIONS_KEPT = Reference(
    SourceName.CERTIFICATIONS, "certifications_of_partners", "certifications.certification", daily=True
)

SOONEST_TO_LAPSE_FIRST = Order((("expires_on_key", "date"), ("id", "int8")))
CERTIFICATIONS_PAGES = Pages(CERTIFICATIONS, order=SOONEST_TO_LAPSE_FIRST)


async def certifications_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Certifications with their status today. ids: n -> n rows or None, in the order of the ids."""
    return await read_by_key(context, CERTIFICATIONS, ids, today=context.today, columns=columns)


@CERTIFICATIONS_KEPT
async def certifications_of_partner(
    context: RequestContext, partner_ids: Sequence[int], *, valid_on: date | None = None, columns: Columns = None
) -> list[list[Row]]:
    """Certifications of each firm, in force on `valid_on` where given. partner_ids: n -> n lists of at most 100 by id."""

    async def load_missing(missing: list[int], columns: Columns = None) -> list[list[Row]]:
        return await read_lists(
            context,
            CERTIFICATIONS,
            missing,
            parent="partner_id",
            order=("id",),
            limit=MOST_CERTIFICATIONS_OF_PARTNER,
            today=context.today,
            valid_on=valid_on,
            columns=columns,
        )

    if valid_on is not None:
        return await load_missing(list(partner_ids), columns)
    return await read_cached(context, CERTIFICATIONS_KEPT, partner_ids, load_missing, columns=columns)


async def certified_partner_ids(context: RequestContext, program: str) -> list[int]:
    """The firms that hold an ACTIVE certification in a program today."""
    rows = await read(context, CERTIFIED_PARTNERS, program=program, today=context.today)
    return sorted(row["partner_id"] for row in rows)
