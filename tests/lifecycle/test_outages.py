"""Where a source that a rule asks is down, the rule lets nothing through; what asks it nothing goes on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.vocabulary import SourceName
from tests.conftest import Dsns, asker, running, settings_for
from tests.lifecycle.town import Caller, Firm, Town, build, crm, everything
from tests.plain_sql import gid

ADVISOR, INTEGRATOR = crm(Firm.ADVISOR), crm(Firm.INTEGRATOR)

NOBODY_THERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
async def towns(source_dsns: Dsns, tmp_path: Path) -> AsyncIterator[tuple[Town, Town]]:
    """The town on a node that sees all sources, and on one that does not reach the directory."""
    await build(source_dsns)
    cut_off = {**source_dsns, SourceName.DIRECTORY: NOBODY_THERE}
    async with (
        running(settings_for(source_dsns, tmp_path)) as whole,
        running(settings_for(cut_off, tmp_path)) as part,
    ):
        yield Town(source_dsns, Caller(asker(whole))), Town(source_dsns, Caller(asker(part)))


async def test_without_the_directory(towns: tuple[Town, Town], source_dsns: Dsns) -> None:
    whole, part = towns
    engagement_id = await whole.opened("CONSULTATION", prescribed=True)
    key = {"idempotency_key": "k"}
    offer = {"engagement_id": engagement_id, "to_partner_id": Firm.INTEGRATOR, "to_phase": "DEPLOYMENT"}
    before = await everything(source_dsns)
    for mutation, values in (
        ("registerClient", {"name": "x"}),
        ("openEngagement", {"client_id": 1, "title": "x"}),
        ("advancePhase", {"engagement_id": engagement_id}),
        ("offerHandoff", offer),
    ):
        answer = await part.call.answer(mutation, ADVISOR, **values)
        assert answer.data is None
        assert answer.error["extensions"] == {"code": "SOURCE_UNAVAILABLE", "source": "directory"}
        assert answer.error["path"] == [mutation]
    assert await everything(source_dsns) == before
    offered = await whole.call.done("offerHandoff", ADVISOR, **offer, **key)
    # Its outcome is stored: nothing is asked again.
    assert await part.call.done("offerHandoff", ADVISOR, **offer, **key) == offered
    (handoff,) = (await everything(source_dsns))["handoff"]
    await part.call.done("acceptHandoff", INTEGRATOR, handoff_id=handoff["id"])
    await part.call.done("closeEngagement", INTEGRATOR, engagement_id=engagement_id, outcome="ABANDONED")


async def test_what_may_be_done_without_the_directory(towns: tuple[Town, Town]) -> None:
    whole, part = towns
    engagement_id = gid("Engagement", await whole.opened())
    query = "query Q($id: ID!) { engagement(by: {id: $id}) { allowedActions leadPartner { name } } }"
    answer = await whole.call.ask(query, viewer=ADVISOR, id=engagement_id)
    everything_of_it = ["RECORD_FINDING", "PRESCRIBE", "ADVANCE_PHASE", "OFFER_HANDOFF", "ABANDON"]
    assert answer.data["engagement"] == {"allowedActions": everything_of_it, "leadPartner": {"name": "advisor"}}
    answer = await part.call.ask(query, viewer=ADVISOR, id=engagement_id)
    assert answer.data["engagement"] == {
        "allowedActions": [action for action in everything_of_it if action != "ADVANCE_PHASE"],
        "leadPartner": None,
    }
    assert [error["extensions"]["code"] for error in answer.errors] == ["SOURCE_UNAVAILABLE"]
