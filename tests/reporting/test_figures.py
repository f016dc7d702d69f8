"""Every dimension and every measure of every root field of figures, held to plain Python, for three kinds of viewers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from graphql import GraphQLEnumType

from hub.viewer import Viewer, ViewerKind
from tests.conftest import SCHEMA, STAFF
from tests.plain_sql import gid
from tests.reporting import oracle
from tests.reporting.conftest import NOW, AskThen
from tests.reporting.oracle import Cube
from tests.reporting.programme import Programme

TOKYO = ZoneInfo("Asia/Tokyo")
REPORTING = Viewer(ViewerKind.REPORTING, "Reports")
KINDS = [ViewerKind.STAFF, ViewerKind.CRM, ViewerKind.REPORTING]


@dataclass(frozen=True)
class Root:
    """A root field, its cube, and how its dimensions are selected where they are not a leaf of their own name."""

    name: str
    type: str
    cube: Callable[[Programme, Viewer, datetime, tzinfo], Cube]
    selected: dict[str, str]

    def field(self, dimension: str) -> str:
        """The response key of a dimension."""
        for period in ("WEEK", "MONTH", "QUARTER", "YEAR"):
            if dimension.endswith(f"_{period}"):
                return f"{dimension.removesuffix(f'_{period}').lower()}Period"
        head, *tail = dimension.lower().split("_")
        return head + "".join(map(str.capitalize, tail))

    def selection(self, dimension: str) -> str:
        """How a dimension is selected."""
        name, key = self.field(dimension), self.selected.get(dimension)
        return name if key is None else f"{name} {{ {'code' if key == 'code' else 'id'} }}"

    def value(self, dimension: str, value: Any) -> Any:
        """A value of a dimension as it is answered."""
        key = self.selected.get(dimension)
        if value is None or key is None:
            return value
        return {"code": value} if key == "code" else {"id": gid(key, value)}


ROOTS = [
    Root("engagementStats", "Engagement", oracle.engagements,
         {"SYMPTOM": "code", "LEAD_PARTNER": "Partner", "LEAD_ASSOCIATION": "Association"}),
    Root("handoffStats", "Handoff", oracle.handoffs,
         {"FROM_PARTNER": "Partner", "TO_PARTNER": "Partner",
          "FROM_ASSOCIATION": "Association", "TO_ASSOCIATION": "Association"}),
    Root("certificationStats", "Certification", oracle.certifications, {"PARTNER": "Partner", "ASSOCIATION": "Association"}),
    Root("trainingStats", "Training", oracle.trainings,
         {"COURSE": "Course", "PROVIDER": "Partner", "PROVIDER_ASSOCIATION": "Association"}),
    Root("communityStats", "Community", oracle.community, {"PARTNER": "Partner", "ASSOCIATION": "Association"}),
]  # fmt: skip
BY_NAME = {root.name: root for root in ROOTS}


def dimensions() -> Iterator[tuple[Root, str]]:
    """Every dimension of every root field, as the schema has them."""
    for root in ROOTS:
        enum = SCHEMA._schema.type_map[f"{root.type}Dimension"]
        assert isinstance(enum, GraphQLEnumType)
        yield from ((root, name) for name in enum.values)


def viewer_of(kind: ViewerKind, programme: Programme) -> Viewer:
    """A viewer of this kind; a firm's is that of the busiest."""
    return Viewer(kind, "Somebody", partner_id=programme.busiest_firm if kind is ViewerKind.CRM else None)


def expected(root: Root, groups: dict[tuple[Any, ...], dict[str, Any]], by: list[str]) -> list[dict[str, Any]]:
    """The answer that the oracle's groups are."""
    return [
        {**{root.field(name): root.value(name, value) for name, value in zip(by, key, strict=True)}, **close(measured)}
        for key, measured in groups.items()
    ]


def close(measured: dict[str, Any]) -> dict[str, Any]:
    """Numbers with a fraction need not agree in their last bit."""
    return {name: pytest.approx(value, rel=1e-9) if isinstance(value, float) else value for name, value in measured.items()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
@pytest.mark.parametrize(("root", "dimension"), list(dimensions()), ids=lambda value: getattr(value, "name", value))
async def test_all_measures_by_each_dimension(
    ask_then: AskThen, programme: Programme, root: Root, dimension: str, kind: ViewerKind
) -> None:
    viewer = viewer_of(kind, programme)
    cube = root.cube(programme, viewer, NOW, TOKYO)
    query = f"{{ {root.name}(groupBy: [{dimension}]) {{ {root.selection(dimension)} {' '.join(cube.measures)} }} }}"
    answer = await ask_then(query, viewer=viewer)
    assert answer.errors == []
    assert answer.data[root.name] == expected(root, cube.grouped([dimension]), [dimension])


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.name)
def test_the_oracle_knows_every_measure(programme: Programme, root: Root) -> None:
    row = SCHEMA._schema.type_map[f"{root.type}StatsRow"].fields  # type: ignore[attr-defined]
    enum = SCHEMA._schema.type_map[f"{root.type}Measure"]
    assert isinstance(enum, GraphQLEnumType)
    cube = root.cube(programme, STAFF, NOW, TOKYO)
    assert {root.field(name) for name in enum.values} == set(cube.measures) <= set(row)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.name)
async def test_without_a_dimension_all_is_one_group(
    ask_then: AskThen, programme: Programme, root: Root, kind: ViewerKind
) -> None:
    viewer = viewer_of(kind, programme)
    cube = root.cube(programme, viewer, NOW, TOKYO)
    answer = await ask_then(f"{{ {root.name}(groupBy: []) {{ isRest {' '.join(cube.measures)} }} }}", viewer=viewer)
    assert answer.data == {root.name: [{"isRest": False, **close(cube.measured(cube.facts))}]}


async def test_dimensions_are_combined_in_the_order_asked_for(ask_then: AskThen, programme: Programme) -> None:
    root = BY_NAME["engagementStats"]
    cube = root.cube(programme, STAFF, NOW, TOKYO)
    by = ["SYMPTOM", "LEAD_ASSOCIATION", "OPENED_YEAR"]
    groups = cube.grouped(by, ["engagements", "clients", "handoffs", "medianDaysToAccept"])
    answer = await ask_then(
        "{ engagementStats(groupBy: [SYMPTOM, LEAD_ASSOCIATION, OPENED_YEAR]) { symptom { code } leadAssociation { id }"
        " openedPeriod engagements clients handoffs medianDaysToAccept phase region leadPartner { name } } }"
    )
    assert answer.errors == []
    nothing = {"phase": None, "region": None, "leadPartner": None}
    assert answer.data["engagementStats"] == [{**row, **nothing} for row in expected(root, groups, by)]
    assert answer.queries == [
        "directory:associations", "directory:memberships", "engagements:engagement_figures", "engagements:symptoms",
    ]  # fmt: skip


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati"])
@pytest.mark.parametrize(
    ("name", "dimension"),
    [("engagementStats", "OPENED_WEEK"), ("handoffStats", "OFFERED_MONTH"), ("communityStats", "POSTED_WEEK"),
     ("trainingStats", "STARTS_WEEK")],
)  # fmt: skip
async def test_periods_begin_at_midnight_of_the_time_zone(
    ask_then: AskThen, programme: Programme, name: str, dimension: str, zone: str
) -> None:
    root = BY_NAME[name]
    cube = root.cube(programme, STAFF, NOW, ZoneInfo(zone))
    count = next(iter(cube.measures))
    answer = await ask_then(
        f'{{ {name}(groupBy: [{dimension}], timeZone: "{zone}") {{ {root.selection(dimension)} {count} }} }}'
    )
    assert answer.data[name] == expected(root, cube.grouped([dimension], [count]), [dimension])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
async def test_the_funnel(ask_then: AskThen, programme: Programme, kind: ViewerKind) -> None:
    viewer = viewer_of(kind, programme)
    full = programme.in_full(viewer)
    visible = full | programme.offered(viewer, NOW)
    assignments = programme.by("assignment", "engagement_id")
    phases = ("AWARENESS", "CONSULTATION", "DEPLOYMENT", "UTILIZATION")
    rows: dict[str, list[tuple[str, float | None]]] = {phase: [] for phase in phases}
    for row in programme["engagement"]:
        if row["id"] not in visible:
            continue
        been = assignments[row["id"]] if row["id"] in full else []
        for phase in {row["phase"], *(each["phase"] for each in been)}:
            stays = [each for each in been if each["phase"] == phase]
            closed = bool(stays) and all(each["ended_at"] for each in stays)
            days = (max(s["ended_at"] for s in stays) - min(s["started_at"] for s in stays)) / oracle.DAY if closed else None
            rows[phase].append((row["status"] if phase == row["phase"] else "ADVANCED", days))
    answer = await ask_then("{ phaseFunnel { phase entered advanced completed abandoned open medianDays } }", viewer=viewer)
    assert answer.data["phaseFunnel"] == [
        {"phase": phase, "entered": len(found),
         **{status.lower(): sum(each == status for each, _ in found)
            for status in ("ADVANCED", "COMPLETED", "ABANDONED", "OPEN")},
         "medianDays": pytest.approx(oracle.percentile(0.5, (days for _, days in found)), rel=1e-9)}
        for phase, found in rows.items()
    ]  # fmt: skip
    assert answer.queries == ["engagements:phase_figures"]
