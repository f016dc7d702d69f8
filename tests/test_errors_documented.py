"""docs/errors.md tells every code and status that the code has, and none that it has not."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import server
from hub import errors
from hub.errors import BadInput, HubError, SetupError, TooManyOperations
from hub.http_status import INTERNAL_STATUS, STATUSES, status_of
from hub.socket_close import SocketClose

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "errors.md").read_text(encoding="utf-8")

SECTION = re.compile(r"^### `(\w+)`\nHTTP: (.*?)\. Retry: (.*?)\. (.*?)\n```json\n(.*?)\n```$", re.DOTALL | re.MULTILINE)

# Codes of RFC 6455 that the WebSocket implementation itself closes with.
OF_THE_LIBRARY = {1007, 1009, 1012}


def kinds(kind: type[HubError] = HubError) -> set[type[HubError]]:
    """Every kind of error below one, wherever the app defines it; those that only operators meet left out."""
    assert server.app
    below = {kind_below for child in kind.__subclasses__() if child is not SetupError for kind_below in kinds(child)}
    return below | {kind}


def statuses() -> dict[str, set[int]]:
    """The statuses that each code comes with."""
    found: dict[str, set[int]] = {name: {200, 400} for name in constants() - {errors.INTERNAL}}
    found[errors.INTERNAL] = {200, INTERNAL_STATUS}
    for kind in kinds() - {HubError}:
        if "code" not in kind.__dict__:
            continue
        if issubclass(kind, BadInput):
            found[kind.code] = {200}
        elif issubclass(kind, TooManyOperations):
            found[kind.code] = set()
        elif issubclass(kind, errors.SourceUnavailable | errors.OutcomeUnknown):
            found[kind.code] = {200, status_of(kind)}
        else:
            found[kind.code] = {status_of(kind)}
    return found


def constants() -> set[str]:
    """The codes that no class of errors has."""
    return {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, str)}


def test_the_page_has_a_section_for_each_code_and_no_other() -> None:
    sections = [code for code, *_ in SECTION.findall(PAGE)]
    assert len(sections) == len(set(sections))
    assert sorted(sections) == sorted(statuses())
    assert PAGE.count("\n### ") == len(sections), "every section is written in the same way"


@pytest.mark.parametrize(("code", "http", "retry", "meaning", "example"), SECTION.findall(PAGE))
def test_a_section_has_the_status_of_its_code_and_an_example_of_it(
    code: str, http: str, retry: str, meaning: str, example: str
) -> None:
    assert {int(status) for status in re.findall(r"\b[2-5]\d\d\b", http)} == statuses()[code]
    shown: dict[str, Any] = json.loads(example)
    assert shown["extensions"]["code"] == code
    assert shown["message"]
    assert len(meaning) > 20
    for kind in kinds():
        if kind.code == code and kind.retry_after_seconds is not None:
            assert f"after {kind.retry_after_seconds:g} s" in retry


def test_errors_that_need_no_words_are_shown_as_they_are() -> None:
    examples = {code: json.loads(example) for code, *_, example in SECTION.findall(PAGE)}
    for kind in (errors.Overloaded, errors.IdentityUnavailable):
        error = kind()
        assert examples[kind.code] == {"message": str(error), "extensions": error.extensions}


def test_the_tree_in_the_docstring_names_each_kind_with_its_code() -> None:
    drawn = set(re.findall(r"[├└]── (\w+) +([A-Z_]+) ", errors.__doc__ or ""))
    own = {(kind.__name__, kind.code) for kind in kinds() | {SetupError} if "code" in kind.__dict__} - {
        ("HubError", "INTERNAL")
    }
    assert drawn == own


def test_the_status_table_names_kinds_that_there_are() -> None:
    assert set(STATUSES) <= kinds()


def test_the_page_has_every_close_code_and_no_other() -> None:
    told = [int(code) for code in re.findall(r"^\| (\d{4}) \|", PAGE, re.MULTILINE)]
    assert told == sorted(OF_THE_LIBRARY | set(SocketClose))
