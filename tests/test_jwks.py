"""Which keys of a provider are trusted, and that a token chooses neither its algorithm nor its key."""

import asyncio
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey, Key, OctKey, OKPKey
from structlog.testing import capture_logs

from hub.errors import Unauthenticated
from hub.jwks import ALGORITHMS, BadKeySet, KeySet
from hub.published_keys import PublishedKeys
from hub.settings import Settings
from hub.token_verification import TokenVerifier
from hub.viewer import Verified
from tests.conftest import STAFF
from tests.identity_provider import ISSUER, IdentityProvider, claims, make_key, published, sign, sign_with_secret


@cache
def key_for(algorithm: str) -> Key:
    """A key pair for an algorithm, the same for all tests: RSA keys take long to make."""
    return make_key(algorithm, f"key-of-{algorithm}", alg=algorithm, use="sig")


def settings_with(jwks: Path | str, **overrides: Any) -> Settings:
    """Settings that trust a provider."""
    return Settings(_env_file=None, jwks=str(jwks), token_issuer=ISSUER, **overrides)  # type: ignore[call-arg]


async def verifier_of(path: Path, body: bytes) -> TokenVerifier:
    """A verifier that trusts a file with this in it."""
    await asyncio.to_thread(path.write_bytes, body)
    settings = settings_with(path)
    keys = PublishedKeys(str(path), settings)
    await keys.open()
    return TokenVerifier(settings, keys)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "jwks.json"


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
async def test_every_algorithm_of_the_list_verifies(file: Path, algorithm: str) -> None:
    key = key_for(algorithm)
    verifier = await verifier_of(file, published(key, key_for("ES256")) if algorithm != "ES256" else published(key))
    assert (await verifier.verify(sign(key, algorithm))).viewer == STAFF
    head, body, signature = sign(key, algorithm).split(".")
    spoilt = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    for bad in (f"{head}.{body}.{spoilt}", f"{head}.{body}.", f"{head}.{body}.{'A' * len(signature)}"):
        with pytest.raises(Unauthenticated):
            await verifier.verify(bad)


def test_the_list_has_asymmetric_algorithms_alone() -> None:
    assert {"HS256", "HS384", "HS512", "none", "ES256K", "Ed448"}.isdisjoint(ALGORITHMS)
    assert {key_type for key_type, _ in ALGORITHMS.values()} == {"EC", "OKP", "RSA"}


async def test_the_public_key_is_no_shared_secret(file: Path) -> None:
    rsa = key_for("RS256")
    verifier = await verifier_of(file, published(rsa))
    assert not isinstance(rsa, OctKey)
    secrets = [
        rsa.as_pem(private=False),
        rsa.as_pem(private=False).rstrip(),
        rsa.as_der(private=False),
        orjson.dumps(rsa.as_dict(private=False)),
        published(rsa),
        str(rsa.as_dict(private=False)["n"]).encode(),
    ]
    for algorithm in ("HS256", "HS384", "HS512"):
        for secret in secrets:
            token = sign_with_secret(secret, algorithm, "key-of-RS256")
            with pytest.raises(Unauthenticated, match="alg must be one of"):
                await verifier.verify(token)


async def test_a_token_is_signed_in_the_way_of_its_key(file: Path) -> None:
    whole = [key_for(algorithm) for algorithm in ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")]
    verifier = await verifier_of(file, published(*whole))
    for key in whole:
        for algorithm in ALGORITHMS:
            needs, curve = ALGORITHMS[algorithm]
            if algorithm == key.get("alg") or needs != key.key_type or curve not in (None, key.get("crv")):
                continue
            # The same key pair signs well, but in another way than the provider says of it.
            free = type(key).import_key({k: v for k, v in key.as_dict(private=True).items() if k != "alg"})
            with pytest.raises(Unauthenticated, match="signed with no key"):
                await verifier.verify(sign(free, algorithm))


async def test_a_token_that_names_the_key_of_another_algorithm(file: Path) -> None:
    keys = {algorithm: make_key(algorithm, "same" if algorithm != "ES256" else "other") for algorithm in ("Ed25519", "ES256")}
    verifier = await verifier_of(file, published(*keys.values()))
    with pytest.raises(Unauthenticated, match="signed with no key"):
        await verifier.verify(sign(keys["ES256"], "ES256", header={"kid": "same"}))
    with pytest.raises(Unauthenticated, match="signed with no key"):
        await verifier.verify(sign(keys["Ed25519"], "Ed25519", header={"kid": "other"}))


async def test_a_token_brings_no_key_of_its_own(file: Path) -> None:
    verifier = await verifier_of(file, published(key_for("ES256")))
    own = make_key("ES256", "key-of-ES256")
    async with IdentityProvider().serving() as provider:
        provider.body = published(own)
        brought: list[dict[str, Any]] = [
            {"jwk": own.as_dict(private=False)},
            {"jku": provider.url},
            {"x5u": provider.url},
            {"x5c": ["MIIB"]},
            {"jwk": own.as_dict(private=False), "kid": "unknown"},
        ]
        for header in brought:
            with pytest.raises(Unauthenticated):
                await verifier.verify(sign(own, "ES256", header=header))
        assert provider.requests == []
    # Beside a signature that holds, what it brings is left alone.
    token = sign(key_for("ES256"), "ES256", header={"jku": "https://elsewhere.example/jwks.json"})
    assert (await verifier.verify(token)).viewer == STAFF


async def test_extensions_that_must_be_understood_are_refused(file: Path) -> None:
    key = key_for("ES256")
    verifier = await verifier_of(file, published(key))
    headers: list[dict[str, Any]] = [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},
        {"crit": []},
        {"crit": "exp"},
        {"crit": 7},
        {"b64": False},
    ]
    for header in headers:
        with pytest.raises(Unauthenticated):
            await verifier.verify(sign(key, "ES256", header=header))


async def test_a_token_without_a_key_id_is_tried_where_one_key_fits(file: Path) -> None:
    nameless, named = make_key("ES256", None), make_key("Ed25519", "named")
    token = sign(nameless, "ES256")
    assert (await (await verifier_of(file, published(nameless, named))).verify(token)).viewer == STAFF
    ambiguous = await verifier_of(file, published(nameless, named, make_key("ES256", "other")))
    with pytest.raises(Unauthenticated, match="signed with no key"):
        await ambiguous.verify(token)
    without = await verifier_of(file, published(named))
    with pytest.raises(Unauthenticated, match="signed with no key"):
        await without.verify(token)


def _untrusted() -> dict[str, dict[str, Any]]:
    def public(key: Key, **changed: Any) -> dict[str, Any]:
        return {name: value for name, value in (key.as_dict(private=False) | changed).items() if value is not None}

    ec, rsa = make_key("ES256", "bad"), key_for("RS256")
    small = 2**1023 + 1
    return {
        "private EC": dict(ec.as_dict(private=True)),
        "private RSA": {**rsa.as_dict(private=True), "kid": "bad"},
        "symmetric": {"kty": "oct", "kid": "bad", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"},
        "symmetric for an asymmetric algorithm": {"kty": "oct", "kid": "bad", "alg": "ES256", "k": "c2VjcmV0"},
        "for encryption": public(ec, use="enc"),
        "not for verifying": public(ec, key_ops=["sign"]),
        "of an algorithm that is not on the list": public(ec, alg="ES256K"),
        "of an algorithm that is no string": public(ec, alg=["ES256"]),
        "of another key's algorithm": public(ec, alg="RS256"),
        "RSA of 1024 bits": public(rsa, kid="bad", n=_base64(small)),
        "RSA of 16384 bits": public(rsa, kid="bad", n=_base64(2**16383 + 1)),
        "X25519": public(OKPKey.generate_key("X25519"), kid="bad"),
        "Ed448": public(OKPKey.generate_key("Ed448"), kid="bad"),
        "secp256k1": public(ec, crv="secp256k1"),
        "off the curve": public(ec, y=str(ec.as_dict()["x"])),
        "without a coordinate": public(ec, y=None),
        "a coordinate that is no string": public(ec, x=7),
        "not base64": public(ec, x="+/="),
        "an even exponent": public(rsa, kid="bad", e="Ag"),
        "a kid that is no string": public(ec, kid=7),
        "a kty that is no string": public(ec, kty=["EC"]),
        "an unknown type": {"kty": "AKP", "kid": "bad", "alg": "ML-DSA-44", "pub": "AAAA"},
        "use that is no string": public(ec, use=["sig"]),
        "key_ops that is no list": public(ec, key_ops=7),
    }


def _base64(number: int) -> str:
    from joserfc.util import int_to_base64

    return int_to_base64(number)


UNTRUSTED = _untrusted()


@pytest.mark.parametrize(("what", "member"), UNTRUSTED.items(), ids=UNTRUSTED.keys())
def test_keys_that_are_not_trusted_are_left_out_and_told(what: str, member: dict[str, Any]) -> None:
    good = key_for("Ed25519")
    with capture_logs() as logs:
        keys = KeySet.parse(orjson.dumps({"keys": [member, good.as_dict(private=False)]}))
    assert keys.kids == {"key-of-Ed25519"}, what
    assert [(entry["event"], entry["kid"]) for entry in logs] == [
        ("jwks.key_not_trusted", "bad" if member.get("kid") == "bad" else None)
    ]
    for secret in ("d", "k", "p"):
        assert str(member.get(secret, "nothing")) not in str(logs)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"keys": {}}', b'{"keys": null}', b"\xff"])
def test_what_is_no_key_set(body: bytes) -> None:
    with pytest.raises(BadKeySet):
        KeySet.parse(body)


@pytest.mark.parametrize("member", [7, None, [], "key"])
def test_what_is_no_key(member: Any) -> None:
    with capture_logs() as logs:
        assert len(KeySet.parse(orjson.dumps({"keys": [member]}))) == 0
    assert [entry["event"] for entry in logs] == ["jwks.key_not_trusted"]


async def test_a_key_of_1024_bits_signs_for_nobody(file: Path) -> None:
    with pytest.warns(match="Key size should be >= 2048 bits"):
        weak = make_key("RS256", "weak", bits=1024)
    verifier = await verifier_of(file, published(weak, key_for("ES256")))
    with pytest.raises(Unauthenticated, match="signed with no key"):
        await verifier.verify(sign(weak, "RS256"))


async def test_the_claims_are_those_of_the_provider(file: Path) -> None:
    key = key_for("ES256")
    verifier = await verifier_of(file, published(key))
    end = claims()["exp"]
    assert await verifier.verify(sign(key, "ES256", exp=end)) == Verified(STAFF, end)
    for changed in ({"iss": "partner-hub"}, {"aud": "other"}, {"exp": end - 700}, {"nbf": end}, {"iat": end}):
        with pytest.raises(Unauthenticated):
            await verifier.verify(sign(key, "ES256", **changed))


async def test_curves_are_not_mixed_up(file: Path) -> None:
    p384 = ECKey.generate_key("P-384", {"kid": "p384"})
    verifier = await verifier_of(file, published(p384))
    assert (await verifier.verify(sign(p384, "ES384"))).viewer == STAFF
    with pytest.raises(Unauthenticated, match="signed with no key"):
        await verifier.verify(sign(make_key("ES256", "p384"), "ES256"))
