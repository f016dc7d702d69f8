"""Relay's global ids: the type's name and the row's key, in base64. Opaque to clients; one id for one object."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial

from hub.errors import BadId

_ID = re.compile(r"([A-Z][A-Za-z]*):([1-9][0-9]{0,18})")
_LARGEST_KEY = 2**63 - 1


def encode(type_name: str, key: int) -> str:
    """The global id of a row; in SQL: encode(convert_to('Partner:' || id, 'UTF8'), 'base64')."""
    return next(encoder(type_name)([key]))


@cache
def encoder(type_name: str) -> Callable[[Iterable[int]], Iterator[str]]:
    """The global ids of many rows of a type, by their keys, without a call of Python's own for each."""
    template = f"{type_name}:%d".encode()
    to_base64 = partial(b2a_base64, newline=False)
    return lambda keys: map(bytes.decode, map(to_base64, map(template.__mod__, keys)))


def decode(value: str, field: str) -> tuple[str, int]:
    """The type's name and the row's key; BadId, naming the argument, where `encode` can never have made the value."""
    try:
        text = b64decode(value.encode("ascii"), validate=True).decode("ascii")
    except (Base64Error, UnicodeError, ValueError):
        raise BadId(field) from None
    match = _ID.fullmatch(text)
    if match is None or int(match[2]) > _LARGEST_KEY or encode(match[1], int(match[2])) != value:
        raise BadId(field)
    return match[1], int(match[2])


def key_of(type_name: str, value: str, field: str) -> int | None:
    """The row's key of an id of this type; None for an id of another type, which no row can have; BadId as `decode`."""
    found, key = decode(value, field)
    return key if found == type_name else None
