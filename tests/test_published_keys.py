"""The provider's keys stay fresh: they come and go as it says, whoever asks for what, and nobody else waits for it."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from hub import published_keys
from hub.credentials import Credentials, open_token_keys
from hub.errors import IdentityUnavailable, SetupError, Unauthenticated
from hub.settings import Settings, load_settings
from hub.source import Source
from hub.tokens import TokenAuthority
from hub.vocabulary import SourceName
from tests.conftest import STAFF, Dsns, serving, settings_for, until
from tests.identity_provider import ISSUER, IdentityProvider, make_key, published, self_signed, sign

OLD, NEW, OTHER = (make_key("Ed25519", kid) for kid in ("old", "new", "other"))


@pytest.fixture
async def provider() -> AsyncIterator[IdentityProvider]:
    async with IdentityProvider().serving() as serving:
        serving.body = published(OLD)
        yield serving


@contextlib.asynccontextmanager
async def trusting(jwks: str | Path, **overrides: Any) -> AsyncIterator[Credentials]:
    """The credentials of a node that trusts a provider; it needs no database for tokens."""
    values: dict[str, Any] = {"token_issuer": ISSUER, "jwks_retry_seconds": 0.2} | overrides
    settings = Settings(_env_file=None, jwks=str(jwks), **values)  # type: ignore[call-arg]
    directory = Source(SourceName.DIRECTORY, "postgresql:///nowhere", settings)
    credentials = Credentials(settings, await open_token_keys(settings), directory)
    await credentials.start()
    try:
        yield credentials
    finally:
        await credentials.stop()


async def holds(credentials: Credentials, token: str) -> bool:
    """Whether a token is accepted; what cannot be told is an error."""
    try:
        return (await credentials.verify(token)).viewer == STAFF
    except Unauthenticated:
        return False


async def test_keys_come_and_go_as_the_provider_says(provider: IdentityProvider) -> None:
    async with trusting(provider.url, jwks_refresh_seconds=0.3) as credentials:
        old, new = sign(OLD, "Ed25519"), sign(NEW, "Ed25519")
        assert [await holds(credentials, token) for token in (old, new)] == [True, False]
        provider.body = published(OLD, NEW)
        await until(lambda: holds(credentials, new))
        assert await holds(credentials, old), "kept and verified anew alike"
        provider.body = published(NEW)

        async def gone() -> bool:
            return not await holds(credentials, old)

        await until(gone)
        assert await holds(credentials, new)


async def test_an_unknown_key_id_has_the_keys_read_at_once(provider: IdentityProvider) -> None:
    async with trusting(provider.url, jwks_retry_seconds=0.01) as credentials:
        assert await holds(credentials, sign(OLD, "Ed25519"))
        provider.body = published(OLD, NEW)
        await asyncio.sleep(0.02)
        assert await holds(credentials, sign(NEW, "Ed25519"))
        assert len(provider.requests) == 2
        assert await holds(credentials, sign(OLD, "Ed25519", name="Staff"))
        assert len(provider.requests) == 2
        assert "accept-encoding: identity" in provider.requests[0].lower()


async def test_a_flood_of_unknown_key_ids_reads_the_keys_no_oftener(provider: IdentityProvider) -> None:
    async with trusting(provider.url, jwks_retry_seconds=3600) as credentials:
        assert await holds(credentials, sign(OLD, "Ed25519"))
        provider.body = published(OLD, OTHER)
        tokens = [sign(OTHER, "Ed25519", header={"kid": f"unknown-{number}"}) for number in range(300)]
        started = time.perf_counter()
        for _ in range(2):
            answers = await asyncio.gather(*(holds(credentials, token) for token in tokens))
            assert answers == [False] * 300
        assert time.perf_counter() - started < 2, "refused at once"
        assert len(provider.requests) == 1, "the one of the start"


async def test_all_who_wait_wait_for_the_same_read(provider: IdentityProvider) -> None:
    async with trusting(provider.url, jwks_retry_seconds=0.2) as credentials:
        assert await holds(credentials, sign(OLD, "Ed25519"))
        provider.body, provider.delay_seconds = published(OLD, NEW), 0.1
        started = time.monotonic()
        for _ in range(5):
            tokens = [sign(OTHER, "Ed25519", header={"kid": f"unknown-{number}"}) for number in range(20)]
            await asyncio.gather(*(holds(credentials, token) for token in tokens), asyncio.sleep(0.11))
        at_most = 2 + (time.monotonic() - started) / 0.2
        assert 2 <= len(provider.requests) <= at_most
        assert await holds(credentials, sign(NEW, "Ed25519"))


@pytest.mark.parametrize("header", [{}, {"kid": "old"}], ids=["no key id", "a known key id"])
async def test_a_token_that_does_not_fit_a_known_key_has_nothing_read(
    provider: IdentityProvider, header: dict[str, Any]
) -> None:
    async with trusting(provider.url, jwks_retry_seconds=0.01) as credentials:
        assert await holds(credentials, sign(OLD, "Ed25519"))
        await asyncio.sleep(0.02)
        nameless = make_key("ES256", None)
        for key, algorithm in ((nameless, "ES256"), (make_key("Ed25519", None), "Ed25519")):
            assert not await holds(credentials, sign(key, algorithm, header=header))
        assert len(provider.requests) == 1


FAILURES = {
    "an error": {"status": 500},
    "nothing there": {"status": 404},
    "a redirect": {"status": 302, "headers": "location: https://id.example/jwks.json\r\n"},
    "no JSON": {"body": b"<html>"},
    "no key set": {"body": b"[]"},
    "compressed though not asked": {"headers": "content-encoding: gzip\r\n", "body": b"\x1f\x8b\x08\x00"},
    "too much": {"body": b" " * 262_145},
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_while_the_provider_fails_the_keys_at_hand_stay(provider: IdentityProvider, failure: dict[str, Any]) -> None:
    async with trusting(provider.url, jwks_retry_seconds=0.01) as credentials:
        assert await holds(credentials, sign(OLD, "Ed25519"))
        for name, value in failure.items():
            setattr(provider, name, value)
        await asyncio.sleep(0.02)
        with capture_logs() as logs, pytest.raises(IdentityUnavailable):
            await credentials.verify(sign(NEW, "Ed25519"))
        assert [(entry["event"], entry["keys_in_use"]) for entry in logs] == [("jwks.refresh_failed", 1)]
        assert await holds(credentials, sign(OLD, "Ed25519", iat=0))
        provider.status, provider.headers, provider.body = 200, "", published(OLD, NEW)
        await until(lambda: _holds_or_later(credentials, sign(NEW, "Ed25519")))


async def _holds_or_later(credentials: Credentials, token: str) -> bool:
    try:
        return await holds(credentials, token)
    except IdentityUnavailable:
        return False


async def test_a_redirect_is_not_followed(provider: IdentityProvider) -> None:
    async with IdentityProvider().serving() as elsewhere:
        elsewhere.body = published(NEW)
        provider.status, provider.headers = 302, f"location: {elsewhere.url}\r\n"
        async with trusting(provider.url) as credentials:
            with pytest.raises(IdentityUnavailable):
                await credentials.verify(sign(NEW, "Ed25519"))
        assert (len(provider.requests), elsewhere.requests) == (1, [])


async def test_a_provider_proves_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = self_signed(tmp_path / "certificate.pem")
    async with IdentityProvider().serving(certificate=certificate) as provider:
        provider.body = published(OLD)
        with capture_logs() as logs:
            async with trusting(provider.url) as credentials:
                with pytest.raises(IdentityUnavailable):
                    await credentials.verify(sign(OLD, "Ed25519"))
        assert "CERTIFICATE_VERIFY_FAILED" in logs[0]["problem"]
        assert provider.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with trusting(provider.url) as credentials:
            assert await holds(credentials, sign(OLD, "Ed25519"))


async def test_a_slow_provider_delays_only_who_needs_its_answer(
    provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published_keys, "FETCH_TIMEOUT_SECONDS", 0.8)
    async with trusting(provider.url, jwks_retry_seconds=0.01) as credentials:
        assert await holds(credentials, sign(OLD, "Ed25519"))
        provider.delay_seconds = 30
        await asyncio.sleep(0.02)
        waiting = asyncio.create_task(credentials.verify(sign(NEW, "Ed25519")))
        longest, started = 0.0, time.perf_counter()
        while not waiting.done():
            before = time.perf_counter()
            assert await holds(credentials, sign(OLD, "Ed25519", iat=0))
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - before)
        assert 0.5 < time.perf_counter() - started < 5
        assert longest < 0.3
        with pytest.raises(IdentityUnavailable):
            await waiting


async def test_who_gives_up_waiting_does_not_end_it_for_the_others(provider: IdentityProvider) -> None:
    async with trusting(provider.url, jwks_retry_seconds=0.01) as credentials:
        assert await holds(credentials, sign(OLD, "Ed25519"))
        provider.body, provider.delay_seconds = published(OLD, NEW), 0.3
        await asyncio.sleep(0.02)
        impatient = asyncio.create_task(credentials.verify(sign(NEW, "Ed25519")))
        patient = asyncio.create_task(credentials.verify(sign(NEW, "Ed25519", iat=0)))
        await asyncio.sleep(0.1)
        impatient.cancel()
        assert (await patient).viewer == STAFF
        assert len(provider.requests) == 2


async def test_an_emptied_set_ends_the_trust(provider: IdentityProvider) -> None:
    async with trusting(provider.url, jwks_refresh_seconds=0.05, jwks_retry_seconds=0.01) as credentials:
        token = sign(OLD, "Ed25519")
        assert await holds(credentials, token)
        provider.body = b'{"keys": []}'

        async def unavailable() -> bool:
            try:
                await credentials.verify(token)
            except IdentityUnavailable:
                return True
            return False

        await until(unavailable)


async def test_a_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(published(OLD))
    async with trusting(path, jwks_retry_seconds=0.01) as credentials:
        assert [await holds(credentials, sign(key, "Ed25519")) for key in (OLD, NEW)] == [True, False]
        path.write_bytes(published(NEW))
        await until(lambda: holds(credentials, sign(NEW, "Ed25519")))
        assert not await holds(credentials, sign(OLD, "Ed25519"))
        path.unlink()
        await asyncio.sleep(0.02)
        with pytest.raises(IdentityUnavailable):
            await credentials.verify(sign(OTHER, "Ed25519"))
        assert await holds(credentials, sign(NEW, "Ed25519", iat=0))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot read the file"),
        (b"", "it is not JSON"),
        (b"{}", "it is no JWK Set"),
        (b'{"keys": []}', "none of its keys can be trusted"),
        (b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', "none of its keys can be trusted"),
        (b" " * 262_145, "it has more than 262144 bytes"),
    ],
)
async def test_a_file_without_keys_is_told_at_the_start(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "jwks.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SetupError, match=rf"^HUB_JWKS: {problem}.*https://"):
        async with trusting(path):
            pass


@pytest.mark.parametrize(
    "value",
    [
        "http://id.example/jwks.json",
        "http://127.0.0.1.example/jwks.json",
        "http://2130706433/jwks.json",
        "ftp://id.example/jwks.json",
        "https://",
        "https://user:hunter2@id.example/jwks.json",
        "https://[::1/jwks.json",
    ],
)
def test_urls_that_cannot_be_trusted(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HUB_JWKS", value)
    with pytest.raises(SetupError, match=r"  HUB_JWKS: \S") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("value", ["https://id.example/jwks", "http://localhost:1/k", "http://[::1]/k", "keys/jwks.json"])
def test_urls_and_files_that_can(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HUB_JWKS", value)
    assert load_settings().jwks == value


async def test_a_node_starts_without_the_provider_and_trusts_no_key_of_its_own(
    source_dsns: Dsns, tmp_path: Path, provider: IdentityProvider
) -> None:
    settings = settings_for(source_dsns, tmp_path)
    own = TokenAuthority(settings).mint(STAFF, valid_seconds=600)
    (tmp_path / "signing-key.json").unlink()
    provider.status = 503
    settings = settings_for(source_dsns, tmp_path, jwks=provider.url, token_issuer=ISSUER, jwks_retry_seconds=0.1)
    async with serving(settings) as base, httpx2.AsyncClient(base_url=base) as client:

        async def answer(token: str) -> tuple[int, Any]:
            headers = {"authorization": f"Bearer {token}"}
            response = await client.post("/graphql", json={"query": "{ viewer { name } }"}, headers=headers)
            body = response.json()
            return response.status_code, body.get("data") or [error["extensions"]["code"] for error in body["errors"]]

        good = sign(OLD, "Ed25519")
        assert await answer(good) == (503, ["IDENTITY_UNAVAILABLE"])
        provider.status = 200

        async def accepted() -> bool:
            return await answer(good) == (200, {"viewer": {"name": "Staff"}})

        await until(accepted)
        assert (await answer(own))[0] == 401
    assert not (tmp_path / "signing-key.json").exists()


@pytest.mark.parametrize("command", [["token", "staff"], ["token", "crm", "UGFydG5lcjox"], ["demo"]])
async def test_with_a_provider_the_hub_mints_nothing(tmp_path: Path, provider: IdentityProvider, command: list[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub",
        *command,
        env={"HUB_JWKS": provider.url, "HUB_DATA_DIR": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, out) == (2, b"")
    assert err.decode().startswith("HUB_JWKS is set, so tokens come from your identity provider")
    assert os.listdir(tmp_path) == [], "nothing was made, no database was started"
    assert provider.requests == []
