"""The identity provider's keys, read from HUB_JWKS and kept fresh: at an unknown key id, and now and then in any case.

A refresh never keeps anyone waiting but those whose token names a key that is not known yet. There is one at a time, and
one in HUB_JWKS_RETRY_SECONDS at most, however many unknown key ids come in. Where it fails the keys at hand stay in use.
"""

import asyncio
import time
from pathlib import Path
from typing import Final, Protocol

import httpx2
import structlog
from joserfc.jwk import Key

from hub.errors import IdentityUnavailable, SetupError, Unauthenticated
from hub.jwks import BadKeySet, KeySet
from hub.settings import Settings

log = structlog.get_logger(__name__)

FETCH_TIMEOUT_SECONDS = 5
MAX_BYTES: Final = 262_144


class _Unreadable(Exception):
    """HUB_JWKS could not be read; the message says why."""


class _Origin(Protocol):
    async def read(self) -> bytes: ...

    async def close(self) -> None: ...


class PublishedKeys:
    """The keys that HUB_JWKS names; `version` rises each time they change."""

    def __init__(self, jwks: str, settings: Settings) -> None:
        self.version = 0
        self._origin: _Origin = _Url(jwks) if "://" in jwks else _File(Path(jwks))
        self._must_be_readable = isinstance(self._origin, _File)
        self._refresh_seconds = settings.jwks_refresh_seconds
        self._retry_seconds = settings.jwks_retry_seconds
        self._keys: KeySet | None = None
        self._text: bytes | None = None
        self._problem: str | None = None
        self._last_attempt = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None
        self._refresher: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read a file of keys, SetupError where it has none; a URL may answer later."""
        if self._must_be_readable:
            await self._refresh()
            if self._problem is None and not self._keys:
                self._problem = "none of its keys can be trusted; the log says why"
            if self._problem is not None:
                raise SetupError(
                    f"HUB_JWKS: {self._problem}. Name a file with the identity provider's public keys "
                    '({"keys": […]}), or an https:// URL of them.'
                )

    async def start(self) -> None:
        """Begin to keep the keys fresh."""
        self._refresher = asyncio.create_task(self._refresh_for_ever(), name="refresher of HUB_JWKS")

    async def stop(self) -> None:
        """End the refresher and its connections."""
        for task in (self._refresher, self._refreshing):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        await self._origin.close()

    async def find(self, kid: str | None, algorithm: str) -> Key:
        """The key that a token is to be verified with.

        Unauthenticated where the provider has no such key; IdentityUnavailable where that cannot be told now.
        """
        key = self._known(kid, algorithm)
        if key is None and (self._keys is None or (kid is not None and kid not in self._keys.kids)):
            await self._refresh_if_due()
            key = self._known(kid, algorithm)
            if key is None and (self._problem is not None or not self._keys):
                raise IdentityUnavailable
        if key is None:
            raise Unauthenticated("The token is signed with no key of the identity provider; get a new one.")
        return key

    def _known(self, kid: str | None, algorithm: str) -> Key | None:
        return None if self._keys is None else self._keys.find(kid, algorithm)

    async def _refresh_for_ever(self) -> None:
        while True:
            await self._refresh_if_due()
            await asyncio.sleep(self._refresh_seconds if self._problem is None else self._retry_seconds)

    async def _refresh_if_due(self) -> None:
        if self._refreshing is None:
            if time.monotonic() - self._last_attempt < self._retry_seconds:
                return
            self._refreshing = asyncio.create_task(self._refresh(), name="refresh of HUB_JWKS")
        # Whoever waits may give up without ending what the others wait for.
        await asyncio.shield(self._refreshing)

    async def _refresh(self) -> None:
        self._last_attempt = time.monotonic()
        try:
            text = await self._origin.read()
            if text != self._text:
                keys = KeySet.parse(text)
                self._keys, self._text = keys, text
                self.version += 1
                log.info("jwks.changed", kids=sorted(kid for kid in keys.kids if kid is not None), keys=len(keys))
            self._problem = None
        except (_Unreadable, BadKeySet) as error:
            self._problem = str(error)
            log.warning("jwks.refresh_failed", problem=self._problem, keys_in_use=len(self._keys or ()))
        except Exception as error:
            # A bug, but not one that may end the refreshing.
            self._problem = repr(error)
            log.error("jwks.refresh_failed", keys_in_use=len(self._keys or ()), exc_info=error)
        finally:
            self._refreshing = None


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> bytes:
        return await asyncio.to_thread(self._read)

    async def close(self) -> None:
        pass

    def _read(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                text = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise _Unreadable(f"cannot read the file {self._path}: {error.strerror}") from None
        _check_size(text)
        return text


class _Url:
    def __init__(self, url: str) -> None:
        try:
            self._url = httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise SetupError(f"HUB_JWKS: {error}. It must be a file or an https:// URL.") from None
        self._client: httpx2.AsyncClient | None = None

    async def read(self) -> bytes:
        body = bytearray()
        try:
            if self._client is None:
                # In a thread: it reads the machine's certificates.
                self._client = await asyncio.to_thread(self._connect)
            # httpx2's timeouts are for each step: a server that drips would hold on for ever.
            async with asyncio.timeout(FETCH_TIMEOUT_SECONDS), self._client.stream("GET", self._url) as response:
                if response.status_code != 200:
                    raise _Unreadable(f"{self._url.host} answers {response.status_code} where it should have keys")
                async for chunk in response.aiter_raw():
                    body += chunk
                    _check_size(body)
        except (httpx2.HTTPError, TimeoutError, OSError) as error:
            raise _Unreadable(f"{self._url.host} does not answer ({str(error) or type(error).__name__})") from None
        return bytes(body)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    def _connect(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            # Not compressed, so that what is counted is what is read. No redirects: the setting says whom to trust.
            headers={"accept": "application/jwk-set+json, application/json", "accept-encoding": "identity"},
            timeout=FETCH_TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=self._url.scheme == "https",
        )


def _check_size(text: bytes | bytearray) -> None:
    if len(text) > MAX_BYTES:
        raise _Unreadable(f"it has more than {MAX_BYTES} bytes")
