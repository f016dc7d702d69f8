"""Reference data that is kept as it was answered: asked for again it costs no read, and no change of it is missed."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from orjson import Fragment

from engine import patience
from hub.global_id import encode
from hub.runtime import Runtime
from hub.shaped import MOST_OWNERS, ShapedValues
from hub.source import Source
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import Answer, Ask, Dsns, asker, running, settings_for, until
from tests.miniature import execute, fill

QUERY = "{ engagements { nodes { leadPartner { name certifications { program status } } } } }"
PAGE = ["engagements:engagements.page"]
CRM = Viewer(ViewerKind.CRM, "CRM", partner_id=1)


@pytest.fixture
def miniature(source_dsns: Dsns) -> Dsns:
    fill(source_dsns)
    return source_dsns


@pytest.fixture
async def miniature_runtime(miniature: Dsns, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with running(settings_for(miniature, tmp_path)) as started:
        yield started


@pytest.fixture
async def ask(miniature_runtime: Runtime) -> Ask:
    """Ask until both levels are kept."""
    asked = asker(miniature_runtime)

    async def kept() -> bool:
        return (await asked(QUERY)).queries == PAGE

    await until(kept)
    return asked


async def lead(ask: Ask, **options: Any) -> Any:
    answer = await ask(QUERY, **options)
    assert answer.errors == []
    return answer.data["engagements"]["nodes"][0]["leadPartner"]


async def test_what_is_kept_is_what_was_read(ask: Ask, miniature_runtime: Runtime) -> None:
    kept = await lead(ask)
    for source in SourceName:
        miniature_runtime.cache.set_listening(source, False)
    assert await lead(ask) == kept


@pytest.mark.parametrize(
    ("source", "change", "name", "programs"),
    [
        (SourceName.DIRECTORY, "UPDATE directory.partner SET name = 'renamed' WHERE id = 1", "renamed", 1),
        (SourceName.CERTIFICATIONS, "DELETE FROM certifications.certification", None, 0),
    ],
)
async def test_a_change_of_either_source_is_seen(
    ask: Ask, source_dsns: Dsns, source: SourceName, change: str, name: str | None, programs: int
) -> None:
    before = await lead(ask)
    assert len(before["certifications"]) == 1
    await execute(source_dsns[source], change)

    async def seen() -> bool:
        now = await lead(ask)
        return now["name"] == (name or before["name"]) and len(now["certifications"]) == programs

    await until(seen)


EVERYTHING = """
    { partners(first: 5) { nodes {
      id name members { nodes { name partner { name } } totalCount } certifications { program } } } }
"""


async def everything(ask: Ask, **options: Any) -> tuple[Any, list[str]]:
    answer = await ask(EVERYTHING, **options)
    assert answer.errors == []
    return answer.data["partners"]["nodes"], answer.queries


async def test_a_page_of_kept_rows_reads_their_ids_alone(ask: Ask, miniature_runtime: Runtime) -> None:
    first, queries = await everything(ask)
    assert sorted(queries) == [
        "certifications:certifications",
        "directory:members.count by partner_id",
        "directory:members.page by partner_id",
        "directory:partners",
        "directory:partners.page",
    ]
    assert await everything(ask) == (first, ["directory:partners.page"])
    for source in SourceName:
        miniature_runtime.cache.set_listening(source, False)
    read, _ = await everything(ask)
    assert read == first
    assert [each["name"] for each in read] == ["山田会計", "鈴木システム"]
    assert read[0]["members"] == {"nodes": [{"name": "山田 花子", "partner": {"name": "山田会計"}}], "totalCount": 1}


@pytest.mark.parametrize(
    ("change", "names", "people"),
    [
        ("UPDATE directory.partner SET name = 'renamed' WHERE id = 2", ["山田会計", "renamed"], [["山田 花子"], []]),
        ("DELETE FROM directory.partner WHERE id = 1", ["鈴木システム"], [[]]),
        (
            "INSERT INTO directory.partner (id, name, roles) VALUES (3, '佐藤', '{}')",
            ["山田会計", "鈴木システム", "佐藤"],
            None,
        ),
        ("UPDATE directory.member SET name = '山田 太郎'", None, [["山田 太郎"], []]),
        ("UPDATE directory.member SET partner_id = 2", None, [[], ["山田 花子"]]),
        ("INSERT INTO directory.member (id, partner_id, name) VALUES (2, 2, '鈴木')", None, [["山田 花子"], ["鈴木"]]),
        ("DELETE FROM directory.member", None, [[], []]),
    ],
)
async def test_a_page_of_kept_rows_has_every_change(
    ask: Ask, source_dsns: Dsns, change: str, names: list[str] | None, people: list[list[str]] | None
) -> None:
    await everything(ask)
    assert (await everything(ask))[1] == ["directory:partners.page"]
    await execute(source_dsns[SourceName.DIRECTORY], change)

    async def seen() -> bool:
        nodes, _ = await everything(ask)
        return (names is None or [each["name"] for each in nodes] == names) and (
            people is None or [[member["name"] for member in each["members"]["nodes"]] for each in nodes] == people
        )

    await until(seen)


async def test_the_same_page_under_two_names_is_kept_for_each(ask: Ask) -> None:
    query = "{ associations { a: partners { nodes { name } } b: partners { nodes { region id } } } }"
    names = await ask("{ associations { partners { nodes { name } } } }")
    for _ in range(2):
        answer = await ask(query)
        assert answer.errors == []
        (association,) = answer.data["associations"]
        assert association["a"] == names.data["associations"][0]["partners"] == {"nodes": [{"name": "山田会計"}]}
        assert association["b"] == {"nodes": [{"region": None, "id": encode("Partner", 1)}]}


async def test_what_not_everyone_sees_is_not_kept(ask: Ask) -> None:
    query = "{ partners { nodes { members { nodes { name email } } } } }"
    for _ in range(2):
        answer = await ask(query)
        assert answer.errors == []
        assert "directory:member_emails" in answer.queries


async def test_members_are_kept_for_all_viewers_together(ask: Ask) -> None:
    kept, _ = await everything(ask)
    assert await everything(ask, viewer=CRM) == (kept, ["directory:partners.page"])


async def test_what_was_read_before_a_notice_is_not_kept_after_it(ask: Ask, miniature_runtime: Runtime) -> None:
    cache = miniature_runtime.cache
    owner, sources = object(), [SourceName.DIRECTORY]
    shaped = cache.shaped(owner, sources, "")
    assert shaped is not None
    cache.changed(SourceName.DIRECTORY, "partners", [1])
    shaped.keep({1: "old"})
    assert cache.shaped(owner, sources, "") is None, "nothing is kept while a notice is carried out"
    while (now := cache.shaped(owner, sources, "")) is None:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert now.values == {}


@pytest.mark.parametrize(
    ("first", "query"),
    [
        ("handoffs", "{ engagements { nodes { handoffs { id } leadPartner { name } } } }"),
        (
            "engagements.page by partner_id",
            "{ partners { nodes { engagements { nodes { id } } certifications { program } } } }",
        ),
        (
            "engagements.page by partner_id",
            "{ partners { nodes { engagements { nodes { id } } members { nodes { name } } } } }",
        ),
    ],
)
async def test_what_another_request_has_kept_meanwhile_is_taken(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, first: str, query: str
) -> None:
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 60)
    fetch = Source.fetch
    asks = False
    others: list[Answer] = []

    async def with_another(self: Source, name: str, *arguments: Any, **options: Any) -> Any:
        nonlocal asks
        if name == first and not asks:
            asks = True
            others.append(await ask(query))
        return await fetch(self, name, *arguments, **options)

    monkeypatch.setattr(Source, "fetch", with_another)
    answer = await ask(query)
    (other,) = others
    assert answer.errors == other.errors == []
    assert answer.data == other.data
    assert len(answer.queries) <= len(other.queries)


async def test_while_notices_cannot_be_heard_nothing_is_kept(ask: Ask, miniature_runtime: Runtime) -> None:
    miniature_runtime.cache.set_listening(SourceName.CERTIFICATIONS, False)
    for _ in range(2):
        assert "certifications:certifications" in (await ask(QUERY)).queries


async def test_viewers_who_see_the_same_share_it_and_days_do_not(ask: Ask, miniature_runtime: Runtime) -> None:
    assert (await ask(QUERY, viewer=CRM)).queries == PAGE
    context = miniature_runtime.context(CRM)
    from loaders.certifications import CERTIFICATIONS_KEPT

    today = CERTIFICATIONS_KEPT.scope(context)
    context.now = context.now.replace(year=context.now.year + 1)
    assert CERTIFICATIONS_KEPT.scope(context) != today


def test_values_are_bounded_over_all_owners() -> None:
    values = ShapedValues(most_values=5, ttl_seconds=60, in_json=True)
    values.of("first", 0).keep({1: "a", 2: "b", 3: "c"})
    assert values.of("first", 0).values == {1: "a", 2: "b", 3: "c"}
    values.of("second", 0).keep({1: "a", 2: "b", 3: "c"})
    assert values.of("first", 0).values == {}
    assert values.of("second", 0).values == {}


def test_values_are_kept_as_the_text_that_is_sent_and_null_as_null() -> None:
    values = ShapedValues(most_values=5, ttl_seconds=60, in_json=True)
    partner = {"name": '"佐藤" 研修所', "certifications": [{"program": "IT"}]}
    values.of("owner", 0).keep_answers({1: partner, 2: None, 3: []})
    kept = values.of("owner", 0).values
    assert {key: type(value) for key, value in kept.items()} == {1: Fragment, 2: type(None), 3: Fragment}
    assert orjson.dumps([*kept.values()]) == orjson.dumps([partner, None, []])


def test_a_kept_text_holds_on_to_no_buffer_that_it_was_written_in() -> None:
    kept = ShapedValues(most_values=1000, ttl_seconds=60, in_json=True).of("owner", 0)
    tracemalloc.start()
    try:
        kept.keep_answers({key: {"name": "山田会計"} for key in range(1000)})
        held_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held_bytes < 1000 * 500


def test_values_are_kept_as_they_are_where_answers_are_no_json() -> None:
    values = ShapedValues(most_values=5, ttl_seconds=60, in_json=False)
    values.of("owner", 0).keep_answers({1: {"name": "山田会計"}, 2: None})
    assert values.of("owner", 0).values == {1: {"name": "山田会計"}, 2: None}


def test_owners_are_bounded() -> None:
    values = ShapedValues(most_values=10**6, ttl_seconds=60, in_json=True)
    for owner in range(MOST_OWNERS + 1):
        values.of(owner, 0).keep({1: owner})
    assert values.of(MOST_OWNERS, 0).values == {1: MOST_OWNERS}
    assert values.of(0, 0).values == {}


def test_values_hold_for_one_generation_and_for_their_time() -> None:
    values = ShapedValues(most_values=5, ttl_seconds=60, in_json=True)
    values.of("owner", 1).keep({1: "a"})
    assert values.of("owner", 2).values == {}
    gone = ShapedValues(most_values=5, ttl_seconds=0, in_json=True)
    gone.of("owner", 1).keep({1: "a"})
    assert gone.of("owner", 1).values == {}
