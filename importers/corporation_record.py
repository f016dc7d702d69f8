"""What a record of the corporate register says of a corporation: its 30 columns checked, and brought into the table's shape."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from hub import corporate_number
from hub.vocabulary import RegistryStatus

COLUMN_NAMES = (
    "sequence number",
    "corporate number",
    "process",
    "correction",
    "update date",
    "change date",
    "name",
    "name image id",
    "kind",
    "prefecture",
    "city",
    "street",
    "address image id",
    "prefecture code",
    "city code",
    "postal code",
    "foreign address",
    "foreign address image id",
    "close date",
    "close cause",
    "successor number",
    "change text",
    "assignment date",
    "latest",
    "English name",
    "English prefecture",
    "English city and street",
    "English foreign address",
    "furigana",
    "hidden",
)
"""The columns of the register in their order."""

_PROCESSES = frozenset({"01", "11", "12", "13", "21", "22", "71", "72", "81", "99"})
_DELETED = "99"
_CLOSE_CAUSES = frozenset({"", "01", "11", "21", "31"})
_MERGER = "11"
_REGIONS = {"": None} | {f"{code:02}": f"JP-{code:02}" for code in range(1, 48)}


class BadRecord(Exception):
    """A record cannot be imported; the message names the column and says what is wrong with it."""


class CorporationRecord(NamedTuple):
    """One row of the table `corporation`, its columns in the order of import_corporations.sql."""

    number: str
    name: str
    name_kana: str | None
    region: str | None
    address: str | None
    postal_code: str | None
    status: str
    successor_number: str | None
    updated_on: date
    changed_on: date


def parse(fields: list[str]) -> tuple[CorporationRecord, bool]:
    """The row that a record of 30 fields stands for, and whether it is the latest of its number; raises BadRecord.

    The status follows the columns of closing and not the process, which only tells what the latest change was:

    * a close cause of merger (11) is MERGED; the successor is named then, in every such record seen;
    * any other close date or cause is CLOSED, also where the process is another than 21: a closed corporation whose
      address was renamed has process 12 and is closed all the same;
    * process 99 (the number withdrawn) without one is UNKNOWN: the register no longer vouches for it;
    * all else is ACTIVE: 71, where this corporation absorbed another (the one that went is closed by a record of its own,
      with cause 11), and 22, which reopens a closed one and comes with its columns of closing empty.

    A corporation with its seat abroad has no region; with an address in Japan as well, that one counts. One that is left
    out of the register's own searches (hidden) is imported like any other.
    """
    (_, number, process, _, updated, changed, name, _, _, prefecture, city, street, _, prefecture_code, _, postal_code) = (
        fields[:16]
    )
    (foreign_address, _, closed, close_cause, successor, _, _, latest, _, _, _, _, kana, _) = fields[16:]
    _check_text(fields)
    if not corporate_number.is_valid(number):
        raise _bad(2, number, "is not 13 digits of which the first is the check digit")
    if process not in _PROCESSES:
        raise _bad(3, process, f"is none of {', '.join(sorted(_PROCESSES))}")
    updated_on = _date(5, updated)
    changed_on = _date(6, changed)
    if not name.strip():
        raise _bad(7, name, "is empty")
    if prefecture_code not in _REGIONS:
        raise _bad(14, prefecture_code, "is not a prefecture code from 01 to 47")
    if postal_code and not (len(postal_code) == 7 and postal_code.isascii() and postal_code.isdecimal()):
        raise _bad(16, postal_code, "is not 7 digits")
    if closed:
        _date(19, closed)
    if close_cause not in _CLOSE_CAUSES:
        raise _bad(20, close_cause, f"is none of {', '.join(sorted(_CLOSE_CAUSES - {''}))}")
    if successor and not corporate_number.is_valid(successor):
        raise _bad(21, successor, "is not 13 digits of which the first is the check digit")
    if latest not in ("0", "1"):
        raise _bad(24, latest, "is neither 0 nor 1")
    return (
        CorporationRecord(
            number,
            name,
            kana or None,
            _REGIONS[prefecture_code],
            prefecture + city + street or foreign_address or None,
            postal_code or None,
            _status(process, closed, close_cause).value,
            successor or None,
            updated_on,
            changed_on,
        ),
        latest == "1",
    )


def _status(process: str, closed: str, close_cause: str) -> RegistryStatus:
    if close_cause == _MERGER:
        return RegistryStatus.MERGED
    if closed or close_cause:
        return RegistryStatus.CLOSED
    return RegistryStatus.UNKNOWN if process == _DELETED else RegistryStatus.ACTIVE


def _check_text(fields: list[str]) -> None:
    """Raises BadRecord where a field has bytes that were not decoded, or the one character that Postgres cannot hold."""
    text = "".join(fields)
    if "\0" not in text:
        try:
            text.encode()
        except UnicodeEncodeError:
            pass
        else:
            return
    for column, field in enumerate(fields, start=1):
        if any("\ud800" <= character <= "\udfff" for character in field):
            raise _bad(column, field, "has bytes that are not in the file's encoding")
        if "\0" in field:
            raise _bad(column, field, "has a NUL character")


def _date(column: int, text: str) -> date:
    parsed = _parsed_date(text)
    if parsed is None:
        raise _bad(column, text, "is not a date (YYYY-MM-DD)")
    return parsed


@lru_cache(maxsize=10_000)
def _parsed_date(text: str) -> date | None:
    # fromisoformat takes other forms as well, such as 20240105 and 2024-W01-5; they are not ten characters with a hyphen here.
    if len(text) != 10 or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _bad(column: int, value: str, what: str) -> BadRecord:
    named = f"column {column} ({COLUMN_NAMES[column - 1]})"
    if not value:
        return BadRecord(f"{named} is empty")
    # Lone surrogates and control characters go to no terminal or log as they are.
    shown = value[:40] if value.isprintable() else ascii(value[:40])[1:-1]
    return BadRecord(f'{named} {what}: "{shown}"')
