"""Who the token says: verified, told apart by kind, and refused with a reason where it does not hold."""

import time
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from hub.errors import SetupError, Unauthenticated
from hub.settings import Settings
from hub.tokens import ALGORITHM, TokenAuthority, bearer_token
from hub.viewer import Viewer, ViewerKind
from tests.conftest import STAFF, Http

VIEWERS = [
    STAFF,
    Viewer(ViewerKind.PERSON, "山田 花子", partner_id=1, member_id=2),
    Viewer(ViewerKind.CRM, "CRM", partner_id=1),
    Viewer(ViewerKind.REPORTING, "Reports"),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path)  # type: ignore[call-arg]


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.kind.value)
def test_a_token_says_who_it_was_minted_for(settings: Settings, viewer: Viewer) -> None:
    token = TokenAuthority(settings).mint(viewer, valid_seconds=60)
    assert TokenAuthority(settings).verify(token) == viewer
    assert (settings.data_dir / "signing-key.json").stat().st_mode & 0o777 == 0o600


def claims(**changed: Any) -> dict[str, Any]:
    """Claims that hold, but for what is changed; None leaves one out."""
    now = int(time.time())
    whole = {"iss": "partner-hub", "aud": "partner-hub", "exp": now + 60, "kind": "staff", "name": "Staff"} | changed
    return {name: value for name, value in whole.items() if value is not None}


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iss": "elsewhere"},
        {"iss": None},
        {"aud": "elsewhere"},
        {"kind": "admin"},
        {"kind": None},
        {"kind": "person", "partner_id": 1},
        {"kind": "crm"},
        {"kind": "staff", "partner_id": 1},
        {"kind": "crm", "partner_id": "1"},
    ],
)
def test_claims_that_do_not_hold(settings: Settings, changed: dict[str, Any]) -> None:
    authority = TokenAuthority(settings)
    key = OKPKey.import_key(orjson.loads((settings.data_dir / "signing-key.json").read_bytes()))
    token = jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims(**changed), key, algorithms=[ALGORITHM])
    with pytest.raises(Unauthenticated) as caught:
        authority.verify(token)
    assert token not in str(caught.value)


def test_signatures_that_do_not_hold(settings: Settings) -> None:
    authority = TokenAuthority(settings)
    key = OKPKey.import_key(orjson.loads((settings.data_dir / "signing-key.json").read_bytes()))
    other = OKPKey.generate_key("Ed25519", auto_kid=True)
    public = OctKey.import_key(orjson.dumps(key.as_dict(private=False)))
    forged = [
        jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims(), other, algorithms=[ALGORITHM]),
        jwt.encode({"alg": ALGORITHM, "kid": other.kid}, claims(), other, algorithms=[ALGORITHM]),
        jwt.encode({"alg": "HS256", "kid": key.kid}, claims(), public, algorithms=["HS256"]),
        f"{_base64({'alg': 'none'})}.{_base64(claims())}.",
        "nonsense",
        "a.b.c",
        "",
        "パートナー",
    ]
    for token in forged:
        with pytest.raises(Unauthenticated):
            authority.verify(token)


def _base64(part: dict[str, Any]) -> str:
    return urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode()


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc"])
def test_a_header_without_a_token(header: str | None) -> None:
    with pytest.raises(Unauthenticated, match="Bearer <token>"):
        bearer_token(header)


def test_a_damaged_key_is_told(settings: Settings) -> None:
    (settings.data_dir / "signing-key.json").write_text("{}")
    with pytest.raises(SetupError, match=r"signing-key\.json is damaged"):
        TokenAuthority(settings)


async def test_without_a_token_nothing_is_answered(http: Http) -> None:
    for headers in ({}, {"authorization": "Bearer nonsense"}):
        answer = await http.post({"query": "{ viewer { name } }"}, viewer=None, **headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert [error["extensions"] for error in answer.json()["errors"]] == [{"code": "UNAUTHENTICATED"}]


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.kind.value)
async def test_the_graph_says_who_is_asking(http: Http, viewer: Viewer) -> None:
    query = "{ viewer { name scopes member { id } partner { id } } }"
    answer = (await http.post({"query": query}, viewer=viewer)).json()["data"]["viewer"]
    assert answer == {
        "name": viewer.name,
        "scopes": list(viewer.scopes),
        "member": None if viewer.member_id is None else {"id": "TWVtYmVyOjI="},
        "partner": None if viewer.partner_id is None else {"id": "UGFydG5lcjox"},
    }
