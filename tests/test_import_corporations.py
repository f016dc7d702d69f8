"""The import of the corporate register: what goes in, what is rejected and where."""

import zipfile
from datetime import date
from pathlib import Path

import pytest

from importers.corporations import ImportSummary, RejectedRow
from importers.register_file import UnreadableFile
from tests.register import file, load, number, query, record, table, text


async def test_columns_of_a_domestic_and_a_foreign_corporation(engagements_dsn: str, tmp_path: Path) -> None:
    foreign = record(
        2, prefecture="", city="", street="", prefecture_code="", city_code="", postal_code="", furigana="",
        name="Ｕｎｉｔ　５", foreign_address="Ｈｏｎｇ　Ｋｏｎｇ", hidden="1",
    )  # fmt: skip
    both = record(3, foreign_address="アメリカ合衆国")
    run = await load(engagements_dsn, file(tmp_path / "a.csv", [record(), foreign, both]))
    assert run.summary == ImportSummary(read=3, rejected=0, superseded=0, inserted=3, updated=0, unchanged=0)
    day, before = date(2024, 1, 5), date(2024, 1, 4)
    address = "東京都千代田区霞が関３丁目１番１号"
    assert sorted(await table(engagements_dsn)) == sorted([
        (number(1), "株式会社 表示", "ヒョウジ", "JP-13", address, "1000013", "ACTIVE", None, day, before),
        (number(2), "Ｕｎｉｔ　５", None, None, "Ｈｏｎｇ　Ｋｏｎｇ", None, "ACTIVE", None, day, before),
        (number(3), "株式会社 表示", "ヒョウジ", "JP-13", address, "1000013", "ACTIVE", None, day, before),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "status", "successor"),
    [
        ({"process": "01"}, "ACTIVE", None),
        ({"process": "21", "close_date": "2024-01-04", "close_cause": "01"}, "CLOSED", None),
        ({"process": "21", "close_date": "2024-01-04", "close_cause": "21"}, "CLOSED", None),
        (
            {"process": "21", "close_date": "2024-01-04", "close_cause": "11", "successor_number": number(9)},
            "MERGED",
            number(9),
        ),
        ({"process": "12", "close_date": "2020-10-29", "close_cause": "31"}, "CLOSED", None),
        ({"process": "22"}, "ACTIVE", None),
        ({"process": "71", "change_text": "を合併"}, "ACTIVE", None),
        ({"process": "72"}, "ACTIVE", None),
        ({"process": "81"}, "ACTIVE", None),
        ({"process": "99"}, "UNKNOWN", None),
    ],
)
async def test_status(engagements_dsn: str, tmp_path: Path, fields: dict[str, str], status: str, successor: str | None) -> None:
    await load(engagements_dsn, file(tmp_path / "a.csv", [record(1, **fields)]))
    assert await query(engagements_dsn, "SELECT status, successor_number FROM corporation") == [(status, successor)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
async def test_encodings_and_line_ends(engagements_dsn: str, tmp_path: Path, encoding: str, newline: str) -> None:
    # Enough for many blocks of any reader, at odd offsets, after a beginning in ASCII alone.
    plain = {"name": "ABC", "prefecture": "", "city": "", "street": "", "furigana": ""}
    records = [record(serial, **plain) for serial in range(1, 500)] + [
        record(serial, name=f"髙﨑ソー{'ポ' * (serial % 7)}表") for serial in range(500, 3_000)
    ]
    run = await load(engagements_dsn, file(tmp_path / "a.csv", records, encoding, newline))
    assert run.summary.inserted == 2_999
    assert {row[0]: row[1] for row in await table(engagements_dsn)} == {row[1]: row[6] for row in records}


async def test_ascii_alone(engagements_dsn: str, tmp_path: Path) -> None:
    plain = record(name="ABC", prefecture="", city="", street="", furigana="")
    run = await load(engagements_dsn, file(tmp_path / "a.csv", [plain], "ascii"))
    assert run.summary.inserted == 1


async def test_zip_with_one_csv(engagements_dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("13_tokyo_all.csv", text(record(serial) for serial in range(1, 51)).encode("cp932"))
        archive.writestr("13_tokyo_all.csv.asc", "signature")
    run = await load(engagements_dsn, path)
    assert run.summary.inserted == 50
    assert run.progress[-1].bytes_done == run.progress[-1].bytes_total


async def test_quotes_and_line_breaks_in_text(engagements_dsn: str, tmp_path: Path) -> None:
    path = file(
        tmp_path / "a.csv",
        [record(1, name='一"二"\n三,四'), record(2, name=""), record(3, city="市\r\n町\n村"), record(4, process="77")],
    )
    run = await load(engagements_dsn, path)
    assert [row[1] for row in await table(engagements_dsn) if row[0] == number(1)] == ['一"二"\n三,四']
    assert [(row.line, row.reason) for row in run.rejected] == [
        (3, "column 7 (name) is empty"),
        (7, 'column 3 (process) is none of 01, 11, 12, 13, 21, 22, 71, 72, 81, 99: "77"'),
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"corporate_number": "2000012050002"},
            'column 2 (corporate number) is not 13 digits of which the first is the check digit: "2000012050002"',
        ),
        ({"corporate_number": ""}, "column 2 (corporate number) is empty"),
        ({"update_date": "2024-02-30"}, 'column 5 (update date) is not a date (YYYY-MM-DD): "2024-02-30"'),
        ({"update_date": "20240105"}, 'column 5 (update date) is not a date (YYYY-MM-DD): "20240105"'),
        ({"change_date": "2024-W01-5"}, 'column 6 (change date) is not a date (YYYY-MM-DD): "2024-W01-5"'),
        ({"name": "　"}, 'column 7 (name) is empty: "\\u3000"'),
        ({"prefecture_code": "48"}, 'column 14 (prefecture code) is not a prefecture code from 01 to 47: "48"'),
        ({"postal_code": "100-0013"}, 'column 16 (postal code) is not 7 digits: "100-0013"'),
        ({"close_date": "1"}, 'column 19 (close date) is not a date (YYYY-MM-DD): "1"'),
        ({"close_cause": "12"}, 'column 20 (close cause) is none of 01, 11, 21, 31: "12"'),
        (
            {"successor_number": "123"},
            'column 21 (successor number) is not 13 digits of which the first is the check digit: "123"',
        ),
        ({"latest": "2"}, 'column 24 (latest) is neither 0 nor 1: "2"'),
        ({"street": "a\0b"}, 'column 12 (street) has a NUL character: "a\\x00b"'),
    ],
)
async def test_bad_record(engagements_dsn: str, tmp_path: Path, fields: dict[str, str], reason: str) -> None:
    path = file(tmp_path / "a.csv", [record(1), record(2, **fields), record(3)], newline="\r\n")
    run = await load(engagements_dsn, path)
    assert run.rejected == [RejectedRow(path, 2, reason)]
    assert sorted(row[0] for row in await table(engagements_dsn)) == sorted([number(1), number(3)])


async def test_bad_record_of_an_earlier_state_is_reported(engagements_dsn: str, tmp_path: Path) -> None:
    run = await load(engagements_dsn, file(tmp_path / "a.csv", [record(1, latest="0", name=""), record(1)]))
    assert run.summary == ImportSummary(read=2, rejected=1, superseded=0, inserted=1, updated=0, unchanged=0)


async def test_wrong_count_of_columns(engagements_dsn: str, tmp_path: Path) -> None:
    path = file(tmp_path / "a.csv", [record(1), record(2)[:-1], [], [*record(3), ""], record(4)])
    run = await load(engagements_dsn, path)
    assert [(row.line, row.reason) for row in run.rejected] == [
        (2, "29 columns instead of 30"),
        (4, "31 columns instead of 30"),
    ]
    assert run.summary.inserted == 2


@pytest.mark.parametrize("where", [7, 10, 12, 29])
async def test_unclosed_quote_spoils_no_other_record(engagements_dsn: str, tmp_path: Path, where: int) -> None:
    records = [record(serial) for serial in range(1, 6)]
    lines = [text([row]) for row in records]
    # All text quoted, as published: the quote that is open closes at the next record's first.
    quoted = [",".join(f'"{value}"' if not value.isascii() else value for value in row) + "\n" for row in records]
    fields = records[1].copy()
    fields[where - 1] = f'"{fields[where - 1]}'
    for others in (lines, quoted):
        path = tmp_path / "a.csv"
        path.write_text("".join([others[0], ",".join(fields) + "\n", *others[2:]]), encoding="cp932")
        run = await load(engagements_dsn, path)
        assert [row.line for row in run.rejected] == [2]
        assert run.rejected[0].reason.startswith("not CSV: ")
        assert run.summary.read == 5
    assert sorted(row[0] for row in await table(engagements_dsn)) == sorted(number(serial) for serial in (1, 3, 4, 5))


@pytest.mark.parametrize(("encoding", "bad"), [("cp932", b"\x81"), ("cp932", b"\xeb\x9f"), ("utf-8", b"\xe6\xa0")])
async def test_undecodable_bytes(engagements_dsn: str, tmp_path: Path, encoding: str, bad: bytes) -> None:
    lines = [text([record(serial)]).encode(encoding) for serial in range(1, 5)]
    lines[2] = lines[2].replace("千代田区".encode(encoding), b'"' + bad + b'"')
    path = tmp_path / "a.csv"
    path.write_bytes(b"".join(lines))
    run = await load(engagements_dsn, path)
    assert [row.line for row in run.rejected] == [3]
    assert run.rejected[0].reason.startswith("column 11 (city) has bytes that are not in the file's encoding")
    run.rejected[0].reason.encode()
    assert run.summary.inserted == 3


async def test_unreadable_files_stop_the_run_before_its_first_row(engagements_dsn: str, tmp_path: Path) -> None:
    good = file(tmp_path / "good.csv", [record()])
    (tmp_path / "empty.csv").touch()
    (tmp_path / "utf16.csv").write_text(text([record()] * 20), encoding="utf-16")
    (tmp_path / "other.csv").write_text("name,price\n林檎,100\n")
    (tmp_path / "two.zip").write_bytes(b"PK\x03\x04 no archive")
    for name, reason in {
        "missing.csv": "does not exist",
        ".": "is a folder",
        "empty.csv": "is empty",
        "utf16.csv": "is neither Shift_JIS nor UTF-8",
        "other.csv": "is not the corporate register",
        "two.zip": "is a .zip that cannot be unpacked",
    }.items():
        path = tmp_path / name
        with pytest.raises(UnreadableFile) as raised:
            await load(engagements_dsn, good, path)
        assert raised.value.file == path
        assert raised.value.reason.startswith(reason)
        assert str(raised.value) == f"{path}: {raised.value.reason}; {raised.value.remedy}"
    assert await table(engagements_dsn) == []


async def test_progress_reaches_the_total(engagements_dsn: str, tmp_path: Path) -> None:
    paths = [
        file(tmp_path / f"{first}.csv", (record(serial) for serial in range(first, first + 2_500))) for first in (1, 2_501)
    ]
    run = await load(engagements_dsn, *paths)
    total = sum(path.stat().st_size for path in paths)
    assert [step.file for step in run.progress] == [paths[0]] * 3 + [paths[1]] * 3
    assert {step.bytes_total for step in run.progress} == {total}
    done = [step.bytes_done for step in run.progress]
    assert done == sorted(done)
    assert (done[2], done[-1]) == (paths[0].stat().st_size, total)


async def test_search_finds_what_was_imported(engagements_dsn: str, tmp_path: Path) -> None:
    await load(engagements_dsn, file(tmp_path / "a.csv", [record(1), record(2, name="別", furigana="ベツ")]))
    sql = "SELECT number FROM corporation WHERE search LIKE fold_pattern($1)"
    for words in ("ﾋｮｳｼﾞ", "ひょうじ", "表示", number(1)):
        assert await query(engagements_dsn, sql, words) == [(number(1),)]


async def test_fold_ignores_width_kana_type_and_case(engagements_dsn: str) -> None:
    katakana = "".join(chr(code) for code in [*range(0x30A1, 0x30F7), 0x30FD, 0x30FE])
    hiragana = "".join(chr(ord(character) - 0x60) for character in katakana)
    kept = " 0123456789|株式会社有限会社・ー漢"
    for given, folded in {
        "ｶﾌﾞｼｷｶﾞｲｼｬ　ａｂｃ": "かぶしきがいしゃ abc",
        "カブシキガイシャ abc": "かぶしきがいしゃ abc",
        " かぶしきがいしゃ\t ABC\n": "かぶしきがいしゃ abc",
        katakana: hiragana,
        f"x{kept}": f"x{kept}",
    }.items():
        doubled = "".join(character * 2 for character in folded)
        assert await query(engagements_dsn, "SELECT fold($1)", given) == [(doubled,)]
