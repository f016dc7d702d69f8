"""Two nodes on the same databases, two clicks at the same instant: exactly one wins, and the other learns why."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.sweeper import Sweeper
from hub.runtime import Runtime
from hub.viewer import Viewer
from hub.vocabulary import SourceName
from tests.conftest import UNLIMITED, Dsns, asker, running, settings_for
from tests.lifecycle.town import Caller, Firm, Town, build, crm, events, everything, number, person, rows
from tests.plain_sql import execute

ADVISOR, INTEGRATOR = crm(Firm.ADVISOR), crm(Firm.INTEGRATOR)

ROUNDS = 12


class Nodes:
    """Two nodes, and the town that both serve."""

    def __init__(self, dsns: Dsns, *runtimes: Runtime) -> None:
        self.runtimes = runtimes
        self.towns = [Town(dsns, Caller(asker(runtime))) for runtime in runtimes]
        self.town = self.towns[0]

    async def race(self, *calls: tuple[str, Viewer, dict[str, Any]]) -> list[str]:
        """What each of the calls was answered, made at once and by turns of the nodes: done, or the code of its refusal."""

        async def answer(index: int, mutation: str, viewer: Viewer, values: dict[str, Any]) -> str:
            payload = await self.towns[index % 2].call(mutation, viewer, **values)
            return payload["userErrors"][0]["code"] if payload["userErrors"] else "done"

        return list(await asyncio.gather(*(answer(index, *call) for index, call in enumerate(calls))))


@pytest.fixture
async def nodes(source_dsns: Dsns, tmp_path: Path) -> AsyncIterator[Nodes]:
    await build(source_dsns)
    settings = settings_for(source_dsns, tmp_path, **UNLIMITED)
    async with running(settings) as first, running(settings) as second:
        yield Nodes(source_dsns, first, second)


async def _versions_are_whole(nodes: Nodes, engagement_id: int) -> None:
    found = [event[1] for event in await events(nodes.town.dsns, engagement_id)]
    assert found == list(range(1, len(found) + 1))
    assert (await nodes.town.engagement(engagement_id))["version"] == len(found)


async def test_an_offer_is_answered_once(nodes: Nodes) -> None:
    won: Counter[str] = Counter()
    for round_ in range(ROUNDS):
        engagement_id = await nodes.town.opened("CONSULTATION", prescribed=True)
        handoff: dict[str, Any] = {"handoff_id": await nodes.town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")}
        calls: list[tuple[str, Viewer, dict[str, Any]]] = [
            ("acceptHandoff", INTEGRATOR, handoff),
            ("acceptHandoff", person(Firm.INTEGRATOR), handoff),
            ("declineHandoff", INTEGRATOR, handoff | {"reason": "OTHER"}),
            ("withdrawHandoff", ADVISOR, handoff),
        ]
        turned = calls[round_ % 4 :] + calls[: round_ % 4]
        answers = await nodes.race(*turned)
        assert Counter(answers) == {"done": 1, "OFFER_CLOSED": 3}
        won[turned[answers.index("done")][0]] += 1
        (row,) = await rows(nodes.town.dsns, "SELECT status FROM engagements.handoff WHERE id = $1", handoff["handoff_id"])
        status = {"acceptHandoff": "ACCEPTED", "declineHandoff": "DECLINED", "withdrawHandoff": "WITHDRAWN"}
        assert row["status"] == status[turned[answers.index("done")][0]]
        await _versions_are_whole(nodes, engagement_id)
    assert sum(won.values()) == ROUNDS


async def test_one_offer_is_open_at_a_time(nodes: Nodes) -> None:
    engagement_id = await nodes.town.opened("CONSULTATION", prescribed=True)
    for _ in range(ROUNDS):
        offers = [
            ("offerHandoff", ADVISOR, {"engagement_id": engagement_id, "to_partner_id": firm, "to_phase": "DEPLOYMENT"})
            for firm in (Firm.INTEGRATOR, Firm.OTHER_INTEGRATOR)
        ]
        assert Counter(await nodes.race(*offers)) == {"done": 1, "OFFER_PENDING": 1}
        sql = "SELECT id FROM engagements.handoff WHERE engagement_id = $1 AND status = 'OFFERED'"
        (open_offer,) = await rows(nodes.town.dsns, sql, engagement_id)
        await nodes.town.call.done("withdrawHandoff", ADVISOR, handoff_id=open_offer["id"])
    await _versions_are_whole(nodes, engagement_id)


async def test_of_two_who_expect_the_same_version_one_is_late(nodes: Nodes) -> None:
    engagement_id = await nodes.town.opened()
    for version in range(1, ROUNDS + 1):
        here = {"engagement_id": engagement_id, "expected_version": version}
        answers = await nodes.race(
            ("recordFinding", ADVISOR, here | {"symptom": "DEPENDENCE"}),
            ("prescribe", person(Firm.ADVISOR), here | {"remedy": "x"}),
        )
        assert Counter(answers) == {"done": 1, "CONFLICT": 1}
    await _versions_are_whole(nodes, engagement_id)


async def test_without_expectations_both_happen_one_after_the_other(nodes: Nodes) -> None:
    engagement_id = await nodes.town.opened()
    for _ in range(ROUNDS):
        call = ("recordFinding", ADVISOR, {"engagement_id": engagement_id, "symptom": "DEPENDENCE"})
        assert await nodes.race(call, call) == ["done", "done"]
    assert (await nodes.town.engagement(engagement_id))["version"] == 1 + 2 * ROUNDS
    await _versions_are_whole(nodes, engagement_id)


async def test_closing_and_accepting(nodes: Nodes) -> None:
    for _ in range(ROUNDS):
        engagement_id = await nodes.town.opened("CONSULTATION", prescribed=True)
        handoff_id = await nodes.town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
        answers = await nodes.race(
            ("acceptHandoff", INTEGRATOR, {"handoff_id": handoff_id}),
            ("closeEngagement", ADVISOR, {"engagement_id": engagement_id, "outcome": "ABANDONED"}),
        )
        assert answers in (["done", "NOT_ALLOWED"], ["OFFER_CLOSED", "done"])
        await _versions_are_whole(nodes, engagement_id)


async def test_at_the_deadline_an_offer_is_accepted_or_returns(nodes: Nodes) -> None:
    sweepers = [Sweeper(runtime.sources[SourceName.ENGAGEMENTS], interval_seconds=60) for runtime in nodes.runtimes]
    ends = Counter[str]()
    for round_ in range(ROUNDS):
        engagement_id = await nodes.town.opened("CONSULTATION", prescribed=True)
        soon = datetime.now(UTC) + timedelta(milliseconds=60 + 10 * round_)
        handoff_id = await nodes.town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT", respond_by=soon)

        async def accept(handoff_id: int = handoff_id, soon: datetime = soon) -> list[str]:
            await execute(
                nodes.town.dsns, SourceName.ENGAGEMENTS, "SELECT pg_sleep_until($1)", soon - timedelta(milliseconds=8)
            )
            return await nodes.race(*[("acceptHandoff", INTEGRATOR, {"handoff_id": handoff_id})] * 2)

        async def sweep(sweeper: Sweeper, soon: datetime = soon) -> int:
            await execute(nodes.town.dsns, SourceName.ENGAGEMENTS, "SELECT pg_sleep_until($1)", soon)
            return await sweeper.return_lapsed_offers()

        answers, first, second = await asyncio.gather(accept(), sweep(sweepers[0]), sweep(sweepers[1]))
        # What an acceptance held at that moment was passed over.
        returned = first + second + await sweepers[0].return_lapsed_offers()
        (row,) = await rows(nodes.town.dsns, "SELECT * FROM engagements.handoff WHERE id = $1", handoff_id)
        ends[row["status"]] += 1
        if row["status"] == "ACCEPTED":
            assert (Counter(answers), returned) == ({"done": 1, "OFFER_CLOSED": 1}, 0)
            assert row["responded_at"] < row["respond_by"]
        else:
            assert (answers, returned, row["status"]) == (["OFFER_CLOSED"] * 2, 1, "EXPIRED")
            assert row["responded_at"] >= row["respond_by"]
        await _versions_are_whole(nodes, engagement_id)
    assert sum(ends.values()) == ROUNDS


async def test_a_business_is_registered_once(nodes: Nodes) -> None:
    for round_ in range(ROUNDS):
        given = {"corporate_number": number(1000 + round_), "name": "x"}
        calls = [("registerClient", viewer, given) for viewer in (ADVISOR, INTEGRATOR)]
        assert Counter(await nodes.race(*calls)) == {"done": 1, "DUPLICATE": 1}


async def test_one_key_has_one_effect(nodes: Nodes) -> None:
    engagement_id = await nodes.town.opened()
    for round_ in range(ROUNDS):
        here = {"engagement_id": engagement_id, "symptom": "DEPENDENCE", "idempotency_key": f"key {round_}"}
        assert await nodes.race(*[("recordFinding", ADVISOR, here)] * 4) == ["done"] * 4
    assert len((await everything(nodes.town.dsns))["finding"]) == ROUNDS
    await _versions_are_whole(nodes, engagement_id)


async def test_one_key_with_two_inputs_has_one_effect(nodes: Nodes) -> None:
    engagement_id = await nodes.town.opened()
    for round_ in range(ROUNDS):
        here = {"engagement_id": engagement_id, "idempotency_key": f"key {round_}"}
        calls = [("prescribe", ADVISOR, here | {"remedy": remedy}) for remedy in ("a", "b")]
        assert Counter(await nodes.race(*calls)) == {"done": 1, "IDEMPOTENCY_MISMATCH": 1}
    await _versions_are_whole(nodes, engagement_id)
