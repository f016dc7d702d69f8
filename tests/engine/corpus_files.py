"""The corpus: files of one behaviour each, an operation in GraphQL and beside it what is given to it and what it answers.

`corpus/<behaviour>.graphql` begins with a comment that says the behaviour. `corpus/<behaviour>.json` is a list of its runs:
who asks (`viewer`, staff unless given), `variables`, `operationName`, and the `answer`. A reference to the log, which is new
each time, is written as `*`; errors of fields stand in the order of their paths.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent / "corpus"

REFERENCE = "*"


@dataclass(frozen=True)
class Run:
    """One run of a file's document."""

    viewer: str
    variables: dict[str, Any] | None
    operation_name: str | None
    answer: dict[str, Any] | None
    """None where it was not written yet."""


def behaviours() -> list[str]:
    """The corpus' behaviours, by name."""
    return sorted(path.stem for path in DIRECTORY.glob("*.graphql"))


def document_of(behaviour: str) -> str:
    """The document, with its comment."""
    return (DIRECTORY / f"{behaviour}.graphql").read_text(encoding="utf-8")


def runs_of(behaviour: str) -> list[Run]:
    """What is run of a document."""
    return [
        Run(
            viewer=run.get("viewer", "staff"),
            variables=run.get("variables"),
            operation_name=run.get("operationName"),
            answer=run.get("answer"),
        )
        for run in json.loads(_runs_path(behaviour).read_text(encoding="utf-8"))
    ]


def keep(behaviour: str, answers: list[dict[str, Any]]) -> None:
    """Write the answers of a document's runs."""
    runs = json.loads(_runs_path(behaviour).read_text(encoding="utf-8"))
    for run, answer in zip(runs, answers, strict=True):
        run["answer"] = answer
    _runs_path(behaviour).write_text(written(runs) + "\n", encoding="utf-8")


def written(value: Any) -> str:
    """JSON text that keeps the order of keys, one value a line."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs from run to run, errors of fields in the order of their paths."""
    parts: dict[str, Any] = {}
    errors = [_without_reference(error) for error in answer.get("errors", [])]
    if errors:
        parts["errors"] = sorted(errors, key=lambda error: written(error.get("path", [])))
    if "data" in answer:
        parts["data"] = answer["data"]
    return parts


def without_further_errors(answer: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """An answer without those errors that merely stand beside expected ones, below a place that these made null.

    Which of several such errors are told is free; the expected ones must be among them.
    """
    data = expected.get("data")
    errors = [
        error
        for error in answer.get("errors", [])
        if error in expected.get("errors", []) or not _stands_below(error, data, expected.get("errors", []))
    ]
    return answer | ({"errors": errors} if errors else {})


def _stands_below(error: dict[str, Any], data: Any, expected: list[dict[str, Any]]) -> bool:
    path = error.get("path", [])
    null = _null_above(data, path)
    return len(null) < len(path) and any(
        other["extensions"]["code"] == error["extensions"]["code"] and _null_above(data, other["path"]) == null
        for other in expected
        if "path" in other
    )


def _null_above(data: Any, path: list[str | int]) -> list[str | int]:
    """The first part of the path at which the data is null."""
    for depth, step in enumerate(path):
        if data is None:
            return path[:depth]
        data = data[step]
    return path


def _without_reference(error: dict[str, Any]) -> dict[str, Any]:
    extensions = error["extensions"]
    if "reference" not in extensions:
        return error
    return {
        **error,
        "message": error["message"].replace(extensions["reference"], REFERENCE),
        "extensions": {**extensions, "reference": REFERENCE},
    }


def _runs_path(behaviour: str) -> Path:
    return DIRECTORY / f"{behaviour}.json"
