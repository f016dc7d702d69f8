"""Cursors: places in the log as clients hold them, encrypted and authenticated, so that nothing can be read off or forged.

AES-SIV needs no nonce: one place has one cursor, in every channel and on every node. The key is the log's own
(event_log_state), which all nodes read from the database.
"""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from events.record import Position
from hub.errors import BadCursor

_VERSION: Final = 1
_PLACE: Final = struct.Struct(">Bqq")
_SEALED_BYTES: Final = _PLACE.size + 16
_LENGTH: Final = (_SEALED_BYTES * 4 + 2) // 3


class Cursors:
    """Makes cursors and reads them."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def seal(self, position: Position) -> str:
        """The cursor of a place: pass it as `after` to get what follows."""
        sealed = self._cipher.encrypt(_PLACE.pack(_VERSION, *position), None)
        return urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, cursor: str, field: str = "after") -> Position:
        """The place of a cursor; BadCursor, naming the argument, where `seal` has not made it with this key."""
        try:
            if len(cursor) != _LENGTH:
                raise ValueError("of another length")
            sealed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            version, epoch, number = _PLACE.unpack(self._cipher.decrypt(sealed, None))
        except (InvalidTag, UnicodeError, ValueError, struct.error):
            raise BadCursor(field, "of the event log") from None
        position = Position(epoch, number)
        # Base64 leaves bits over that change nothing: a cursor has one form.
        if version != _VERSION or self.seal(position) != cursor:
            raise BadCursor(field, "of the event log")
        return position
