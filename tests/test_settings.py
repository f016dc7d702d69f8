"""Settings: .env.example lists them all; every error names the setting and leaks no password."""

import re
from pathlib import Path
from typing import Any

import pytest

from hub.errors import SetupError
from hub.settings import Settings, load_settings
from hub.vocabulary import SourceName

EXAMPLE = Path(__file__).resolve().parent.parent / ".env.example"


def example_of(name: str, field: Any) -> str:
    """How .env.example shows a setting: its description, its name, its default."""
    default = "" if field.default is None else str(field.default).lower() if isinstance(field.default, bool) else field.default
    return f"# {field.description}\n#HUB_{name.upper()}={default}\n"


def test_the_example_lists_every_setting_with_its_default() -> None:
    head, *_ = EXAMPLE.read_text(encoding="utf-8").split("\n\n", 1)
    expected = [example_of(name, field) for name, field in Settings.model_fields.items()]
    assert EXAMPLE.read_text(encoding="utf-8") == head + "\n\n" + "\n".join(expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_PORT", "70000"),
        ("HUB_PORT", "http"),
        ("HUB_DSN", "mysql://user:hunter2@host/db"),
        ("HUB_DIRECTORY_DSN", "hunter2"),
        ("HUB_POOL_SIZE", "0"),
        ("HUB_STATEMENT_TIMEOUT_SECONDS", "-1"),
        ("HUB_TIME_ZONE", "Asia/Edo"),
        ("HUB_REDIS_URL", "hunter2"),
        ("HUB_LOG_FORMAT", "xml"),
    ],
)
def test_an_error_names_the_setting_and_not_what_may_be_a_password(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SetupError) as caught:
        load_settings()
    assert re.search(rf"^  {name}: \S", str(caught.value), re.MULTILINE)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("statement", "request_"), [("10", "10"), ("15", None), ("20", "19.5"), (None, "10"), (None, "1")])
def test_a_statement_times_out_before_its_request(
    monkeypatch: pytest.MonkeyPatch, statement: str | None, request_: str | None
) -> None:
    for name, value in (("HUB_STATEMENT_TIMEOUT_SECONDS", statement), ("HUB_REQUEST_TIMEOUT_SECONDS", request_)):
        if value is not None:
            monkeypatch.setenv(name, value)
    with pytest.raises(
        SetupError, match=r"HUB_REQUEST_TIMEOUT_SECONDS: .*must be more than HUB_STATEMENT_TIMEOUT_SECONDS"
    ) as caught:
        load_settings()
    assert f"which is {statement or '10'}:" in str(caught.value)


def test_a_source_is_where_its_own_dsn_says_or_else_the_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_DSN", "postgresql://u:hunter2@db/hub")
    monkeypatch.setenv("HUB_COMMUNITY_DSN", "postgres://u:hunter2@elsewhere/community")
    settings = load_settings()
    found = {source.value: dsn for source, dsn in ((source, settings.dsn_of(source)) for source in SourceName)}
    assert found == dict.fromkeys(found, "postgresql://u:hunter2@db/hub") | {
        "community": "postgres://u:hunter2@elsewhere/community"
    }
    assert not settings.needs_embedded_postgres
    assert "hunter2" not in repr(settings)
