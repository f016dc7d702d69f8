"""The fault harness in short (bench/event_faults has it in long): servers, backends and the database killed under load."""

from pathlib import Path

from bench.event_faults.run import Plan, run


async def test_nothing_is_lost_doubled_disordered_or_told_to_others_whatever_is_killed(tmp_path: Path) -> None:
    outcome = await run(Plan(events=500, kills=5, subscribers=18, seconds_between_kills=(0.3, 1.2)), tmp_path)
    verdict = outcome.verdict
    assert verdict.holds, (verdict, verdict.wrong)
    assert verdict.events >= outcome.acknowledged >= 500
    # Staff and reporting alone hear of all.
    assert verdict.deliveries > 2 * verdict.events
    assert outcome.kills.total() == 5
    assert outcome.connections > 18


async def test_the_same_harness_finds_what_a_naive_log_loses(tmp_path: Path) -> None:
    outcome = await run(Plan(events=1500, kills=0, subscribers=3, naive=True), tmp_path)
    assert outcome.verdict.never_logged == 0
    assert outcome.verdict.lost > 0
