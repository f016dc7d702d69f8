"""The budget of a minute: spent by each caller alone, whichever node is asked, and full again when the minute is over."""

import time
from pathlib import Path
from typing import Any

import pytest

from hub.budget import Budget
from hub.errors import CostBudgetExhausted
from hub.runtime import Runtime
from hub.settings import Settings
from hub.viewer import Viewer, ViewerKind
from tests.conftest import STAFF, Dsns, asker, running, settings_for

PERSON = Viewer(ViewerKind.PERSON, "山田", partner_id=1, member_id=1)
COLLEAGUE = Viewer(ViewerKind.PERSON, "鈴木", partner_id=1, member_id=2)
OTHER_FIRM = Viewer(ViewerKind.CRM, "CRM", partner_id=2)


def settings(tmp_path: Path, **overrides: Any) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, cost_budget_per_minute_person=100, **overrides)  # type: ignore[call-arg]


async def left(budget: Budget, viewer: Viewer, cost: int) -> int:
    remaining: int = (await budget.spend(viewer, cost))["remaining"]
    return remaining


async def test_each_caller_spends_its_own(tmp_path: Path) -> None:
    budget = Budget(settings(tmp_path))
    assert await left(budget, PERSON, 60) == 40
    assert await left(budget, COLLEAGUE, 30) == 70
    assert await left(budget, OTHER_FIRM, 1) == 400_000 - 1
    assert await left(budget, PERSON, 40) == 0


async def test_what_is_refused_is_not_charged_and_told_when_there_is_more(tmp_path: Path) -> None:
    budget = Budget(settings(tmp_path))
    assert await left(budget, PERSON, 60) == 40
    with pytest.raises(CostBudgetExhausted) as caught:
        await budget.spend(PERSON, 41)
    error = caught.value
    assert error.retry_after_seconds is not None
    assert 0 < error.retry_after_seconds <= 60
    assert error.extensions == {
        "code": "COST_BUDGET_EXHAUSTED",
        "cost": {"requested": 41, "remaining": 40, "budgetPerMinute": 100},
        "retryAfterSeconds": round(error.retry_after_seconds, 1),
    }
    assert await left(budget, PERSON, 40) == 0


async def test_the_budget_is_full_again_after_its_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = Budget(settings(tmp_path))
    assert await left(budget, PERSON, 100) == 0
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert await left(budget, PERSON, 1) == 99


async def test_an_operation_that_the_budget_does_not_cover_reads_nothing(seeded_dsns: Dsns, tmp_path: Path) -> None:
    async with running(settings_for(seeded_dsns, tmp_path, cost_budget_per_minute_staff=30)) as runtime:
        ask = asker(runtime)
        assert (await ask("{ partners { nodes { name } } }")).extensions["cost"]["remaining"] == 9
        with pytest.raises(CostBudgetExhausted):
            await ask("{ partners { nodes { name } } }")
        assert (await ask("{ partners(first: 8) { nodes { name } } }")).extensions["cost"]["remaining"] == 0


async def test_nodes_that_share_a_redis_share_the_budget(seeded_dsns: Dsns, tmp_path: Path, redis_url: str) -> None:
    def node() -> Any:
        return running(settings_for(seeded_dsns, tmp_path, cost_budget_per_minute_staff=30, redis_url=redis_url))

    async def remaining(runtime: Runtime) -> int:
        answer = await asker(runtime)("{ partners(first: 4) { nodes { name } } }", viewer=STAFF)
        left: int = answer.extensions["cost"]["remaining"]
        return left

    async with node() as first, node() as second:
        assert [await remaining(first), await remaining(second), await remaining(first)] == [25, 20, 15]


async def test_without_its_redis_the_hub_answers(seeded_dsns: Dsns, tmp_path: Path) -> None:
    async with running(settings_for(seeded_dsns, tmp_path, redis_url="redis://127.0.0.1:1/0")) as runtime:
        answer = await asker(runtime)("{ viewer { name } }")
        assert answer.data == {"viewer": {"name": "Staff"}}
        assert answer.extensions["cost"]["remaining"] is None
