"""What was verified is kept, within bounds, and no longer than it holds."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub import credentials as module
from hub.credentials import Credentials, open_token_keys
from hub.errors import Unauthenticated
from hub.settings import Settings
from hub.source import Source
from hub.token_verification import TokenVerifier
from hub.tokens import TokenAuthority
from hub.viewer import Verified, Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import STAFF, until


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path)  # type: ignore[call-arg]


@pytest.fixture
async def credentials(settings: Settings) -> AsyncIterator[Credentials]:
    """Those of a node without a database, which tokens do not need."""
    directory = Source(SourceName.DIRECTORY, "postgresql:///nowhere", settings)
    credentials = Credentials(settings, await open_token_keys(settings), directory)
    await credentials.start()
    yield credentials
    await credentials.stop()


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was verified."""
    tokens: list[str] = []
    verify = TokenVerifier.verify

    async def noted(self: TokenVerifier, token: str) -> Verified:
        tokens.append(token)
        return await verify(self, token)

    monkeypatch.setattr(TokenVerifier, "verify", noted)
    return tokens


async def test_a_token_is_verified_once(settings: Settings, credentials: Credentials, verified: list[str]) -> None:
    tokens = [TokenAuthority(settings).mint(Viewer(ViewerKind.STAFF, name), valid_seconds=60) for name in "ab"]
    for _ in range(3):
        assert [(await credentials.verify(token)).viewer.name for token in tokens] == ["a", "b"]
    assert verified == tokens


async def test_what_is_refused_is_not_kept(settings: Settings, credentials: Credentials, verified: list[str]) -> None:
    token = TokenAuthority(settings).mint(STAFF, valid_seconds=-60)
    for _ in range(2):
        with pytest.raises(Unauthenticated, match="expired_token"):
            await credentials.verify(token)
    assert verified == [token, token]


async def test_what_is_kept_is_bounded_and_the_oldest_goes(
    settings: Settings, credentials: Credentials, verified: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 2)
    a, b, c = [TokenAuthority(settings).mint(Viewer(ViewerKind.STAFF, name), valid_seconds=60) for name in "abc"]
    for token in (a, b, a, c, a, b):
        await credentials.verify(token)
    assert verified == [a, b, c, b]


async def test_what_is_kept_ends_with_the_leeway_and_no_later(settings: Settings, credentials: Credentials) -> None:
    # Ended 29 seconds ago, that is within the leeway for one second yet.
    token = TokenAuthority(settings).mint(STAFF, valid_seconds=-29)
    kept = await credentials.verify(token)
    assert kept.expires_at_seconds is not None
    assert await credentials.verify(token) is kept

    async def ended() -> bool:
        try:
            await credentials.verify(token)
        except Unauthenticated:
            return True
        return False

    await until(ended, timeout_seconds=5)
    assert time.time() >= kept.expires_at_seconds + 30


@pytest.mark.parametrize("bearer", ["パートナー", "hub_\u00e9", "\udcff", "", "hub_", "Bearer x", "x" * 100_000])
async def test_what_is_neither_a_key_nor_a_token(credentials: Credentials, bearer: str) -> None:
    with pytest.raises(Unauthenticated):
        await credentials.verify(bearer)
