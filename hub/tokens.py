"""Tokens: the hub's own signing key, minting for the demo and for services, and verifying what a request brings."""

import contextlib
import os
import time
from pathlib import Path
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from hub.errors import SetupError, Unauthenticated
from hub.settings import Settings
from hub.viewer import Viewer, ViewerKind

ALGORITHM = "Ed25519"
LEEWAY_SECONDS = 30


class TokenAuthority:
    """Mints and verifies JWTs signed with the key in the data directory, which is made at the first use."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.token_issuer
        self._audience = settings.token_audience
        self._key = _load_or_make_key(settings.data_dir / "signing-key.json")
        self._keys = KeySet([self._key])
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
        )

    def mint(self, viewer: Viewer, *, valid_seconds: int) -> str:
        """A token that says who the viewer is, for so long."""
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": f"{viewer.kind.value}:{viewer.member_id or viewer.partner_id or viewer.name}",
            "iat": now,
            "exp": now + valid_seconds,
            "kind": viewer.kind.value,
            "name": viewer.name,
            "partner_id": viewer.partner_id,
            "member_id": viewer.member_id,
        }
        header = {"alg": ALGORITHM, "kid": self._key.kid}
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(header, present, self._key, algorithms=[ALGORITHM])

    def verify(self, token: str) -> Viewer:
        """Who a token says is calling; Unauthenticated, saying why, where it does not hold."""
        try:
            claims = jwt.decode(token, self._keys, algorithms=[ALGORITHM]).claims
            self._claims.validate(claims)
        except JoseError as error:
            raise Unauthenticated(f"The token does not hold ({error.error}); get a new one.") from None
        except (ValueError, TypeError, UnicodeError):
            raise Unauthenticated("The token is no JSON Web Token.") from None
        return _viewer(claims)


def bearer_token(authorization: str | None) -> str:
    """The token of an Authorization header; Unauthenticated where there is none."""
    if authorization is None:
        raise Unauthenticated("No credentials. Send the header: Authorization: Bearer <token>.")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("The Authorization header must be: Bearer <token>.")
    return token.strip()


def _viewer(claims: dict[str, Any]) -> Viewer:
    try:
        kind = ViewerKind(claims.get("kind"))
    except ValueError:
        raise Unauthenticated("The token's claim `kind` is none of staff, person, crm, reporting.") from None
    partner_id, member_id = claims.get("partner_id"), claims.get("member_id")
    needs_partner = kind in (ViewerKind.PERSON, ViewerKind.CRM)
    if needs_partner != isinstance(partner_id, int) or (kind is ViewerKind.PERSON) != isinstance(member_id, int):
        raise Unauthenticated("The token's claims partner_id and member_id do not fit its kind.")
    return Viewer(kind, str(claims.get("name") or kind.value), partner_id, member_id)


def _load_or_make_key(path: Path) -> OKPKey:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes may start at once: only one makes the file, complete from the start, and both read it.
        if not path.exists():
            key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
            draft = path.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
                file.write(orjson.dumps(key.as_dict(private=True)))
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return OKPKey.import_key(orjson.loads(path.read_bytes()))
    except OSError as error:
        raise SetupError(f"HUB_DATA_DIR: cannot keep the signing key at {path}: {error.strerror}.") from error
    except (ValueError, JoseError) as error:
        raise SetupError(f"The signing key {path} is damaged; remove it to have a new one made.") from error
