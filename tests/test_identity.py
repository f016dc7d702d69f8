"""Who the token says: verified, told apart by kind, and refused with a reason where it does not hold."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from hub.errors import SetupError, Unauthenticated
from hub.settings import Settings
from hub.token_verification import TokenVerifier
from hub.tokens import ALGORITHM, TokenAuthority, bearer_token
from hub.viewer import SCOPES, Verified, Viewer, ViewerKind
from tests.conftest import STAFF, Http

VIEWERS = [
    STAFF,
    Viewer(ViewerKind.PERSON, "山田 花子", partner_id=1, member_id=2),
    Viewer(ViewerKind.CRM, "CRM", partner_id=1),
    Viewer(ViewerKind.CRM, "CRM", partner_id=1, scopes=("partner", "read", "events"), client="nightly-import"),
    Viewer(ViewerKind.REPORTING, "Reports"),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path)  # type: ignore[call-arg]


@pytest.fixture
def verifier(settings: Settings) -> TokenVerifier:
    return TokenVerifier(settings, TokenAuthority(settings))


def own_key(settings: Settings) -> OKPKey:
    """The key that the hub signs with."""
    TokenAuthority(settings)
    return OKPKey.import_key(orjson.loads((settings.data_dir / "signing-key.json").read_bytes()))


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: f"{viewer.kind.value} {viewer.client}")
async def test_a_token_says_who_it_was_minted_for(settings: Settings, verifier: TokenVerifier, viewer: Viewer) -> None:
    before = int(time.time())
    verified = await verifier.verify(TokenAuthority(settings).mint(viewer, valid_seconds=60))
    assert verified == Verified(viewer, verified.expires_at_seconds)
    assert verified.expires_at_seconds is not None
    assert before + 60 <= verified.expires_at_seconds <= time.time() + 60
    assert (settings.data_dir / "signing-key.json").stat().st_mode & 0o777 == 0o600


def claims(**changed: Any) -> dict[str, Any]:
    """Claims that hold, but for what is changed; None leaves one out, `after` gives a time."""
    now = int(time.time())
    whole = {"iss": "partner-hub", "aud": "partner-hub", "exp": now + 60, "kind": "staff", "name": "Staff"} | changed
    return {name: value(now) if callable(value) else value for name, value in whole.items() if value is not None}


def signed(settings: Settings, claims: Any, **header: Any) -> str:
    """A token signed with the hub's own key, whatever it says."""
    key = own_key(settings)
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, **header}, claims, key, algorithms=[ALGORITHM])


def after(seconds: float) -> Callable[[int], float]:
    """A time that long after now, when the test runs."""
    return lambda now: now + seconds


INFINITE = float("inf")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": after(-31)}, "expired_token"),
        ({"exp": None}, "missing_claim"),
        ({"exp": "tomorrow"}, "invalid_claim"),
        ({"exp": True}, "invalid_claim"),
        ({"exp": INFINITE}, "no JSON Web Token"),
        ({"nbf": after(3600)}, "invalid_claim"),
        ({"iat": after(3600)}, "invalid_claim"),
        ({"iss": "elsewhere"}, "invalid_claim"),
        ({"iss": ["partner-hub"]}, "invalid_claim"),
        ({"iss": None}, "missing_claim"),
        ({"aud": "elsewhere"}, "invalid_claim"),
        ({"aud": ["elsewhere", "anywhere"]}, "invalid_claim"),
        ({"aud": None}, "missing_claim"),
        ({"kind": "admin"}, "claim `kind`"),
        ({"kind": ["staff"]}, "claim `kind`"),
        ({"kind": None}, "claim `kind`"),
        ({"kind": "person", "partner_id": 1}, "partner_id and member_id"),
        ({"kind": "person", "partner_id": 1, "member_id": True}, "partner_id and member_id"),
        ({"kind": "crm"}, "partner_id and member_id"),
        ({"kind": "crm", "partner_id": "1"}, "partner_id and member_id"),
        ({"kind": "crm", "partner_id": True}, "partner_id and member_id"),
        ({"kind": "crm", "partner_id": 0}, "partner_id and member_id"),
        ({"kind": "crm", "partner_id": 2**63}, "partner_id and member_id"),
        ({"kind": "crm", "partner_id": 1, "member_id": 1}, "partner_id and member_id"),
        ({"kind": "staff", "partner_id": 1}, "partner_id and member_id"),
        ({"kind": "staff", "partner_id": "1"}, "partner_id and member_id"),
        ({"scope": ["read"]}, "scope must be strings"),
        ({"client_id": 7}, "client_id, azp"),
    ],
)
async def test_claims_that_do_not_hold(
    settings: Settings, verifier: TokenVerifier, changed: dict[str, Any], reason: str
) -> None:
    token = signed(settings, claims(**changed))
    with pytest.raises(Unauthenticated, match=reason) as caught:
        await verifier.verify(token)
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": after(-5)},
        {"exp": after(60.5)},
        {"nbf": after(5), "iat": after(5)},
        {"aud": ["elsewhere", "partner-hub"]},
        {"unknown": {"deep": [1]}},
    ],
)
async def test_claims_that_hold_within_the_leeway(settings: Settings, verifier: TokenVerifier, changed: dict[str, Any]) -> None:
    whole = claims(**changed)
    assert await verifier.verify(signed(settings, whole)) == Verified(STAFF, whole["exp"])


@pytest.mark.parametrize(
    ("changed", "scopes", "client"),
    [
        ({}, ("partner", "read", "write", "events"), None),
        ({"scope": "events read"}, ("partner", "read", "events"), None),
        ({"scope": "openid profile read"}, ("partner", "read"), None),
        ({"scope": "staff read"}, ("partner", "read"), None),
        ({"scope": ""}, ("partner",), None),
        ({"client_id": "nightly", "azp": "other"}, SCOPES[ViewerKind.CRM], "nightly"),
        ({"azp": "nightly"}, SCOPES[ViewerKind.CRM], "nightly"),
        ({"client_id": ""}, SCOPES[ViewerKind.CRM], None),
    ],
)
async def test_a_token_narrows_what_its_kind_may_do_and_names_its_application(
    settings: Settings, verifier: TokenVerifier, changed: dict[str, Any], scopes: tuple[str, ...], client: str | None
) -> None:
    token = signed(settings, claims(kind="crm", partner_id=1, name="CRM", **changed))
    verified = await verifier.verify(token)
    assert verified.viewer == Viewer(ViewerKind.CRM, "CRM", partner_id=1, scopes=scopes, client=client)
    assert verified.viewer.scopes == scopes


@pytest.mark.parametrize("kind", ["dpop+jwt", "logout+jwt", "secevent+jwt", "", 7])
async def test_a_token_made_for_something_else(settings: Settings, verifier: TokenVerifier, kind: Any) -> None:
    key = own_key(settings)
    header = _base64({"alg": ALGORITHM, "kid": key.kid, "typ": kind})
    with pytest.raises(Unauthenticated, match="typ is none"):
        await verifier.verify(f"{header}.{_base64(claims())}.{'A' * 86}")


@pytest.mark.parametrize("kind", ["JWT", "at+jwt", "AT+JWT", "application/at+jwt"])
async def test_an_access_token_may_say_that_it_is_one(settings: Settings, verifier: TokenVerifier, kind: str) -> None:
    whole = claims()
    assert await verifier.verify(signed(settings, whole, typ=kind)) == Verified(STAFF, whole["exp"])


async def test_headers_that_are_not_known_say_nothing(settings: Settings, verifier: TokenVerifier) -> None:
    key, whole = own_key(settings), claims()
    head = f"{_base64({'alg': ALGORITHM, 'kid': key.kid, 'x-tenant': 'jp'})}.{_base64(whole)}"
    raw: Any = key.get_op_key("sign")
    signature = urlsafe_b64encode(raw.sign(head.encode())).rstrip(b"=").decode()
    assert await verifier.verify(f"{head}.{signature}") == Verified(STAFF, whole["exp"])


async def test_signatures_that_do_not_hold(settings: Settings, verifier: TokenVerifier) -> None:
    key = own_key(settings)
    other = OKPKey.generate_key("Ed25519", auto_kid=True)
    public = OctKey.import_key(orjson.dumps(key.as_dict(private=False)))
    good = signed(settings, claims())
    head, body, signature = good.split(".")
    forged = [
        jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims(), other, algorithms=[ALGORITHM]),
        jwt.encode({"alg": ALGORITHM, "kid": other.kid}, claims(), other, algorithms=[ALGORITHM]),
        jwt.encode({"alg": "HS256", "kid": key.kid}, claims(), public, algorithms=["HS256"]),
        f"{_base64({'alg': 'none'})}.{_base64(claims())}.",
        f"{_base64({'alg': 'None', 'kid': key.kid})}.{_base64(claims())}.",
        f"{head}.{_base64(claims(name='Somebody else'))}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{good}.",
        f" {good}",
        f"{_base64(['alg'])}.{body}.{signature}",
        f"{_base64('alg')}.{body}.{signature}",
        f"{_base64(7)}.{body}.{signature}",
        f"{_base64({'alg': ALGORITHM, 'kid': 7})}.{body}.{signature}",
        f"{_base64({'alg': [ALGORITHM]})}.{body}.{signature}",
        f"{urlsafe_b64encode(b'[' * 300).decode()}.{body}.{signature}",
        "nonsense",
        "a.b.c",
        "",
        "." * 1000,
        "a" * 1_000_000,
    ]
    for token in forged:
        with pytest.raises(Unauthenticated):
            await verifier.verify(token)
    assert (await verifier.verify(good)).viewer == STAFF


def _base64(part: Any) -> str:
    return urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode()


def test_what_a_viewer_may_do() -> None:
    for kind, scopes in SCOPES.items():
        assert Viewer(kind, "x").scopes == scopes
    viewer = Viewer(ViewerKind.CRM, "x", 1, scopes=("events", "partner"))
    assert viewer.scopes == ("partner", "events")
    assert len({viewer, Viewer(ViewerKind.CRM, "x", 1, scopes=("partner", "events")), Viewer(ViewerKind.CRM, "x", 1)}) == 2
    with pytest.raises(ValueError, match="scopes of reporting must be among reporting, read"):
        Viewer(ViewerKind.REPORTING, "x", scopes=("read", "write"))


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc"])
def test_a_header_without_a_token(header: str | None) -> None:
    with pytest.raises(Unauthenticated, match="Bearer <token>"):
        bearer_token(header)


def test_a_damaged_key_is_told(settings: Settings) -> None:
    (settings.data_dir / "signing-key.json").write_text("{}")
    with pytest.raises(SetupError, match=r"signing-key\.json is damaged"):
        TokenAuthority(settings)


async def test_without_a_token_nothing_is_answered(http: Http) -> None:
    for header in (None, b"Bearer nonsense", "Bearer トークン".encode()):
        headers = {} if header is None else {b"authorization": header}
        answer = await http.client.post("/graphql", json={"query": "{ viewer { name } }"}, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert [error["extensions"] for error in answer.json()["errors"]] == [{"code": "UNAUTHENTICATED"}]


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: f"{viewer.kind.value} {viewer.client}")
async def test_the_graph_says_who_is_asking(http: Http, viewer: Viewer) -> None:
    query = "{ viewer { name scopes member { id } partner { id } } }"
    answer = (await http.post({"query": query}, viewer=viewer)).json()["data"]["viewer"]
    assert answer == {
        "name": viewer.name,
        "scopes": list(viewer.scopes),
        "member": None if viewer.member_id is None else {"id": "TWVtYmVyOjI="},
        "partner": None if viewer.partner_id is None else {"id": "UGFydG5lcjox"},
    }
