"""The long form: `python -m bench.event_faults [EVENTS] [KILLS] [SUBSCRIBERS]`, and first the same pointed at a naive log.

Sixteen writers carry engagements through their lives by the hub's own commands; three servers share one database; subscribers
of all firms, of staff and of reporting follow over WebSocket and connect again with their cursor. Servers, the sequencer's
server, backends and the whole database are killed with SIGKILL. At the end each subscriber's events are held against the rows.
The same harness on a log read by `id > cursor` must find losses: or it would find none anywhere. Exits with 1 where either is
not so.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.event_faults.run import Outcome, Plan, run

_NAIVE_EVENTS: Final = 3000

_EVENTS_A_SECOND: Final = 300
"""About what the writers do, on two cores: so that kills are spread over the run."""
_LEAST_PAUSE_SECONDS: Final = 1.75


def main() -> None:
    """Run both, and print what they showed."""
    numbers = [int(argument) for argument in sys.argv[1:]]
    events, kills, subscribers = [*numbers, *(20_000, 20, 50)[len(numbers) :]]
    naive = _in_a_directory(Plan(events=_NAIVE_EVENTS, kills=0, subscribers=5, naive=True))
    _print("naive log", naive)
    pause = max(_LEAST_PAUSE_SECONDS, events / _EVENTS_A_SECOND / max(1, kills))
    between = (pause * 0.3, pause * 1.7)
    hub = _in_a_directory(Plan(events=events, kills=kills, subscribers=subscribers, seconds_between_kills=between))
    _print("event log", hub)
    if not naive.verdict.lost:
        sys.exit("The naive log lost nothing: this harness proves nothing.")
    if not hub.verdict.holds:
        sys.exit("\n".join(["The event log does not hold.", *hub.verdict.wrong[:20]]))


def _in_a_directory(plan: Plan) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="hub-faults-") as directory:
        # An unprivileged server must reach it.
        Path(directory).chmod(0o755)
        return asyncio.run(run(plan, Path(directory)))


def _print(name: str, outcome: Outcome) -> None:
    verdict = outcome.verdict
    kills = ", ".join(f"{count} {way}" for way, count in sorted(outcome.kills.items())) or "none"
    print(f"{name}: {verdict.events:,} events, {verdict.deliveries:,} deliveries, written in {outcome.writing_seconds:.0f} s")
    print(f"  kills: {outcome.kills.total()} ({kills}); connections of subscribers: {outcome.connections:,}")
    print(f"  acknowledged {outcome.acknowledged:,}, outcome unknown {outcome.unknown}, refused {outcome.refused:,}")
    print(
        f"  never logged {verdict.never_logged}, lost {verdict.lost}, doubled {verdict.doubled}, "
        f"out of order {verdict.out_of_order}, to others {verdict.to_others}",
        flush=True,
    )


if __name__ == "__main__":
    main()
