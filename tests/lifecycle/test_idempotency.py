"""The same key and input give the stored outcome, whatever has happened since: also where the reply was lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from commands.idempotency import KEPT_DAYS
from commands.sweeper import Sweeper
from hub.runtime import Runtime
from hub.source import Source
from hub.vocabulary import SourceName
from tests.conftest import Dsns, asker, running, settings_for
from tests.lifecycle.town import STAFF, Caller, Firm, Town, build, crm, everything, person, refusal
from tests.plain_sql import execute, gid

ADVISOR, INTEGRATOR = crm(Firm.ADVISOR), crm(Firm.INTEGRATOR)


async def test_the_stored_outcome_is_given_again(town: Town) -> None:
    call: dict[str, Any] = {"client_id": 1, "title": "題", "idempotency_key": "k"}
    first = await town.call.done("openEngagement", ADVISOR, **call)
    before = await everything(town.dsns)
    # A person of the firm shares its keys; null is as if it were not given.
    for viewer, values in ((ADVISOR, call), (person(Firm.ADVISOR), call), (ADVISOR, call | {"external_ref": None})):
        assert await town.call.done("openEngagement", viewer, **values) == first
    assert await everything(town.dsns) == before


async def test_its_fields_are_read_afresh(town: Town) -> None:
    engagement_id = await town.opened()
    call = {"engagement_id": engagement_id, "remedy": "x", "expected_version": 1, "idempotency_key": "k"}
    assert (await town.call.done("prescribe", ADVISOR, **call))["engagement"]["version"] == 2
    await town.call.done("closeEngagement", ADVISOR, engagement_id=engagement_id, outcome="ABANDONED")
    # Neither the version that was expected then nor the engagement's end has anything to say any more.
    again = (await town.call.done("prescribe", ADVISOR, **call))["engagement"]
    assert (again["version"], again["status"]) == (3, "ABANDONED")


async def test_a_time_that_has_passed_since_does_not_matter(town: Town) -> None:
    engagement_id = await town.opened()
    soon = datetime.now(UTC) + timedelta(seconds=1)
    call = {"engagement_id": engagement_id, "to_partner_id": Firm.OTHER_ADVISOR, "to_phase": "AWARENESS"}
    call |= {"respond_by": soon, "idempotency_key": "k"}
    first = await town.call.done("offerHandoff", ADVISOR, **call)
    await execute(town.dsns, SourceName.ENGAGEMENTS, "SELECT pg_sleep_until($1)", soon)
    assert await town.call.done("offerHandoff", ADVISOR, **call) == first


async def test_another_input_is_refused(town: Town) -> None:
    await town.call.done("openEngagement", ADVISOR, client_id=1, title="a", idempotency_key="k")
    before = await everything(town.dsns)
    mismatch = refusal("IDEMPOTENCY_MISMATCH", "idempotencyKey")
    assert await town.call.refused("openEngagement", ADVISOR, client_id=1, title="b", idempotency_key="k") == mismatch
    more = {"client_id": 1, "title": "a", "external_ref": "x"}
    assert await town.call.refused("openEngagement", ADVISOR, **more, idempotency_key="k") == mismatch
    assert await everything(town.dsns) == before


async def test_a_key_is_of_one_mutation_and_one_firm(town: Town) -> None:
    engagement_id = await town.opened()
    await town.call.done("prescribe", ADVISOR, engagement_id=engagement_id, remedy="x", idempotency_key="k")
    await town.call.done("setExternalRef", ADVISOR, engagement_id=engagement_id, external_ref="x", idempotency_key="k")
    await town.call.done("prescribe", STAFF, engagement_id=engagement_id, remedy="y", idempotency_key="k")
    await town.call.done("registerClient", ADVISOR, name="x", idempotency_key="k")
    await town.call.done("registerClient", INTEGRATOR, name="x", idempotency_key="k")
    assert (await town.engagement(engagement_id))["version"] == 3


async def test_a_refusal_leaves_the_key_free(town: Town) -> None:
    refused = await town.call.refused("openEngagement", ADVISOR, client_id=2, title="a", idempotency_key="k")
    assert refused == refusal("NOT_FOUND", "clientId")
    await town.call.done("openEngagement", ADVISOR, client_id=1, title="a", idempotency_key="k")


async def test_a_key_is_kept_for_thirty_days_and_then_forgotten(town: Town, source_dsns: Dsns) -> None:
    await town.call.done("registerClient", ADVISOR, name="x", idempotency_key="old")
    await town.call.done("registerClient", ADVISOR, name="x", idempotency_key="young")
    sql = "UPDATE engagements.idempotency_key SET created_at = now() - make_interval(days => $1, mins => $2) WHERE key = $3"
    await execute(source_dsns, SourceName.ENGAGEMENTS, sql, KEPT_DAYS, 1, "old")
    await execute(source_dsns, SourceName.ENGAGEMENTS, sql, KEPT_DAYS, -5, "young")
    # Forgotten, whether it was swept yet or not.
    for _ in range(2):
        await town.call.done("registerClient", ADVISOR, name="y", idempotency_key="old")
    young = await town.call.refused("registerClient", ADVISOR, name="y", idempotency_key="young")
    assert young == refusal("IDEMPOTENCY_MISMATCH", "idempotencyKey")
    names = [row["name"] for row in (await everything(source_dsns))["client"] if row["name"] in "xy"]
    assert sorted(names) == ["x", "x", "y"]


async def test_old_keys_are_swept(town: Town, runtime_of_town: Runtime, source_dsns: Dsns) -> None:
    insert = """INSERT INTO engagements.idempotency_key
        SELECT 'partner:1', 'prescribe', 'key ' || n, '', '{}', now() - make_interval(days => $1)
        FROM generate_series(1, $2) AS n"""
    await execute(source_dsns, SourceName.ENGAGEMENTS, insert, KEPT_DAYS, 2500)
    await town.call.done("registerClient", ADVISOR, name="x", idempotency_key="kept")
    sweeper = Sweeper(runtime_of_town.sources[SourceName.ENGAGEMENTS], interval_seconds=60)
    assert await sweeper.forget_old_keys() == 2500
    assert [row["key"] for row in (await everything(source_dsns))["idempotency_key"]] == ["kept"]


@pytest.fixture
async def runtime_of_town(source_dsns: Dsns, tmp_path: Any) -> Any:
    async with running(settings_for(source_dsns, tmp_path)) as runtime:
        yield runtime


class LostAtCommit:
    """Connections that go away at a COMMIT: before it reaches the database, or after it was carried out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, dsns: Dsns, *, carried_out: bool) -> None:
        self.times = 1
        execute_as_it_is = asyncpg.Connection.execute

        async def lose(connection: asyncpg.Connection, query: str, *args: Any, **kwargs: Any) -> str:
            if query != "COMMIT" or not self.times:
                return await execute_as_it_is(connection, query, *args, **kwargs)
            self.times -= 1
            pid = connection.get_server_pid()
            if carried_out:
                await execute_as_it_is(connection, query, *args, **kwargs)
            killer = await asyncpg.connect(dsns[SourceName.ENGAGEMENTS])
            try:
                await killer.execute("SELECT pg_terminate_backend($1, 5000)", pid)
            finally:
                await killer.close()
            return await execute_as_it_is(connection, "COMMIT", *args, **kwargs)

        monkeypatch.setattr(asyncpg.Connection, "execute", lose)


@pytest.mark.parametrize("carried_out", [True, False], ids=["after", "before"])
async def test_a_connection_that_is_lost_around_a_commit(
    town: Town, source_dsns: Dsns, monkeypatch: pytest.MonkeyPatch, carried_out: bool
) -> None:
    engagement_id = await town.opened("CONSULTATION", prescribed=True)
    handoff_id = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
    call: dict[str, Any] = {"handoff_id": handoff_id, "idempotency_key": "k"}
    before = await everything(source_dsns)
    lost = LostAtCommit(monkeypatch, source_dsns, carried_out=carried_out)
    answer = await town.call.answer("acceptHandoff", INTEGRATOR, **call)
    assert lost.times == 0
    assert answer.data is None
    assert answer.error["extensions"] == {"code": "OUTCOME_UNKNOWN", "source": "engagements"}
    assert "idempotencyKey" in answer.error["message"]
    assert ((await everything(source_dsns)) == before) is not carried_out
    payload = await town.call.done("acceptHandoff", INTEGRATOR, **call)
    assert payload == {
        "handoff": {"id": gid("Handoff", handoff_id), "status": "ACCEPTED"},
        "engagement": {"id": gid("Engagement", engagement_id), "version": 5, "phase": "DEPLOYMENT"},
        "userErrors": [],
    }
    assert (await town.engagement(engagement_id))["version"] == 5


async def test_a_node_that_is_gone_before_its_reply(source_dsns: Dsns, tmp_path: Any) -> None:
    await build(source_dsns)
    settings = settings_for(source_dsns, tmp_path)
    call: dict[str, Any] = {"client_id": 1, "title": "題", "idempotency_key": "k"}

    class GoneError(Exception):
        """The node's end."""

    async def die(_source: Source, _name: str, _work: Any) -> Any:
        await transact(_source, _name, _work)
        raise GoneError

    transact = Source.transact
    async with running(settings) as first:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Source, "transact", die)
            answer = await Caller(asker(first)).answer("openEngagement", ADVISOR, **call)
            assert answer.error["extensions"]["code"] == "INTERNAL"
    async with running(settings) as second:
        after = await everything(source_dsns)
        payload = await Caller(asker(second)).done("openEngagement", ADVISOR, **call)
    assert payload["engagement"]["id"] == gid("Engagement", after["engagement"][0]["id"])
    assert await everything(source_dsns) == after
    assert len(after["engagement"]) == 1
