"""Reads of the partner directory: associations, firms, their people."""

from collections.abc import Sequence
from functools import partial

from hub.context import RequestContext
from hub.vocabulary import PartnerOrderField, Phase, SourceName
from loaders.by_key import read_by_key
from loaders.cursors import BY_ID, Order
from loaders.pages import Pages
from loaders.reading import Columns, Row, read
from loaders.reference import Reference, read_cached
from sql import load

ASSOCIATIONS = load(SourceName.DIRECTORY, "associations")
PARTNERS = load(SourceName.DIRECTORY, "partners")
MEMBERS = load(SourceName.DIRECTORY, "members")
MEMBER_EMAILS = load(SourceName.DIRECTORY, "member_emails")
FIRM_STRENGTHS = load(SourceName.DIRECTORY, "firm_strengths")

ASSOCIATIONS_KEPT = Reference(SourceName.DIRECTORY, "associations", "directory.association")
PARTNERS_KEPT = Reference(SourceName.DIRECTORY, "partners", "directory.partner")

MEMBERS_KEPT = Reference(SourceName.DIRECTORY, "members", "directory.member", without="email")

PARTNER_ORDERS = {
    PartnerOrderField.ID: BY_ID,
    PartnerOrderField.NAME_KANA: Order((("name_kana_key", "text"), ("id", "int8"))),
    PartnerOrderField.JOINED_ON: Order((("joined_on_key", "date"), ("id", "int8"))),
}


async def all_associations(context: RequestContext, _keys: Sequence[None], *, columns: Columns = None) -> list[list[Row]]:
    """Every association, by id. keys: [None] -> one list."""
    rows = await read_cached(
        context,
        ASSOCIATIONS_KEPT,
        ["all"],
        partial(_read_all_associations, context),
        columns=columns,
    )
    return [rows[0]]


@ASSOCIATIONS_KEPT
async def associations_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Associations. ids: n -> n rows or None, in the order of the ids."""
    return await read_cached(
        context,
        ASSOCIATIONS_KEPT,
        ids,
        partial(read_by_key, context, ASSOCIATIONS),
        columns=columns,
    )


@PARTNERS_KEPT
async def partners_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Firms. ids: n -> n rows or None, in the order of the ids."""
    return await read_cached(
        context,
        PARTNERS_KEPT,
        ids,
        partial(read_by_key, context, PARTNERS),
        columns=columns,
    )


PARTNERS_PAGES = Pages(PARTNERS, by_id=partners_by_id)
PARTNERS_OF_ASSOCIATION = Pages(PARTNERS, parent="association_id", by_id=partners_by_id)
MEMBERS_OF_PARTNER = Pages(MEMBERS, parent="partner_id", kept=MEMBERS_KEPT, few=True)


async def partners_by_corporate_number(
    context: RequestContext, numbers: Sequence[str], *, columns: Columns = None
) -> list[Row | None]:
    """Firms. numbers: n -> n rows or None, in the order of the numbers."""
    return await read_by_key(
        context, PARTNERS, numbers, column="corporate_number", parameter="corporate_numbers", columns=columns
    )


async def strengths_of_firms(context: RequestContext, ids: Sequence[int]) -> dict[int, frozenset[Phase]]:
    """The phases that each firm is strong in, as the directory has it now, not the cache; no entry of what is no firm."""
    rows = await read(context, FIRM_STRENGTHS, ids=list(ids))
    return {row["id"]: frozenset(map(Phase, row["phases"])) for row in rows}


@MEMBERS_KEPT
async def members_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Persons. ids: n -> n rows or None, in the order of the ids."""
    return await read_cached(
        context,
        MEMBERS_KEPT,
        ids,
        partial(read_by_key, context, MEMBERS),
        columns=columns,
    )


async def emails_by_member(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[str | None]:
    """The e-mail addresses that the viewer may see: a read of their own, for whom they show is a fact of another source.

    ids: n persons -> n addresses or None.
    """
    rows = await read_by_key(context, MEMBER_EMAILS, ids)
    return [None if row is None else row["email"] for row in rows]


async def _read_all_associations(context: RequestContext, _keys: Sequence[str], *, columns: Columns = None) -> list[list[Row]]:
    return [sorted(await read(context, ASSOCIATIONS), key=lambda row: row["id"])]
