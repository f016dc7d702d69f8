"""Verifies JWTs (RFC 8725, RFC 9068): the key is chosen by the hub's own list of algorithms, never by what a token brings."""

from typing import Any, Final, Protocol

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry
from joserfc.util import to_bytes

from hub.errors import Unauthenticated
from hub.jwks import ALGORITHMS
from hub.settings import Settings
from hub.viewer import SCOPES, Verified, Viewer, ViewerKind, narrowed

LEEWAY_SECONDS: Final = 30
"""How far the clocks of the hub and of whoever signs may be apart."""

# What a token of this kind may call itself; another type is a token made for something else.
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_LARGEST_ID: Final = 2**63 - 1


class TokenKeys(Protocol):
    """Where the keys come from; `version` changes when a key may have gone."""

    @property
    def version(self) -> int: ...

    async def find(self, kid: str | None, algorithm: str) -> Key:
        """The key with this id that fits the algorithm; Unauthenticated where there is none, IdentityUnavailable."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class AccessTokenRegistry(JWSRegistry):
    """The algorithms of the hub's list and no other.

    joserfc warns of the name EdDSA at each use, which providers still give to Ed25519. Headers that it does not know are
    left alone, as RFC 7515 has it.
    """

    max_signature_length = 1366  # of an RSA key of 8192 bits

    def __init__(self) -> None:
        super().__init__(algorithms=list(ALGORITHMS), strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


class TokenVerifier:
    """Says whose a token is."""

    def __init__(self, settings: Settings, keys: TokenKeys) -> None:
        self._keys = keys
        self._registry = AccessTokenRegistry()
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": settings.token_issuer},
            aud={"essential": True, "value": settings.token_audience},
            exp={"essential": True},
        )

    @property
    def version(self) -> int:
        """What was verified under another version must be verified again: its key may be gone."""
        return self._keys.version

    async def verify(self, token: str) -> Verified:
        """Whose a token is; Unauthenticated, saying why, where it does not hold; IdentityUnavailable where nobody can tell."""
        try:
            signed = jws.extract_compact(to_bytes(token), registry=self._registry)
            algorithm, kid = _read_header(signed.headers())
            key = await self._keys.find(kid, algorithm)
            if not jws.validate_compact(signed, key, registry=self._registry):
                raise Unauthenticated("The token's signature does not hold; get a new one.")
            claims = orjson.loads(signed.payload)
            if not isinstance(claims, dict):
                raise Unauthenticated("The token's claims are no object.")
            self._claims.validate(claims)
        except JoseError as error:
            raise Unauthenticated(f"The token does not hold ({error.error}); get a new one.") from None
        except (ValueError, TypeError, RecursionError):
            raise Unauthenticated("The token is no JSON Web Token.") from None
        return Verified(_viewer(claims), float(claims["exp"]))


def _read_header(header: Any) -> tuple[str, str | None]:
    """A token's algorithm and key id. `jwk`, `jku`, `x5u`, `x5c` are not read: a token cannot bring its own key."""
    if not isinstance(header, dict):
        raise Unauthenticated("The token's header is no object.")
    algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise Unauthenticated(f"The token's alg must be one of {', '.join(ALGORITHMS)}.")
    if "crit" in header:
        raise Unauthenticated("The token's header has `crit`: the hub knows no extension.")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise Unauthenticated("The token's typ is none of an access token's: at+jwt, JWT.")
    if not isinstance(kid, str | None):
        raise Unauthenticated("The token's kid is no string.")
    return algorithm, kid


def _viewer(claims: dict[str, Any]) -> Viewer:
    try:
        kind = ViewerKind(claims.get("kind"))
    except ValueError:
        raise Unauthenticated("The token's claim `kind` is none of staff, person, crm, reporting.") from None
    partner_id, member_id = claims.get("partner_id"), claims.get("member_id")
    is_of_firm = kind in (ViewerKind.PERSON, ViewerKind.CRM)
    if not _fits(partner_id, is_of_firm) or not _fits(member_id, kind is ViewerKind.PERSON):
        raise Unauthenticated("The token's claims partner_id and member_id do not fit its kind.")
    client = claims.get("client_id", claims.get("azp"))
    scope = claims.get("scope")
    if not isinstance(client, str | None) or not isinstance(scope, str | None):
        raise Unauthenticated("The token's claims client_id, azp and scope must be strings.")
    scopes = SCOPES[kind] if scope is None else narrowed(kind, scope.split())
    return Viewer(kind, str(claims.get("name") or kind.value), partner_id, member_id, scopes, client or None)


def _fits(id: object, needed: bool) -> bool:
    return type(id) is int and 0 < id <= _LARGEST_ID if needed else id is None
