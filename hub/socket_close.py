"""Why the hub closes a socket, in the codes of RFC 6455 and of graphql-transport-ws; docs/errors.md tells them to clients."""

import contextlib
from enum import IntEnum

from starlette.websockets import WebSocket, WebSocketDisconnect

# What is left of a control frame's 125 bytes beside the code.
MAX_REASON_BYTES = 123


class SocketClose(IntEnum):
    """The codes that the hub itself closes with."""

    BUG = 1011
    TRY_AGAIN_LATER = 1013
    MALFORMED = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    OTHER_SUBPROTOCOL = 4406
    INIT_TIMEOUT = 4408
    DUPLICATE_OPERATION = 4409
    SECOND_INIT = 4429


class Closing(Exception):
    """Raised, or handed on, where a socket must be closed; the reason is cut to what fits in the frame."""

    def __init__(self, code: SocketClose, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")


async def close(websocket: WebSocket, closing: Closing) -> None:
    """Close an accepted socket, unless that has happened already."""
    # The client may have gone, or the server may be closing this socket for a reason of its own.
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await websocket.close(closing.code, closing.reason)
