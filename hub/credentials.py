"""What a request brings to prove who asks: an API key or a JWT. Both are verified here, for every transport.

What was verified is kept for a while, under the SHA-256 of what was brought, because a signature or a read at each request
would cost. It leaves when the credential ends, when the keys of the identity provider change, and when the directory tells
that API keys changed; while such a notice could not be heard, no API key is kept at all.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from hub.api_keys import KEY_START, ApiKeys, prefix_of
from hub.errors import Unauthenticated
from hub.published_keys import PublishedKeys
from hub.settings import Settings
from hub.source import Source
from hub.token_verification import LEEWAY_SECONDS, TokenKeys, TokenVerifier
from hub.tokens import TokenAuthority, bearer_token
from hub.viewer import Verified

__all__ = ["Credentials", "Verified", "open_token_keys"]

MAX_KEPT: Final = 10_000
API_KEY_KEPT_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class _Kept:
    verified: Verified
    method: ApiKeys | TokenVerifier
    version: int
    until: float  # by the monotonic clock
    api_key_prefix: str | None


class Credentials:
    """Verifies what `Authorization: Bearer …` or a socket's connection_init brings."""

    def __init__(self, settings: Settings, token_keys: TokenKeys, directory: Source) -> None:
        self.api_keys = ApiKeys(directory)
        self._token_keys = token_keys
        self._tokens = TokenVerifier(settings, token_keys)
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

    async def start(self) -> None:
        """Begin what runs in the background: keys are kept fresh, last uses are written."""
        await asyncio.gather(self._token_keys.start(), self.api_keys.start())

    async def stop(self) -> None:
        """End it; last uses are written first."""
        await asyncio.gather(self._token_keys.stop(), self.api_keys.stop())

    async def verify_header(self, authorization: bytes | None) -> Verified:
        """As `verify`, for the value of an Authorization header; Unauthenticated where it is no bearer's."""
        kept = None if authorization is None else self._recall(hashlib.sha256(authorization).digest())
        if kept is not None:
            return kept
        return await self.verify(bearer_token(None if authorization is None else authorization.decode("latin-1")))

    async def verify(self, bearer: str) -> Verified:
        """Whose a credential is, and until when.

        Unauthenticated where it does not hold; SourceUnavailable or IdentityUnavailable where that cannot be told now: the
        credential may be good, and its holder should try again.
        """
        if not bearer.isascii():
            raise Unauthenticated("The credential is neither an API key nor a JSON Web Token.")
        # As the usual header has it, so that one sent so need not be taken apart to be recalled.
        digest = hashlib.sha256(b"Bearer " + bearer.encode()).digest()
        verified = self._recall(digest)
        if verified is None:
            verified = await self._verify(bearer, digest)
        return verified

    async def _verify(self, bearer: str, digest: bytes) -> Verified:
        is_api_key = bearer.startswith(KEY_START)
        method = self.api_keys if is_api_key else self._tokens
        version = method.version
        verified = await method.verify(bearer)
        # What changed meanwhile may have come too late for this answer.
        if version is not None and version == method.version:
            until = _kept_until(verified, is_api_key=is_api_key)
            self._keep(digest, _Kept(verified, method, version, until, prefix_of(bearer) if is_api_key else None))
        if is_api_key:
            self.api_keys.note_use(prefix_of(bearer))
        return verified

    def _recall(self, digest: bytes) -> Verified | None:
        kept = self._kept.get(digest)
        if kept is None:
            return None
        if kept.version != kept.method.version or time.monotonic() >= kept.until:
            del self._kept[digest]
            return None
        self._kept.move_to_end(digest)
        if kept.api_key_prefix is not None:
            self.api_keys.note_use(kept.api_key_prefix)
        return kept.verified

    def _keep(self, digest: bytes, kept: _Kept) -> None:
        self._kept[digest] = kept
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)


async def open_token_keys(settings: Settings) -> TokenKeys:
    """What tokens are verified with: the identity provider's keys where HUB_JWKS is set, the hub's own key otherwise.

    SetupError where they are in a file that cannot be read.
    """
    if settings.jwks is None:
        return await asyncio.to_thread(TokenAuthority, settings)
    keys = PublishedKeys(settings.jwks, settings)
    await keys.open()
    return keys


def _kept_until(verified: Verified, *, is_api_key: bool) -> float:
    now = time.monotonic()
    leeway = 0 if is_api_key else LEEWAY_SECONDS
    until = float("inf") if verified.expires_at_seconds is None else now + verified.expires_at_seconds + leeway - time.time()
    return min(until, now + API_KEY_KEPT_SECONDS) if is_api_key else until
