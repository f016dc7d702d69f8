"""Documents that are too large: measured before they are validated, refused by how much, and never costly to refuse."""

import time
from typing import Any

import pytest
from graphql import GraphQLSyntaxError, validate

from engine.document import Documents
from engine.measures import DocumentLimits, read_document
from hub.errors import DocumentLimitExceeded
from tests.conftest import SCHEMA

LIMITS = DocumentLimits(characters=65_536, tokens=3000, depth=20, aliases=100, directives=100, selection_sets=250)


def refused(text: str, limits: DocumentLimits = LIMITS) -> DocumentLimitExceeded:
    with pytest.raises(DocumentLimitExceeded) as caught:
        read_document(text, limits)
    return caught.value


def nested(depth: int) -> str:
    return "{ a " * depth + "}" * depth


@pytest.mark.parametrize(
    ("make", "measure", "most"),
    [
        (nested, "depth", 20),
        (lambda n: "{ " + " ".join(f"a{i}: b" for i in range(n)) + " }", "aliases", 100),
        (lambda n: "{ " + " ".join("a @skip(if: true)" for _ in range(n)) + " }", "directives", 100),
        (lambda n: "{ " + " ".join("a { b }" for _ in range(n - 1)) + " }", "selection_sets", 250),
        (lambda n: f"query {'@x ' * n} {{ a }}", "directives", 100),
    ],
)
def test_a_document_may_be_as_large_as_it_may_and_no_larger(make: Any, measure: str, most: int) -> None:
    read_document(make(most), LIMITS)
    error = refused(make(most + 1))
    assert error.extensions == {
        "code": "DOCUMENT_LIMIT_EXCEEDED",
        "measure": measure,
        "found": most + 1,
        "most": most,
    }
    words = measure.replace("_", " ")
    assert str(error) == (
        f"The document is too large ({words}: {most + 1}, at most {most}). Ask for less, or in several operations."
    )


def test_characters_are_counted_before_anything_is_read() -> None:
    comment = "#" + "x" * (65_536 - 6)
    read_document("{ a }" + comment, LIMITS)
    error = refused("{ a }" + comment + "x")
    assert (error.measure, error.found, error.most) == ("characters", 65_537, 65_536)


def test_tokens_are_counted_while_they_are_read() -> None:
    read_document("{" + "a " * 2998 + "}", LIMITS)
    error = refused("{" + "a " * 2999 + "}")
    assert (error.measure, error.found, error.most) == ("tokens", None, 3000)
    assert str(error) == "The document is too large (has more than 3000 tokens). Ask for less, or in several operations."


def test_a_number_that_no_type_holds_is_refused_where_it_stands() -> None:
    read_document("{ a(b: " + "9" * 400 + ") }", LIMITS)
    for number in ("9" * 401, "-" + "9" * 5000, "1." + "0" * 400):
        with pytest.raises(GraphQLSyntaxError) as caught:
            read_document("{ a(b: " + number + ") }", LIMITS)
        assert caught.value.message == "Syntax Error: A number has at most 400 characters."
        assert [(place.line, place.column) for place in caught.value.locations or ()] == [(1, 8)]


def test_a_field_may_be_repeated_but_not_without_end() -> None:
    documents = Documents(SCHEMA._schema, LIMITS, kept_characters=100_000)
    repeated = 'name(locale: "ja") '
    assert documents.get("{ associations { " + repeated * 100 + "} }").errors == []
    started = time.process_time()
    with pytest.raises(DocumentLimitExceeded) as caught:
        documents.get("{ associations { " + repeated * 480 + "} }")
    assert (caught.value.measure, caught.value.most) == ("comparisons_of_repeated_fields", 25_000)
    assert time.process_time() - started < 0.5


def test_fragments_count_where_they_are_spread() -> None:
    text = "{ ...F ...F } fragment F on Query { a: viewer { name } }"
    assert refused(text, DocumentLimits(1000, 100, 20, 1, 100, 100)).found == 2
    assert refused(text, DocumentLimits(1000, 100, 1, 100, 100, 100)).found == 2


def test_a_fragment_that_is_never_spread_is_measured_too() -> None:
    text = "{ a } fragment F on Query " + nested(21)
    assert refused(text).measure == "depth"


def test_a_bomb_of_fragments_is_refused_at_once() -> None:
    fragments = "".join(f"fragment F{i} on Query {{ a: b ...F{i + 1} ...F{i + 1} }} " for i in range(150))
    text = "{ ...F0 } " + fragments + "fragment F150 on Query { a: b }"
    started = time.process_time()
    assert refused(text).measure == "aliases"
    assert time.process_time() - started < 1


def test_fragments_that_spread_each_other_are_left_to_validation() -> None:
    read_document("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", LIMITS)


@pytest.mark.parametrize(
    "text",
    [
        "{ viewer { " + "name " * 2990 + "} }",
        "{ " + "viewer { name } " * 249 + "}",
        "{ " + "viewer { partner { id } } " * 124 + "}",
        "{ " + " ".join(f"...F{i}" for i in range(80)) + " } "
        + " ".join(f"fragment F{i} on Query {{ viewer {{ name }} }}" for i in range(80)),
        "query(" + ",".join(f"$v{i}: Int" for i in range(700)) + ") { viewer { name } }",
        "{ " + " ".join(f"x{i}" for i in range(2900)) + " }",
    ],
)  # fmt: skip
def test_what_is_within_the_limits_is_cheap_to_validate(text: str) -> None:
    document = read_document(text, LIMITS)
    started = time.process_time()
    validate(SCHEMA._schema, document, max_errors=10)
    assert time.process_time() - started < 1
