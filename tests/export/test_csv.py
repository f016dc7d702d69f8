"""CSV: what stands in which cell, to the byte; and that spreadsheets are told what is a text."""

import csv
import io
import json
from typing import Any

import pytest

from export.csv import FORMULA_STARTS, escape
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests import miniature
from tests.conftest import Dsns
from tests.export.conftest import Exports

ENGAGEMENTS = """{ engagements { edges { cursor node { id title version openedAt closedAt externalRef
    client { name employees advisor { name roles } } leadPartner { name } findings { note symptom { code } }
    enrollments { totalCount nodes { attendee } } } } } }"""


async def test_the_exact_bytes_of_the_miniature(small: Exports) -> None:
    query = """{ engagements { edges { node { title version openedAt client { name employees advisor { name roles } }
        assignments { phase } enrollments { totalCount nodes { attendee } } posts { nodes { title } } } } } }"""
    assert (await small.body(query, format="csv")).decode() == (
        "node.title,node.version,node.openedAt,node.client.name,node.client.employees,node.client.advisor.name,"
        "node.client.advisor.roles,node.assignments,node.enrollments.totalCount,node.enrollments.nodes,node.posts.nodes\r\n"
        '帳簿の電子化,1,2026-01-05T01:00:00Z,田中商店,,山田会計,"[""ADVISOR""]",'
        '"[{""phase"":""AWARENESS""}]",1,"[{""attendee"":""田中 一郎""}]","[{""title"":""はじめまして""}]"\r\n'
    )


async def test_an_object_that_is_null_is_empty_cells(small: Exports, source_dsns: Dsns) -> None:
    await miniature.execute(source_dsns[SourceName.DIRECTORY], "DELETE FROM directory.member; DELETE FROM directory.membership")
    await miniature.execute(source_dsns[SourceName.DIRECTORY], "DELETE FROM directory.partner")
    query = "{ clients { nodes { a_b: advisor { c: id roles associations { code } } a: name b_c: corporation { name } } } }"
    assert (await small.body(query, format="csv")).decode() == (
        "a_b.c,a_b.roles,a_b.associations,a,b_c.name\r\n,,,田中商店,\r\n"
    )


def flat(value: Any, names: list[str]) -> str:
    """What a cell shows of a row, by the column's dotted name."""
    for name in names:
        if value is None:
            return ""
        value = value[name]
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def test_every_cell_of_the_programme_is_that_of_its_row(exports: Exports) -> None:
    rows = await exports.lines(ENGAGEMENTS)
    text = (await exports.body(ENGAGEMENTS, format="csv")).decode()
    header, *records = csv.reader(io.StringIO(text, newline=""))
    assert header[:3] == ["cursor", "node.id", "node.title"]
    paths = [name.split(".") for name in header]
    assert records == [[flat(row, path) for path in paths] for row in rows]
    assert len(records) == 5000


async def test_cells_are_quoted_where_they_must_be(small: Exports, source_dsns: Dsns) -> None:
    names = ["a,b", 'say "x"', "two\nlines", "two\r\nlines", "", " plain ", "=1+1"]
    values = ", ".join(f"({number}, E'{json.dumps(name)[1:-1]}', '{{ADVISOR}}')" for number, name in enumerate(names, 10))
    await miniature.execute(
        source_dsns[SourceName.DIRECTORY],
        f"INSERT INTO directory.partner (id, name, roles) OVERRIDING SYSTEM VALUE VALUES {values}",
    )
    two = (await small.body("{ partners { nodes { name n: name } } }", format="csv")).decode()
    assert two == (
        'name,n\r\n山田会計,山田会計\r\n鈴木システム,鈴木システム\r\n"a,b","a,b"\r\n"say ""x""","say ""x"""\r\n'
        '"two\nlines","two\nlines"\r\n"two\r\nlines","two\r\nlines"\r\n,\r\n plain , plain \r\n=1+1,=1+1\r\n'
    )
    # A record of one empty cell would be an empty line, which readers skip.
    one = (await small.body("{ partners { nodes { name } } }", format="csv")).decode()
    assert one.endswith('"two\r\nlines"\r\n""\r\n plain \r\n=1+1\r\n')


async def test_formulas_are_neutralised_and_a_mark_is_written_by_choice(small: Exports, source_dsns: Dsns) -> None:
    await miniature.execute(
        source_dsns[SourceName.DIRECTORY],
        "UPDATE directory.partner SET name = '=HYPERLINK(\"http://evil\")', name_kana = '＝1', name_en = 'a=b' WHERE id = 1;"
        "UPDATE directory.partner SET name = '-1', name_kana = '@x', name_en = '+81' WHERE id = 2",
    )
    query = "{ partners { nodes { name nameKana nameEn joinedOn } } }"
    assert (await small.body(query, format="csv", bom="true", escapeFormulas="true")).decode() == (
        '\ufeffname,nameKana,nameEn,joinedOn\r\n"\'=HYPERLINK(""http://evil"")",\'＝1,a=b,2020-04-01\r\n\'-1,\'@x,\'+81,\r\n'
    )
    assert (await small.body(query, format="csv")).decode() == (
        'name,nameKana,nameEn,joinedOn\r\n"=HYPERLINK(""http://evil"")",＝1,a=b,2020-04-01\r\n-1,@x,+81,\r\n'
    )


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_what_starts_a_formula_is_escaped(start: str) -> None:
    assert escape(f"{start}x") == f"'{start}x"
    assert escape(f"x{start}") == f"x{start}"
    assert (escape(""), escape(None)) == ("", "")


async def test_no_rows_are_a_header(small: Exports) -> None:
    assert await small.body('{ partners(filter: {search: "nobody"}) { nodes { name id } } }', format="csv") == b"name,id\r\n"


async def test_columns_of_the_same_letters_do_not_meet(small: Exports) -> None:
    query = "{ engagements { nodes { a_b: client { c: name } a: client { b_c: advisor { c: name } b: name } } } }"
    header = "a_b.c,a.b_c.c,a.b\r\n"
    assert (await small.body(query, format="csv")).decode() == f"{header}田中商店,山田会計,田中商店\r\n"
    reporting = Viewer(ViewerKind.REPORTING, "Reporting")
    assert (await small.body(query, format="csv", viewer=reporting)).decode() == f"{header},,\r\n"
