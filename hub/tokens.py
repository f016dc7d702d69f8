"""The hub's own tokens, where no identity provider is set: the signing key in the data directory, and minting with it."""

import contextlib
import os
import time
from pathlib import Path

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, OKPKey

from hub.errors import SetupError, Unauthenticated
from hub.jwks import KeySet
from hub.settings import Settings
from hub.viewer import SCOPES, Viewer

ALGORITHM = "Ed25519"


class TokenAuthority:
    """Mints JWTs signed with the key in the data directory, which is made at the first use.

    SetupError where HUB_JWKS is set: then tokens come from the identity provider, and such a key would be a second way in.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.jwks is not None:
            raise SetupError(
                "HUB_JWKS is set, so tokens come from your identity provider and the hub mints none. "
                "Get one there, or unset HUB_JWKS; for machines make an API key: python -m hub keys create."
            )
        self._issuer = settings.token_issuer
        self._audience = settings.token_audience
        self._key = _load_or_make_key(settings.data_dir / "signing-key.json")
        self._keys = KeySet.of(self._key)
        self.version = 0

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
            "scope": None if viewer.scopes == SCOPES[viewer.kind] else " ".join(viewer.scopes),
            "client_id": viewer.client,
        }
        header = {"alg": ALGORITHM, "kid": self._key.kid}
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(header, present, self._key, algorithms=[ALGORITHM])

    async def find(self, kid: str | None, algorithm: str) -> Key:
        """The hub's own key, for a token that names it or none; Unauthenticated for another."""
        key = self._keys.find(kid, algorithm)
        if key is None:
            raise Unauthenticated("The token is not signed with this hub's key; get a new one.")
        return key

    async def start(self) -> None:
        """Nothing: the key stays as it is."""

    async def stop(self) -> None:
        """Nothing."""


def bearer_token(authorization: str | None) -> str:
    """The token of an Authorization header; Unauthenticated where there is none."""
    if authorization is None:
        raise Unauthenticated("No credentials. Send the header: Authorization: Bearer <token>.")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("The Authorization header must be: Bearer <token>.")
    return token.strip()


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
