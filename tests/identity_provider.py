"""An identity provider for tests: it publishes its keys over HTTP on a real socket, counts who asks, and signs tokens."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode

from hub.jwks import ALGORITHMS

ISSUER, AUDIENCE = "https://id.example", "partner-hub"


def make_key(algorithm: str, kid: str | None, *, bits: int = 2048, **members: str) -> Key:
    """A key pair for an algorithm; only what is given is said about it in the set."""
    key_type, curve = ALGORITHMS[algorithm]
    parameters: Any = {**({} if kid is None else {"kid": kid}), **members}
    if key_type == "RSA":
        return RSAKey.generate_key(bits, parameters)
    maker: Any = ECKey if key_type == "EC" else OKPKey
    key: Key = maker.generate_key(curve, parameters)
    return key


def claims(**changed: Any) -> dict[str, Any]:
    """Claims of the programme's staff that hold, but for what is changed."""
    return {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 600, "kind": "staff", "name": "Staff"} | changed


def sign(key: Key, algorithm: str, *, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """A token signed by a key, which is named where it has a name."""
    named = {} if key.get("kid") is None else {"kid": key.get("kid")}
    parts = [{"alg": algorithm, **named, **(header or {})}, claims(**changed)]
    signing_input = b".".join(urlsafe_b64encode(orjson.dumps(part)) for part in parts)
    signature = JWSRegistry.algorithms[algorithm].sign(signing_input, key)
    return (signing_input + b"." + urlsafe_b64encode(signature)).decode()


def sign_with_secret(secret: bytes, algorithm: str, kid: str) -> str:
    """A token under a shared secret, which may be anything; joserfc would not take a public key for one."""
    key = OctKey(secret, secret)
    return sign(key, algorithm, header={"kid": kid})


def published(*keys: Key) -> bytes:
    """The set of these keys as a provider shows it."""
    return orjson.dumps({"keys": [key.as_dict(private=False) for key in keys]})


def self_signed(path: Path) -> Path:
    """A certificate of localhost that nobody vouches for, with its key, in a file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path


class IdentityProvider:
    """The HTTP side. `body` is the answer; `status`, `headers` and `delay_seconds` make it another."""

    def __init__(self) -> None:
        self.body = b'{"keys": []}'
        self.status = 200
        self.headers = ""
        self.delay_seconds = 0.0
        self.requests: list[str] = []
        self.url = ""
        self._answering: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def serving(self, *, certificate: Path | None = None) -> AsyncIterator["IdentityProvider"]:
        """Answer at `url` until left; by TLS with a certificate."""
        tls = None
        if certificate is not None:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(certificate)
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/jwks.json" if tls is None else f"https://localhost:{port}/jwks.json"
        try:
            yield self
        finally:
            server.close()
            for task in self._answering:
                task.cancel()
            await asyncio.gather(*self._answering, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._answering.add(task)
        try:
            self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
            await asyncio.sleep(self.delay_seconds)
            head = f"HTTP/1.1 {self.status} Whatever\r\ncontent-length: {len(self.body)}\r\n{self.headers}"
            writer.write(f"{head}connection: close\r\n\r\n".encode() + self.body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self._answering.discard(task)
