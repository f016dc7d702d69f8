"""Random sequences of calls by random viewers: each answer is the model's, and no way leads to a forbidden state."""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from commands.sweeper import Sweeper
from hub.runtime import Runtime
from hub.viewer import Viewer
from hub.vocabulary import SourceName
from tests.conftest import UNLIMITED, Answer, Dsns, asker, settings_for
from tests.lifecycle import model
from tests.lifecycle.town import STAFF, Caller, Town, build, crm
from tests.plain_sql import gid

EXAMPLES = int(os.environ.get("LIFECYCLE_EXAMPLES", "25"))

SAME_LIVES = "LIFECYCLE_EXAMPLES" not in os.environ

ADVISORS = {1: 1, 6: 2}
"""Firms and their clients."""

EMPTY = """TRUNCATE engagements.engagement, engagements.outbox, engagements.external_ref, engagements.idempotency_key
    RESTART IDENTITY CASCADE"""

BROKEN = """
    SELECT 'open offers' AS rule FROM engagements.handoff WHERE status = 'OFFERED' GROUP BY engagement_id HAVING count(*) > 1
    UNION ALL SELECT 'versions' FROM engagements.engagement e WHERE ARRAY(
        SELECT o.engagement_version FROM engagements.outbox o WHERE o.engagement_id = e.id ORDER BY o.id
    ) <> ARRAY(SELECT generate_series(1, e.version))
    UNION ALL SELECT 'prescription' FROM engagements.assignment a WHERE a.phase = 'DEPLOYMENT'
        AND NOT EXISTS (SELECT FROM engagements.prescription p WHERE p.engagement_id = a.engagement_id)
    UNION ALL SELECT 'the last assignment' FROM engagements.engagement e JOIN LATERAL (
        SELECT * FROM engagements.assignment a WHERE a.engagement_id = e.id ORDER BY a.position DESC LIMIT 1) AS last ON TRUE
        WHERE (last.phase, last.partner_id, last.ended_at IS NULL) <> (e.phase, e.lead_partner_id, e.status = 'OPEN')
    UNION ALL SELECT 'positions' FROM engagements.assignment GROUP BY engagement_id HAVING max(position) <> count(*)
    UNION ALL SELECT 'times of assignments' FROM (
        SELECT a.ended_at, lead(a.started_at) OVER (PARTITION BY a.engagement_id ORDER BY a.position) AS next
        FROM engagements.assignment a) AS following WHERE next <> ended_at
    UNION ALL SELECT 'an offer of a closed engagement' FROM engagements.handoff h
        JOIN engagements.engagement e ON e.id = h.engagement_id WHERE h.status = 'OFFERED' AND e.status <> 'OPEN'
    UNION ALL SELECT 'an offer from another phase or lead' FROM engagements.handoff h
        JOIN engagements.engagement e ON e.id = h.engagement_id
        WHERE h.status = 'OFFERED' AND (h.from_phase, h.from_partner_id) <> (e.phase, e.lead_partner_id)
"""
"""States that there must not be."""

STATE = """
    SELECT phase, status, lead_partner_id, version,
        ARRAY(SELECT o.type FROM engagements.outbox o WHERE o.engagement_id = e.id ORDER BY o.id) AS events,
        ARRAY(SELECT a.phase || ' ' || a.partner_id FROM engagements.assignment a
            WHERE a.engagement_id = e.id ORDER BY a.position) AS led,
        (SELECT count(*) FROM engagements.finding f WHERE f.engagement_id = e.id) AS findings,
        ARRAY(SELECT h.status FROM engagements.handoff h WHERE h.engagement_id = e.id ORDER BY h.id) AS offers
    FROM engagements.engagement e WHERE id = $1
"""


REACHED = {
    f"{mutation} {outcome}"
    for mutation, outcomes in {
        "openEngagement": "done",
        "recordFinding": "done",
        "prescribe": "done",
        "advancePhase": "done CONFLICT INVALID_TRANSITION OFFER_PENDING ROLE_MISMATCH",
        "offerHandoff": "done CONFLICT INVALID_TRANSITION OFFER_PENDING ROLE_MISMATCH",
        "acceptHandoff": "done OFFER_CLOSED",
        "withdrawHandoff": "done",
        "closeEngagement": "done INVALID_TRANSITION",
    }.items()
    for outcome in outcomes.split()
}
"""What lives that are not chosen come to, at least: the tenth of them would. Hypothesis draws on constants of the code, so they
are the same as long as that is."""

MOST_ENGAGEMENTS = 2
"""In one life of the town: few, so that each comes far."""


class World:
    """A hub over the town, in an event loop of its own."""

    def __init__(self, dsns: Dsns, directory: Path) -> None:
        self.runner = asyncio.Runner()
        self.dsns = dsns
        self.runtime = Runtime(settings_for(dsns, directory, **UNLIMITED))
        self.runner.run(build(dsns))
        self.runner.run(self.runtime.start())
        self.town = Town(dsns, Caller(asker(self.runtime)))
        self.seen: Counter[str] = Counter()
        self.connection = self.runner.run(asyncpg.connect(dsns[SourceName.ENGAGEMENTS]))
        self.sweeper = Sweeper(self.runtime.sources[SourceName.ENGAGEMENTS], interval_seconds=60)

    def close(self) -> None:
        """End it."""
        self.runner.run(self.connection.close())
        self.runner.run(self.runtime.stop())
        self.runner.close()

    def rows(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """What the database says."""
        return list(self.runner.run(self.connection.fetch(sql, *arguments)))

    def asked(self, query: str, viewer: Viewer, key: str) -> Answer:
        """What the hub answers to a query of $id."""

        async def ask() -> Answer:
            return await self.town.call.ask(query, viewer=viewer, id=key)

        return self.runner.run(ask())

    def outcome(self, mutation: str, actor: int, **values: Any) -> str | None:
        """The code of a refusal; None where it was done."""
        viewer = STAFF if actor == model.STAFF else crm(actor)
        payload = self.runner.run(self.town.call(mutation, viewer, **values))
        errors = payload["userErrors"]
        assert len(errors) <= 1
        outcome = str(errors[0]["code"]) if errors else None
        self.seen[f"{mutation} {outcome or 'done'}"] += 1
        return outcome


@dataclass(frozen=True)
class Who:
    """Who calls: mostly somebody who may."""

    side: str
    firm: int

    def actor(self, entitled: int, engagement: model.Engagement) -> int:
        """The caller, where this firm is the one that may."""
        sides = {"entitled": entitled, "staff": model.STAFF, "advisor": engagement.advisor, "lead": engagement.lead}
        return sides.get(self.side, self.firm)


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """The usual, and now and then something else."""
    return st.sampled_from([usual] * (4 * len(others)) + list(others))


WHO = st.builds(Who, mostly("entitled", "staff", "advisor", "lead", "anybody"), st.sampled_from(list(model.STRENGTHS)))
STALE = mostly(False, True)
PICK = st.integers(0, 20)


class Lives(RuleBasedStateMachine):
    """Engagements of the town, in the hub and in the model."""

    world: World

    @initialize()
    def begin(self) -> None:
        self.ids: dict[int, model.Engagement] = {}
        self.offers: dict[int, model.Offer] = {}
        self.touched: set[int] = set()
        self.world.rows(EMPTY)

    @precondition(lambda self: len(self.ids) < MOST_ENGAGEMENTS)
    @rule(firm=st.sampled_from(list(ADVISORS)), phase=st.sampled_from(model.PHASES[:2]), prescribed=mostly(True, False))
    def open(self, firm: int, phase: str, prescribed: bool) -> None:
        assert self.world.outcome("openEngagement", firm, client_id=ADVISORS[firm], title="題", phase=phase) is None
        key = len(self.ids) + 1
        self.ids[key] = model.Engagement(firm, phase, firm)
        self.touched.add(key)
        if prescribed:
            assert self.world.outcome("prescribe", firm, engagement_id=key, remedy="処方") is None
            assert model.record(self.ids[key], firm, prescription=True) is None

    @precondition(lambda self: self.ids)
    @rule(pick=PICK, who=WHO, prescription=st.booleans(), stale=STALE)
    def record(self, pick: int, who: Who, prescription: bool, stale: bool) -> None:
        key, engagement = self._engagement(pick)
        actor = who.actor(engagement.lead, engagement)
        values: dict[str, Any] = {"remedy": "処方"} if prescription else {"symptom": "DEPENDENCE"}
        values |= self._expectation(key, stale)
        found = self.world.outcome("prescribe" if prescription else "recordFinding", actor, **values)
        assert found == model.record(engagement, actor, prescription=prescription, stale=stale)

    @precondition(lambda self: self.ids)
    @rule(pick=PICK, who=WHO, stale=STALE)
    def advance(self, pick: int, who: Who, stale: bool) -> None:
        key, engagement = self._engagement(pick)
        actor = who.actor(engagement.lead, engagement)
        values = self._expectation(key, stale)
        assert self.world.outcome("advancePhase", actor, **values) == model.advance(engagement, actor, stale=stale)

    @precondition(lambda self: self.ids)
    @rule(pick=PICK, who=WHO, receiver=PICK, able=mostly(True, False), step=mostly(1, 0, -1, 2), stale=STALE)
    def offer(self, pick: int, who: Who, receiver: int, able: bool, step: int, stale: bool) -> None:
        key, engagement = self._engagement(pick)
        actor = who.actor(engagement.lead, engagement)
        phase = model.PHASES[min(max(model.PHASES.index(engagement.phase) + step, 0), 3)]
        able_firms = [firm for firm, phases in model.STRENGTHS.items() if phase in phases and firm != engagement.lead]
        firms = able_firms if able and able_firms else list(model.STRENGTHS)
        to = firms[receiver % len(firms)]
        values = {**self._expectation(key, stale), "to_partner_id": to, "to_phase": phase}
        refused = model.offer(engagement, actor, to, phase, stale=stale)
        assert self.world.outcome("offerHandoff", actor, **values) == refused
        if refused is None:
            self.offers[len(self.offers) + 1] = engagement.offers[-1]

    @precondition(lambda self: self.offers)
    @rule(pick=mostly(0, 1), who=WHO, verb=st.sampled_from(["accept", "accept", "decline", "withdraw"]), stale=STALE)
    def answer(self, pick: int, who: Who, verb: str, stale: bool) -> None:
        key, offer = self._offer(pick)
        actor = who.actor(offer.sender if verb == "withdraw" else offer.receiver, offer.engagement)
        values: dict[str, Any] = {"reason": "OTHER"} if verb == "decline" else {}
        values |= self._expectation(next(id for id, each in self.ids.items() if each is offer.engagement), stale)
        values.pop("engagement_id")
        found = self.world.outcome(f"{verb}Handoff", actor, handoff_id=key, **values)
        assert found == model.answer(offer, actor, verb, stale=stale)

    @precondition(lambda self: any(offer.is_open for offer in self.offers.values()))
    @rule(seldom=mostly(False, True))
    def lapse(self, seldom: bool) -> None:
        key, offer = next((key, offer) for key, offer in self.offers.items() if offer.is_open)
        if seldom:
            offer.lapsed = True
            self.world.runner.run(self.world.town.lapse(key))
            self.touched |= set(self.ids)

    @precondition(lambda self: any(offer.lapsed for offer in self.offers.values()))
    @rule()
    def sweep(self) -> None:
        lapsed = [engagement for engagement in self.ids.values() if engagement.offer is not None and engagement.offer.lapsed]
        assert self.world.runner.run(self.world.sweeper.return_lapsed_offers()) == len(lapsed)
        for engagement in lapsed:
            engagement.sweeps()
        self.touched |= set(self.ids)

    @precondition(lambda self: self.ids)
    @rule(pick=PICK, who=WHO, outcome=mostly("COMPLETED", "ABANDONED"), stale=STALE, seldom=mostly(False, True))
    def close(self, pick: int, who: Who, outcome: str, stale: bool, seldom: bool) -> None:
        key, engagement = self._engagement(pick)
        if engagement.phase != "UTILIZATION" and not seldom:
            return
        actor = who.actor(engagement.lead, engagement)
        values = {**self._expectation(key, stale), "outcome": outcome}
        assert self.world.outcome("closeEngagement", actor, **values) == model.close(engagement, actor, outcome, stale=stale)

    def _engagement(self, pick: int) -> tuple[int, model.Engagement]:
        return list(self.ids.items())[pick % len(self.ids)]

    def _offer(self, pick: int) -> tuple[int, model.Offer]:
        """The last one, or one before it."""
        return list(self.offers.items())[-1 - pick % len(self.offers)]

    @invariant()
    def what_was_touched_is_as_the_model_has_it(self) -> None:
        for key in sorted(self.touched):
            engagement = self.ids[key]
            (row,) = self.world.rows(STATE, key)
            assert (row["phase"], row["status"], row["lead_partner_id"], row["version"]) == (
                engagement.phase, engagement.status, engagement.lead, engagement.version,
            )  # fmt: skip
            assert row["events"] == engagement.events
            assert row["led"] == [f"{phase} {firm}" for phase, firm in engagement.led]
            assert row["findings"] == engagement.findings
            assert row["offers"] == [offer.status for offer in engagement.offers]
            self._shows_what_is_allowed(key, engagement)
        if self.touched:
            assert self.world.rows(BROKEN) == []
        self.touched = set()

    def _shows_what_is_allowed(self, key: int, engagement: model.Engagement) -> None:
        query = "query Q($id: ID!) { engagement(by: {id: $id}) { allowedActions } }"
        for actor in (model.STAFF, *model.STRENGTHS):
            viewer = STAFF if actor == model.STAFF else crm(actor)
            answer = self.world.asked(query, viewer, gid("Engagement", key))
            assert answer.errors == []
            expected = {"allowedActions": model.allowed(engagement, actor)} if engagement.shows(actor) else None
            assert answer.data["engagement"] == expected, (actor, engagement)

    def _expectation(self, key: int, stale: bool) -> dict[str, Any]:
        self.touched.add(key)
        version = self.ids[key].version
        return {"engagement_id": key, "expected_version": version - 1 if stale else version}


def test_no_sequence_of_calls_leads_where_the_model_does_not(source_dsns: Dsns, tmp_path: Path) -> None:
    world = Lives.world = World(source_dsns, tmp_path)
    try:
        run_state_machine_as_test(
            Lives,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=60,
                deadline=None,
                # The same lives every time, unless more are asked for.
                derandomize=SAME_LIVES,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate, Phase.shrink],
            ),
        )
    finally:
        world.close()
    print(f"{world.seen.total()} calls", sorted(world.seen.items()))
    assert set(world.seen) >= (REACHED if SAME_LIVES else set())
