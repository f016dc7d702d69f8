"""Mutations as they are served: over HTTP and a WebSocket, by either executor, and how many statements each sends."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import parse

from hub.tokens import TokenAuthority
from hub.viewer import Viewer, ViewerKind
from tests.conftest import SCHEMA, UNLIMITED, Dsns, asker, running, serving, settings_for
from tests.engine.reference import by_engine, by_graphql_core, difference
from tests.lifecycle.town import REPORTING, Caller, Firm, Town, build, crm, events, everything, person
from tests.plain_sql import gid

ADVISOR, INTEGRATOR = crm(Firm.ADVISOR), crm(Firm.INTEGRATOR)

OPEN = """mutation Open($input: OpenEngagementInput!) { openEngagement(input: $input) {
    engagement { title phase version allowedActions externalRef client { name } } userErrors { code message field } } }"""


async def test_over_http(source_dsns: Dsns, tmp_path: Path) -> None:
    await build(source_dsns)
    settings = settings_for(source_dsns, tmp_path)
    async with serving(settings) as base, httpx2.AsyncClient(base_url=base) as client:
        authority = TokenAuthority(settings)

        async def post(viewer: Viewer) -> httpx2.Response:
            token = authority.mint(viewer, valid_seconds=60)
            body = {
                "query": OPEN,
                "variables": {"input": {"clientId": gid("Client", 1), "title": " 題 ", "externalRef": "A-1"}},
            }
            headers = {"authorization": f"Bearer {token}", "accept-language": "en"}
            return await client.post("/graphql", json=body, headers=headers)

        answer = (await post(person(Firm.ADVISOR))).json()
        assert "errors" not in answer
        assert answer["data"]["openEngagement"] == {
            "engagement": {
                "title": "題",
                "phase": "AWARENESS",
                "version": 1,
                "allowedActions": ["RECORD_FINDING", "PRESCRIBE", "ADVANCE_PHASE", "OFFER_HANDOFF", "ABANDON"],
                "externalRef": "A-1",
                "client": {"name": "田中商店"},
            },
            "userErrors": [],
        }
        again = (await post(person(Firm.ADVISOR))).json()["data"]["openEngagement"]
        assert again == {
            "engagement": None,
            "userErrors": [
                {
                    "code": "DUPLICATE",
                    "message": "The firm calls another engagement by this externalRef.",
                    "field": ["input", "externalRef"],
                }
            ],
        }
        before = await everything(source_dsns)
        reader = Viewer(ViewerKind.CRM, "reads only", partner_id=1, scopes=("partner", "read"))
        for viewer in (REPORTING, reader):
            refused = await post(viewer)
            assert refused.status_code == 403
            assert refused.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
        assert await everything(source_dsns) == before


DOCUMENT = """mutation M($offer: OfferHandoffInput!, $close: CloseEngagementInput!) {
    offerHandoff(input: $offer) {
        handoff { id status toPartner { name } engagement { id } } engagement { version allowedActions }
        userErrors { code message field } }
    closeEngagement(input: $close) { engagement { version } userErrors { code field } }
}"""


async def test_the_engine_answers_a_mutation_as_graphql_core_does(source_dsns: Dsns, tmp_path: Path) -> None:
    await build(source_dsns)
    async with running(settings_for(source_dsns, tmp_path, **UNLIMITED)) as runtime:
        town = Town(source_dsns, Caller(asker(runtime)))
        key = gid("Engagement", await town.opened("CONSULTATION", prescribed=True))
        offer = {"engagementId": key, "toPartnerId": gid("Partner", 3), "toPhase": "DEPLOYMENT", "idempotencyKey": "k"}
        close = {"engagementId": key, "outcome": "COMPLETED", "expectedVersion": 3}
        variables: dict[str, Any] = {"offer": offer, "close": close}
        reference = await by_graphql_core(SCHEMA, parse(DOCUMENT), variables, runtime.context(ADVISOR))
        ours = await by_engine(SCHEMA, parse(DOCUMENT), variables, runtime.context(ADVISOR))
        assert difference(reference, ours) is None
        assert ours.data["offerHandoff"]["engagement"] == {
            "version": 3,
            "allowedActions": ["RECORD_FINDING", "PRESCRIBE", "WITHDRAW_HANDOFF", "ABANDON"],
        }
        assert ours.data["closeEngagement"]["userErrors"] == [{"code": "INVALID_TRANSITION", "field": ["input", "outcome"]}]


@pytest.mark.parametrize("keyed", [False, True], ids=["", "with a key"])
async def test_the_statements_of_an_acceptance(town: Town, keyed: bool) -> None:
    engagement_id = await town.opened("CONSULTATION", prescribed=True)
    handoff_id = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
    values: dict[str, Any] = {"handoff_id": handoff_id} | ({"idempotency_key": "k"} if keyed else {})
    answer = await town.call.answer("acceptHandoff", INTEGRATOR, **values)
    sent = [read.query for read in answer.reads]
    written = [
        "lock_engagement_of_handoff", "handoffs", "standings", "answer_handoff", "end_assignment", "start_assignment",
        "change_engagement", "record_event", "record_event",
    ]  # fmt: skip
    around = ["outcome", "claim_idempotency_key"] if keyed else []
    read = sent[len(around) + len(written) + keyed :]
    assert sent[: len(around) + len(written) + keyed] == [*around, *written, *(["store_outcome"] if keyed else [])]
    assert sorted(read) == ["engagements", "handoffs"]
    assert [event[0] for event in await events(town.dsns, engagement_id)][-2:] == ["HANDOFF_ACCEPTED", "PHASE_CHANGED"]
