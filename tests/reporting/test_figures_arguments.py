"""The arguments of figures: order, top and rest, bounds, filters; what is refused; what is read for them."""

import asyncio
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.errors import CostCeilingExceeded
from hub.runtime import Runtime
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import STAFF, Ask, Dsns, Servers, asker, running, settings_for, until
from tests.miniature import execute, fill
from tests.plain_sql import gid
from tests.reporting.conftest import NOW, AskThen
from tests.reporting.oracle import Cube, Fact
from tests.reporting.programme import Programme
from tests.reporting.test_figures import BY_NAME, KINDS, TOKYO, close, viewer_of

SELECTED = "engagements clients handoffs acceptanceRate medianDaysToAccept medianDaysOpen"


def ranked(cube: Cube, by: list[str], measure: str, *, descending: bool) -> list[tuple[tuple[Any, ...], list[Fact]]]:
    """The groups by a measure, nulls last, ties by the dimensions."""

    def place(item: tuple[tuple[Any, ...], list[Fact]]) -> tuple[Any, ...]:
        value = cube.measures[measure](item[1])
        amount = 0 if value is None else -value if descending else value
        return (value is None, round(amount, 9), [(each is None, each or 0) for each in item[0]])

    return sorted(cube.groups(by).items(), key=place)


def rest_of(groups: list[tuple[tuple[Any, ...], list[Fact]]]) -> list[Fact]:
    """The facts of these groups, each once."""
    return list({fact.row["id"]: fact for _, facts in groups for fact in facts}.values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
@pytest.mark.parametrize("measure", ["ENGAGEMENTS", "ACCEPTANCE_RATE", "MEDIAN_DAYS_OPEN"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_the_top_by_a_measure_and_the_rest_as_one_row(
    ask_then: AskThen, programme: Programme, kind: ViewerKind, measure: str, direction: str
) -> None:
    root, viewer = BY_NAME["engagementStats"], viewer_of(kind, programme)
    cube = root.cube(programme, viewer, NOW, TOKYO)
    groups = ranked(cube, ["LEAD_PARTNER"], root.field(measure), descending=direction == "DESC")
    answer = await ask_then(
        f"{{ engagementStats(groupBy: [LEAD_PARTNER], orderBy: {{measure: {measure}, direction: {direction}}}, top: 7)"
        f" {{ leadPartner {{ id }} isRest {SELECTED} }} }}",
        viewer=viewer,
    )
    assert answer.errors == []
    names = SELECTED.split()
    first = [
        {"leadPartner": {"id": gid("Partner", key[0])}, "isRest": False, **close(cube.measured(facts, names))}
        for key, facts in groups[:7]
    ]
    rest = {"leadPartner": None, "isRest": True, **close(cube.measured(rest_of(groups[7:]), names))}
    assert answer.data["engagementStats"] == [*first, rest]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
@pytest.mark.parametrize("by", [["SYMPTOM"], ["LEAD_ASSOCIATION"], ["SYMPTOM", "LEAD_ASSOCIATION", "REGION"]], ids="+".join)
async def test_what_is_in_several_groups_is_in_the_rest_once(
    ask_then: AskThen, programme: Programme, kind: ViewerKind, by: list[str]
) -> None:
    root, viewer = BY_NAME["engagementStats"], viewer_of(kind, programme)
    cube = root.cube(programme, viewer, NOW, TOKYO)
    groups = ranked(cube, by, "engagements", descending=True)
    answer = await ask_then(
        f"{{ engagementStats(groupBy: [{', '.join(by)}], top: 2)"
        f" {{ {' '.join(map(root.selection, by))} isRest {SELECTED} }} }}",
        viewer=viewer,
    )
    expected = [
        {**{root.field(name): root.value(name, value) for name, value in zip(by, key, strict=True)},
         "isRest": False, **close(cube.measured(facts, SELECTED.split()))}
        for key, facts in groups[:2]
    ]  # fmt: skip
    rest = cube.measured(rest_of(groups[2:]), SELECTED.split())
    expected.append({**{root.field(name): None for name in by}, "isRest": True, **close(rest)})
    assert answer.data["engagementStats"] == expected
    assert sum(row["engagements"] for row in answer.data["engagementStats"]) > len(cube.facts)


async def test_the_rest_of_counts_alone(ask_then: AskThen, programme: Programme) -> None:
    root = BY_NAME["engagementStats"]
    cube = root.cube(programme, STAFF, NOW, TOKYO)
    groups = ranked(cube, ["REGION", "INDUSTRY"], "engagements", descending=True)
    answer = await ask_then(
        "{ engagementStats(groupBy: [REGION, INDUSTRY], top: 3) { region industry isRest engagements handoffs } }"
    )
    rows = [
        {"region": key[0], "industry": key[1], "isRest": False, **cube.measured(facts, ["engagements", "handoffs"])}
        for key, facts in groups[:3]
    ]
    rest = cube.measured(rest_of(groups[3:]), ["engagements", "handoffs"])
    assert answer.data["engagementStats"] == [*rows, {"region": None, "industry": None, "isRest": True, **rest}]


async def test_no_rest_where_nothing_is_left(ask_then: AskThen) -> None:
    answer = await ask_then("{ engagementStats(groupBy: [PHASE], top: 4) { phase isRest } }")
    assert answer.data["engagementStats"] == [
        {"phase": phase, "isRest": False}
        for phase in (row["phase"] for row in answer.data["engagementStats"])
    ]  # fmt: skip
    assert {row["phase"] for row in answer.data["engagementStats"]} == {
        "AWARENESS", "CONSULTATION", "DEPLOYMENT", "UTILIZATION",
    }  # fmt: skip


@pytest.mark.parametrize("top", [None, 3])
async def test_groups_are_left_out_by_bounds_on_measures(ask_then: AskThen, programme: Programme, top: int | None) -> None:
    root = BY_NAME["engagementStats"]
    cube = root.cube(programme, STAFF, NOW, TOKYO)

    def kept(facts: list[Fact]) -> bool:
        return cube.measures["engagements"](facts) >= 20 and 0.5 <= (cube.measures["acceptanceRate"](facts) or 0) <= 0.7

    groups = [item for item in ranked(cube, ["LEAD_PARTNER"], "engagements", descending=True) if kept(item[1])]
    assert len(groups) > 3
    answer = await ask_then(
        "query($top: Int) { engagementStats(groupBy: [LEAD_PARTNER], top: $top,"
        " orderBy: {measure: ENGAGEMENTS, direction: DESC},"
        " having: [{measure: ENGAGEMENTS, min: 20}, {measure: ACCEPTANCE_RATE, min: 0.5, max: 0.7}])"
        " { leadPartner { id } engagements medianDaysOpen } }",
        top=top,
    )
    assert answer.errors == []
    expected = [
        {"leadPartner": {"id": gid("Partner", key[0])}, **close(cube.measured(facts, ["engagements", "medianDaysOpen"]))}
        for key, facts in groups[:top]
    ]
    if top is not None:
        rest = cube.measured(rest_of(groups[top:]), ["engagements", "medianDaysOpen"])
        expected.append({"leadPartner": None, **close(rest)})
    assert answer.data["engagementStats"] == expected


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
@pytest.mark.parametrize(
    "filter",
    ["phases: [DEPLOYMENT, UTILIZATION]", "statuses: [OPEN]", 'regions: ["JP-13", "JP-27"]', 'openedFrom: "2025-04-01"',
     'openedTo: "2025-03-31"', 'search: "会計"', 'updatedSince: "2026-03-01T00:00:00Z"'],
)  # fmt: skip
async def test_figures_are_over_what_the_list_with_the_same_filter_has(
    ask_then: AskThen, programme: Programme, kind: ViewerKind, filter: str
) -> None:
    answer = await ask_then(
        f"{{ engagementStats(groupBy: [], filter: {{{filter}}}) {{ engagements }}"
        f" phaseFunnel(filter: {{{filter}}}) {{ completed abandoned open }}"
        f" engagements(filter: {{{filter}}}) {{ totalCount }} }}",
        viewer=viewer_of(kind, programme),
    )
    count = answer.data["engagements"]["totalCount"]
    assert answer.data["engagementStats"] == [{"engagements": count}]
    assert sum(sum(row.values()) for row in answer.data["phaseFunnel"]) == count


async def test_the_reporting_tool_counts_clients_and_cannot_pick_one(ask_then: AskThen, programme: Programme) -> None:
    reporting = viewer_of(ViewerKind.REPORTING, programme)
    client = programme["engagement"][0]["client_id"]
    name = programme.one["client"][client]["name"]
    for filter in (f'clientId: "{gid("Client", client)}"', f'search: "{name}"'):
        query = f"{{ engagementStats(groupBy: [], filter: {{{filter}}}) {{ engagements clients }} }}"
        assert (await ask_then(query)).data["engagementStats"][0]["engagements"] > 0
        assert (await ask_then(query, viewer=reporting)).data["engagementStats"] == [{"engagements": 0, "clients": 0}]


async def test_filters_of_the_other_figures(ask_then: AskThen, programme: Programme) -> None:
    handoffs = [row for row in programme["handoff"] if row["to_partner_id"] == programme.busiest_firm]
    course = programme["session"][0]["course_id"]
    posts = [row for row in programme["post"] if row["visibility"] == "NETWORK" and row["posted_at"] >= oracle_day(2026, 1)]
    program = programme["certification"][0]["program"]
    certified = [row for row in programme["certification"] if row["program"] == program]
    answer = await ask_then(
        "query($firm: ID!, $course: ID!, $program: String!) {"
        " handoffStats(groupBy: [], filter: {partnerId: $firm, direction: INCOMING}) { handoffs }"
        " trainingStats(groupBy: [], filter: {courseId: $course}) { sessions }"
        ' communityStats(groupBy: [], filter: {visibilities: [NETWORK], postedFrom: "2026-01-01"}) { posts }'
        " certificationStats(groupBy: [], filter: {program: $program}) { certifications } }",
        firm=gid("Partner", programme.busiest_firm), course=gid("Course", course), program=program,
    )  # fmt: skip
    assert answer.data == {
        "handoffStats": [{"handoffs": len(handoffs)}],
        "trainingStats": [{"sessions": len(programme.by("session", "course_id")[course])}],
        "communityStats": [{"posts": len(posts)}],
        "certificationStats": [{"certifications": len(certified)}],
    }


def oracle_day(year: int, month: int) -> Any:
    """The first moment of a month in the programme's time zone."""
    return NOW.astimezone(ZoneInfo("Asia/Tokyo")).replace(year=year, month=month, day=1, hour=0)


async def test_nothing_is_no_group_and_still_one_where_all_is_one(ask_then: AskThen) -> None:
    nothing = Viewer(ViewerKind.CRM, "of no firm")
    answer = await ask_then(
        "{ byPhase: engagementStats(groupBy: [PHASE]) { phase } first: engagementStats(groupBy: [PHASE], top: 1) { phase }"
        f" all: engagementStats(groupBy: []) {{ {SELECTED} }}"
        " phaseFunnel { phase entered medianDays } handoffStats(groupBy: [], top: 3) { handoffs lapseRate isRest } }",
        viewer=nothing,
    )
    assert answer.errors == []
    assert answer.data == {
        "byPhase": [],
        "first": [],
        "all": [{"engagements": 0, "clients": 0, "handoffs": 0, "acceptanceRate": None, "medianDaysToAccept": None,
                 "medianDaysOpen": None}],
        "phaseFunnel": [{"phase": phase, "entered": 0, "medianDays": None}
                        for phase in ("AWARENESS", "CONSULTATION", "DEPLOYMENT", "UTILIZATION")],
        "handoffStats": [{"handoffs": 0, "lapseRate": None, "isRest": False}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "field", "problem"),
    [
        ("groupBy: [PHASE, PHASE]", "groupBy", "names PHASE twice"),
        ("groupBy: [OPENED_WEEK, OPENED_YEAR]", "groupBy", "names OPENED_WEEK and OPENED_YEAR; one period at a time"),
        ("groupBy: [PHASE], top: 0", "top", "must be 1 to 1000, not 0"),
        ("groupBy: [PHASE], top: 1001", "top", "must be 1 to 1000, not 1001"),
        ('groupBy: [PHASE], timeZone: "Asia/Edo"', "timeZone",
         "must be a name of the IANA database, for example Asia/Tokyo, not 'Asia/Edo'"),
        ("groupBy: [PHASE], having: [{measure: CLIENTS}]", "having[0]", "needs `min` or `max`, or both"),
        ("groupBy: [PHASE], having: [{measure: CLIENTS, min: 1}, {measure: CLIENTS, min: 2}]", "having[1]",
         "bounds CLIENTS again; give each measure's `min` and `max` once"),
        ('groupBy: [PHASE], filter: {regions: ["Tokyo"]}', "filter.regions",
         "must be ISO 3166-2 codes, for example JP-13, not 'Tokyo'"),
        ("groupBy: [LEAD_PARTNER, REGION, INDUSTRY]", "groupBy",
         "makes more than 1,000 groups; narrow the filter, group by less, or ask for the `top` of them, "
         "with the rest as one row"),
    ],
)  # fmt: skip
async def test_what_is_refused_names_the_argument(ask: Ask, arguments: str, field: str, problem: str) -> None:
    answer = await ask(f"{{ engagementStats({arguments}) {{ engagements }} }}")
    assert answer.data == {"engagementStats": None}
    assert answer.error["message"] == f"{field}: {problem}"
    assert answer.error["extensions"] == {"code": "BAD_INPUT", "field": field}


@pytest.mark.parametrize(
    ("query", "queries"),
    [
        ("{ engagementStats(groupBy: [PHASE]) { phase engagements } }", ["engagements:engagement_figures"]),
        ("{ engagementStats(groupBy: [LEAD_PARTNER], top: 9) { handoffs } }", ["engagements:engagement_figures"]),
        ("{ engagementStats(groupBy: [LEAD_REGION]) { leadRegion } }", ["directory:homes", "engagements:engagement_figures"]),
        ("{ a: engagementStats(groupBy: [LEAD_ASSOCIATION]) { clients }"
         " b: handoffStats(groupBy: [TO_ASSOCIATION]) { handoffs } }",
         ["directory:memberships", "engagements:engagement_figures", "engagements:handoff_figures"]),
    ],
)  # fmt: skip
async def test_a_figure_is_one_query_and_the_directory_is_asked_once(ask: Ask, query: str, queries: list[str]) -> None:
    assert (await ask(query)).queries == queries


@pytest.mark.parametrize(
    ("dimension", "field", "change"),
    [
        ("LEAD_REGION", "leadRegion", "UPDATE directory.partner SET region = 'JP-47' WHERE id = 1"),
        ("LEAD_ASSOCIATION", "leadAssociation { code }", "DELETE FROM directory.membership"),
    ],
)
async def test_what_the_directory_says_is_kept_until_it_changes(
    source_dsns: Dsns, tmp_path: Path, dimension: str, field: str, change: str
) -> None:
    await asyncio.to_thread(fill, source_dsns)
    query = f"{{ engagementStats(groupBy: [{dimension}]) {{ {field} engagements }} }}"
    async with running(settings_for(source_dsns, tmp_path, cache_ttl_seconds=3600)) as runtime:
        ask = asker(runtime)
        before = (await ask(query)).data

        async def is_kept() -> bool:
            return (await ask(query)).queries == ["engagements:engagement_figures"]

        async def has_changed() -> bool:
            return bool((await ask(query)).data != before)

        await until(is_kept)
        await execute(source_dsns[SourceName.DIRECTORY], change)
        await until(has_changed)
        await until(is_kept)
        assert (await ask(query)).data != before


async def test_only_what_is_selected_is_in_the_query(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    source = runtime.sources[SourceName.ENGAGEMENTS]
    sent: list[str] = []
    fetch = source.fetch

    async def noted(query_name: str, text: str, arguments: Any, *, by_value: bool) -> Any:
        assert by_value
        sent.append(text)
        return await fetch(query_name, text, arguments, by_value=by_value)

    monkeypatch.setattr(source, "fetch", noted)
    ask = asker(runtime)
    await ask("{ engagementStats(groupBy: [PHASE]) { phase engagements } }")
    await ask("{ engagementStats(groupBy: [STATUS], orderBy: {measure: HANDOFFS, direction: ASC}) { medianDaysOpen } }")
    for absent in (
        "count(DISTINCT",
        "percentile_cont",
        "engagements.handoff ",
        "engagements.finding",
        "unnest",
        "GROUP BY fact.status",
    ):
        assert absent not in sent[0]
    assert "percentile_cont(0.5)" in sent[1]
    assert "count(fact.handoff_id)" in sent[1]
    assert "count(fact.engagement_id)" not in sent[1]
    assert "GROUP BY fact.phase" not in sent[1]


async def test_by_association_needs_the_directory(seeded_dsns: Dsns, servers: Servers, tmp_path: Path) -> None:
    without = {**seeded_dsns, SourceName.DIRECTORY: servers.first.dsn("nowhere")}
    async with running(settings_for(without, tmp_path)) as runtime:
        answer = await asker(runtime)(
            "{ byAssociation: engagementStats(groupBy: [LEAD_ASSOCIATION]) { engagements }"
            " byPhase: engagementStats(groupBy: [PHASE], top: 1) { isRest } }"
        )
    assert answer.data == {"byAssociation": None, "byPhase": [{"isRest": False}, {"isRest": True}]}
    assert answer.error["path"] == ["byAssociation"]
    assert answer.error["extensions"] == {"code": "SOURCE_UNAVAILABLE", "source": "directory"}


async def test_an_operation_past_its_ceiling_is_told_what_to_narrow(
    seeded_dsns: Dsns, tmp_path: Path, programme: Programme
) -> None:
    query = "{ engagementStats(groupBy: [LEAD_PARTNER]) { leadPartner { posts(first: 10) { nodes { title } } } } }"
    async with running(settings_for(seeded_dsns, tmp_path, cost_ceiling_reporting=10_000)) as runtime:
        ask = asker(runtime)
        reporting = viewer_of(ViewerKind.REPORTING, programme)
        with pytest.raises(CostCeilingExceeded) as refused:
            await ask(query, viewer=reporting)
        requested, field = 500 + 1000 * (1 + 1 + 1 + 10), "engagementStats.leadPartner.posts"
        assert refused.value.extensions["cost"] == {"requested": requested, "ceiling": 10_000, "field": field}
        assert str(refused.value) == (
            f"The operation costs {requested}, {requested - 10_000} more than the 10000 that one may. Most of it is {field}: "
            "ask for fewer of it or of what is around it (`first`, `last`, `top`), or in several operations."
        )
        answer = await ask(query.replace("LEAD_PARTNER]", "LEAD_PARTNER], top: 5"), viewer=reporting)
        assert len(answer.data["engagementStats"]) == 6
        assert answer.extensions["cost"]["requested"] == 500 + 5 * (1 + 1 + 1 + 10)
