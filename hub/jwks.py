"""A set of public keys that tokens are verified with (JWK Set, RFC 7517): which of its keys are trusted, and for what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.util import base64_to_int

log = structlog.get_logger(__name__)

ALGORITHMS: Final[dict[str, tuple[str, str | None]]] = {
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    **dict.fromkeys(("PS256", "PS384", "PS512", "RS256", "RS384", "RS512"), ("RSA", None)),
}
"""The algorithms that a token may be signed with, all asymmetric, and the type and curve of the key that each takes."""

RSA_BITS: Final = range(2048, 8193)
"""How long an RSA modulus may be: shorter ones can be broken, longer ones make verifying slow."""

_KEY_CLASSES: Final[dict[str, type[ECKey] | type[OKPKey] | type[RSAKey]]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
_PUBLIC_MEMBERS: Final = {"EC": ("crv", "x", "y"), "OKP": ("crv", "x"), "RSA": ("n", "e")}
_SECRET_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})


class BadKeySet(Exception):
    """What was read is no JWK Set; the message says why."""


class _Untrusted(Exception):
    """A key of the set is not to be trusted; the message says why."""


@dataclass(frozen=True, slots=True)
class _TrustedKey:
    kid: str | None
    algorithms: frozenset[str]
    key: Key


class KeySet:
    """The keys of one JWK Set that can be trusted."""

    def __init__(self, keys: tuple[_TrustedKey, ...]) -> None:
        self._keys = keys
        self.kids = frozenset(key.kid for key in keys)

    @classmethod
    def of(cls, key: OKPKey) -> "KeySet":
        """The set of one key of the hub's own."""
        return cls((_trusted(key.as_dict(private=False)),))

    @classmethod
    def parse(cls, text: bytes) -> "KeySet":
        """The set in this JSON; keys that cannot be trusted are left out and logged. BadKeySet where it is no JWK Set."""
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise BadKeySet("it is not JSON") from None
        members = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(members, list):
            raise BadKeySet('it is no JWK Set: that is an object with a list "keys"')
        return cls(tuple(_all_trusted(members)))

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key that a token names and that fits its algorithm; for a token that names none, the only key that fits."""
        fitting = [key for key in self._keys if algorithm in key.algorithms and (kid is None or key.kid == kid)]
        return fitting[0].key if len(fitting) == 1 else None


def _all_trusted(members: list[Any]) -> Iterator[_TrustedKey]:
    for member in members:
        try:
            yield _trusted(member)
        except _Untrusted as reason:
            kid = member.get("kid") if isinstance(member, dict) else None
            log.warning("jwks.key_not_trusted", kid=kid if isinstance(kid, str) else None, reason=str(reason))


def _trusted(member: Mapping[str, Any]) -> _TrustedKey:
    if not isinstance(member, dict):
        raise _Untrusted("it is no object")
    if _SECRET_MEMBERS & member.keys():
        raise _Untrusted("it is a private or symmetric key: whoever can read the set can sign with it")
    key_type, curve, kid = member.get("kty"), member.get("crv"), member.get("kid")
    if not isinstance(kid, str | None):
        raise _Untrusted("its kid is no string")
    operations = member.get("key_ops", ["verify"])
    if member.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise _Untrusted("it is not for verifying signatures")
    algorithms = {name for name, needs in ALGORITHMS.items() if needs in ((key_type, curve), (key_type, None))}
    if "alg" in member:
        algorithms &= {member["alg"]} if isinstance(member["alg"], str) else set()
    if not algorithms or not isinstance(key_type, str):
        raise _Untrusted("its type, curve and algorithm fit none that tokens may be signed with")
    try:
        if key_type == "RSA" and base64_to_int(member["n"]).bit_length() not in RSA_BITS:
            raise _Untrusted(f"its modulus has not {RSA_BITS.start} to {RSA_BITS.stop - 1} bits")
        public = {"kty": key_type} | {name: member[name] for name in _PUBLIC_MEMBERS[key_type]}
        key = _KEY_CLASSES[key_type].import_key(public)
        key.public_key  # noqa: B018  # made when first asked for: better now than at a token
    except (ValueError, TypeError, KeyError, JoseError):
        raise _Untrusted("its values make no key") from None
    return _TrustedKey(kid, frozenset(algorithms), key)
