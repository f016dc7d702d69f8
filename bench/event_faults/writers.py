"""Writers that carry engagements through their lives, in a process of their own: `python -m bench.event_faults.writers DSN N`.

They call the commands that mutations call, each in its transaction, sixteen at once on the same engagements, N times in all;
what fails is tried again. At the end they say on standard output, as JSON, which (engagement, version) were acknowledged.
"""

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from bench.event_faults.programme import ADVISORS, INTEGRATORS, STRENGTHS, SYMPTOM, TRAINERS
from commands.engagements import open_engagement, prescribe, record_finding
from commands.handoffs import accept_handoff, decline_handoff, offer_handoff
from commands.idempotency import Outcome
from commands.write import Write, write_as_hub
from hub import log
from hub.errors import HubError, OutcomeUnknown
from hub.lifecycle import Standing
from hub.settings import Settings
from hub.source import Source
from hub.user_errors import Refused
from hub.vocabulary import DeclineReason, Phase, SourceName
from loaders.engagement_actions import STANDINGS, standing_of

WRITERS: Final = 16
_ENGAGEMENTS_AT_ONCE: Final = 40
_LONGEST_LIFE: Final = 60
_AGAIN_SECONDS: Final = 0.05

Command = Callable[[Write], Awaitable[Outcome]]


@dataclass
class _Writers:
    source: Source
    events: int
    made: int = 0
    unknown: int = 0
    refused: int = 0
    acknowledged: list[tuple[int, int]] = field(default_factory=list)
    standings: dict[int, Standing] = field(default_factory=dict)

    async def run(self) -> None:
        await asyncio.gather(*(self._work(random.Random(number)) for number in range(WRITERS)))

    async def _work(self, chance: random.Random) -> None:
        while self.made < self.events:
            engagement_id, command = self._next(chance)
            try:
                standing = await write_as_hub(self.source, "bench", self._told(command))
            except Refused:
                # Another writer was faster; how it stands will be learned of that one.
                self.refused += 1
                self.standings.pop(engagement_id, None)
            except OutcomeUnknown:
                self.unknown += 1
            except HubError:
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                before = self.standings.get(standing.id)
                if before is None or before.version < standing.version:
                    self.standings[standing.id] = standing
                self.made += 1
                self.acknowledged.append((standing.id, standing.version))

    def _told(self, command: Command) -> Callable[[Write], Awaitable[Standing]]:
        async def work(write: Write) -> Standing:
            outcome = await command(write)
            (row,) = await write.rows(STANDINGS, locked_id=outcome.engagement_id)
            return standing_of(row)

        return work

    def _next(self, chance: random.Random) -> tuple[int, Command]:
        if len(self.standings) < _ENGAGEMENTS_AT_ONCE:
            return 0, _opening(chance.choice(ADVISORS))
        standing = chance.choice(list(self.standings.values()))
        if standing.version > _LONGEST_LIFE:
            del self.standings[standing.id]
        return standing.id, _step(standing, chance)


def _opening(advisor: int) -> Command:
    return lambda write: open_engagement(
        write,
        client_id=advisor,
        title="題",
        phase=Phase.CONSULTATION,
        lead_partner_id=advisor,
        external_ref=None,
        strengths=STRENGTHS,
    )


def _step(standing: Standing, chance: random.Random) -> Command:
    same: dict[str, Any] = {"engagement_id": standing.id, "expected_version": None}
    if standing.offer is not None and chance.random() < 0.5:
        handoff_id = standing.offer.id
        if chance.random() < 0.3:
            return lambda write: decline_handoff(
                write, handoff_id=handoff_id, reason=DeclineReason.OTHER, note=None, expected_version=None
            )
        return lambda write: accept_handoff(write, handoff_id=handoff_id, external_ref=None, expected_version=None)
    if standing.phase is Phase.CONSULTATION:
        if chance.random() < 0.5:
            return lambda write: record_finding(write, symptom=SYMPTOM, note=None, **same)
        if chance.random() < 0.5:
            return lambda write: prescribe(write, remedy="処方", note=None, **same)
    before_deployment = standing.phase is Phase.CONSULTATION
    receivers, phase = (INTEGRATORS, Phase.DEPLOYMENT) if before_deployment else (TRAINERS, Phase.UTILIZATION)
    receiver = chance.choice([firm for firm in receivers if firm != standing.lead_partner_id])
    offer: dict[str, Any] = {"to_partner_id": receiver, "to_phase": phase, "note": None, "respond_by": None}
    return lambda write: offer_handoff(write, strengths=STRENGTHS, days=14, most_days=90, **offer, **same)


async def _main(dsn: str, events: int) -> dict[str, Any]:
    settings = Settings(_env_file=None, log_level="error", retry_interval_seconds=0.1, pool_size=WRITERS)  # type: ignore[call-arg]
    log.configure(settings)
    source = Source(SourceName.ENGAGEMENTS, dsn, settings)
    await source.open()
    writers = _Writers(source, events)
    try:
        await writers.run()
    finally:
        await source.close()
    return {"acknowledged": writers.acknowledged, "unknown": writers.unknown, "refused": writers.refused}


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(asyncio.run(_main(sys.argv[1], int(sys.argv[2])))))
