"""How an operation was run: told on request to those who may know, and logged where it was slow."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from hub.settings import ShowPlan
from hub.viewer import Viewer, ViewerKind
from tests.conftest import STAFF, Dsns, Http, running, settings_for
from tests.conftest import asker as asker_of

QUERY = "query Board { engagements(first: 2) { nodes { client { name } lead: leadPartner { associations { code } } } } }"
CRM = Viewer(ViewerKind.CRM, "CRM", partner_id=1)


def shape(plan: Mapping[str, Any]) -> list[tuple[int, set[tuple[str, str, str]]]]:
    """The levels, with where each read was asked for, of which source, by which query."""
    return [
        (level["level"], {(read["path"], read["source"], read["query"]) for read in level["reads"]}) for level in plan["levels"]
    ]


async def test_staff_is_told_each_level_on_request(http: Http) -> None:
    answer = (await http.post({"query": QUERY, "extensions": {"plan": True}})).json()
    plan = answer["extensions"]["plan"]
    assert shape(plan) == [
        (1, {("engagements", "engagements", "engagements.page")}),
        (2, {("engagements.nodes.lead", "directory", "partners")}),
        (3, {("engagements.nodes.lead.associations", "directory", "associations")}),
    ]
    reads = [read for level in plan["levels"] for read in level["reads"]]
    assert reads[0]["keys"] == 1
    assert reads[0]["rows"] == 3, "one more than the page, which tells whether there is more"
    assert all(read["milliseconds"] > 0 for read in reads)
    assert plan["milliseconds"] >= max(read["milliseconds"] for read in reads)


async def test_who_does_not_ask_is_not_told(http: Http) -> None:
    for extensions in ({}, {"plan": False}):
        answer = (await http.post({"query": QUERY, "extensions": extensions})).json()
        assert set(answer["extensions"]) == {"cost"}


async def test_a_firm_is_not_told_and_nothing_is_run(http: Http) -> None:
    answer = await http.post({"query": QUERY, "extensions": {"plan": True}}, viewer=CRM)
    assert answer.status_code == 403
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "PLAN_NOT_SHOWN"}
    assert "data" not in answer.json()


async def test_what_is_no_answer_to_the_question_is_refused(http: Http) -> None:
    answer = await http.post({"query": QUERY, "extensions": {"plan": "yes"}})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "extensions.plan: must be true or false."


@pytest.mark.parametrize(
    ("show", "viewer", "shown"),
    [
        (ShowPlan.NOBODY, STAFF, False),
        (ShowPlan.STAFF, STAFF, True),
        (ShowPlan.STAFF, CRM, False),
        (ShowPlan.EVERYONE, CRM, True),
    ],
)
async def test_the_operator_says_who_is_told(
    seeded_dsns: Dsns, tmp_path: Path, show: ShowPlan, viewer: Viewer, shown: bool
) -> None:
    from engine.operations import Operations
    from hub.errors import PlanNotShown
    from hub.graphql_request import GraphQLRequest, OperationKind
    from schema import build_schema

    async with running(settings_for(seeded_dsns, tmp_path, show_plan=show)) as runtime:
        operations = Operations(build_schema(), runtime.settings)
        asked = GraphQLRequest("{ viewer { name } }", None, None, wants_plan=True)
        allowed = frozenset({OperationKind.QUERY})
        if not shown:
            with pytest.raises(PlanNotShown):
                await operations.run(asked, runtime.context(viewer), allowed=allowed)
            return
        outcome = await operations.run(asked, runtime.context(viewer), allowed=allowed)
        assert outcome.answer["extensions"]["plan"]["levels"] == []


async def test_a_slow_operation_is_logged_with_what_it_read(seeded_dsns: Dsns, tmp_path: Path) -> None:
    async with running(settings_for(seeded_dsns, tmp_path, slow_operation_milliseconds=0.001)) as runtime:
        with capture_logs() as logs:
            await asker_of(runtime)(QUERY, viewer=CRM)
    (line,) = [line for line in logs if line["event"] == "operation.slow"]
    assert (line["operation"], line["viewer"], line["partner_id"], line["log_level"]) == ("Board", "crm", 1, "warning")
    assert len(line["document_sha256"]) == 64
    assert line["cost"] > 0
    assert [level for level, _ in shape(line)] == [1, 2, 3]


@pytest.mark.parametrize("threshold", [0, 60_000])
async def test_what_is_not_slow_is_not_logged(seeded_dsns: Dsns, tmp_path: Path, threshold: float) -> None:
    async with running(settings_for(seeded_dsns, tmp_path, slow_operation_milliseconds=threshold)) as runtime:
        with capture_logs() as logs:
            await asker_of(runtime)(QUERY)
    assert [line for line in logs if line["event"] == "operation.slow"] == []
