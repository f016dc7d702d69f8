"""Every way to be refused: its exact code and field, and nothing has changed: no row, no version, no event, no key."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.viewer import Viewer
from tests.lifecycle.town import (
    GONE,
    KNOWN_NUMBER,
    NO_FIRM,
    REPORTING,
    STAFF,
    UNKNOWN_NUMBER,
    Firm,
    Refusal,
    Town,
    crm,
    everything,
    person,
    refusal,
)

ADVISOR, OTHER, INTEGRATOR, TRAINER = crm(Firm.ADVISOR), crm(Firm.OTHER_ADVISOR), crm(Firm.INTEGRATOR), crm(Firm.TRAINER)

UNKNOWN = 10**6


class Check:
    """Calls that are refused, one after the other, in one town."""

    def __init__(self, town: Town) -> None:
        self.town = town

    async def __call__(self, mutation: str, viewer: Viewer, expected: list[Refusal], **values: Any) -> None:
        before = await everything(self.town.dsns)
        assert await self.town.call.refused(mutation, viewer, **values) == expected, (mutation, viewer.name, values)
        assert await self.town.call.refused(mutation, viewer, idempotency_key="k", **values) == expected
        assert await everything(self.town.dsns) == before


@pytest.fixture
def check(town: Town) -> Check:
    return Check(town)


async def test_register_client(check: Check, town: Town) -> None:
    await check("registerClient", ADVISOR, refusal("REQUIRED", "name"))
    await check("registerClient", ADVISOR, refusal("REQUIRED", "name"), name="  ")
    await check("registerClient", ADVISOR, refusal("TOO_LONG", "name"), name="あ" * 201)
    await check("registerClient", ADVISOR, refusal("INVALID", "name"), name="a\0b")
    await check("registerClient", ADVISOR, refusal("INVALID", "corporateNumber"), corporate_number="123")
    await check("registerClient", ADVISOR, refusal("INVALID", "region"), name="x", region="Tokyo")
    await check("registerClient", ADVISOR, refusal("INVALID", "employees"), name="x", employees=-1)
    await check("registerClient", ADVISOR, refusal("TOO_LONG", "industry"), name="x", industry="x" * 201)
    await check("registerClient", ADVISOR, refusal("NOT_FOUND", "corporateNumber"), corporate_number=UNKNOWN_NUMBER)
    await check("registerClient", ADVISOR, refusal("NOT_ALLOWED", "advisorId"), name="x", advisor_id=Firm.INTEGRATOR)
    await check("registerClient", STAFF, refusal("REQUIRED", "advisorId"), name="x")
    await check("registerClient", STAFF, refusal("NOT_FOUND", "advisorId"), name="x", advisor_id=GONE)
    await check("registerClient", crm(GONE), refusal("NOT_FOUND", "advisorId"), name="x")
    await check("registerClient", NO_FIRM, refusal("NOT_ALLOWED"), name="x")
    several = [*refusal("INVALID", "region"), *refusal("INVALID", "employees"), *refusal("REQUIRED", "name")]
    await check("registerClient", ADVISOR, several, region="x", employees=-1)
    await town.call.done("registerClient", ADVISOR, corporate_number=KNOWN_NUMBER)
    await check("registerClient", INTEGRATOR, refusal("DUPLICATE", "corporateNumber"), corporate_number=KNOWN_NUMBER)


async def test_open_engagement(check: Check, town: Town) -> None:
    await check("openEngagement", ADVISOR, refusal("REQUIRED", "title"), client_id=1, title=" ")
    await check("openEngagement", ADVISOR, refusal("TOO_LONG", "title"), client_id=1, title="x" * 201)
    await check("openEngagement", ADVISOR, refusal("NOT_FOUND", "clientId"), client_id=UNKNOWN, title="x")
    await check("openEngagement", ADVISOR, refusal("NOT_FOUND", "clientId"), client_id=2, title="x")
    await check("openEngagement", NO_FIRM, refusal("NOT_ALLOWED"), client_id=1, title="x")
    await check(
        "openEngagement", ADVISOR, refusal("NOT_ALLOWED", "leadPartnerId"), client_id=1, title="x", lead_partner_id=Firm.TRAINER
    )
    await check("openEngagement", STAFF, refusal("REQUIRED", "leadPartnerId"), client_id=1, title="x")
    await check("openEngagement", STAFF, refusal("NOT_FOUND", "leadPartnerId"), client_id=1, title="x", lead_partner_id=GONE)
    await check("openEngagement", ADVISOR, refusal("ROLE_MISMATCH", "phase"), client_id=1, title="x", phase="UTILIZATION")
    await check("openEngagement", INTEGRATOR, refusal("ROLE_MISMATCH", "phase"), client_id=3, title="x")
    for viewer, values in ((INTEGRATOR, {}), (STAFF, {"lead_partner_id": Firm.INTEGRATOR})):
        expected = refusal("PRESCRIPTION_REQUIRED", "phase")
        await check("openEngagement", viewer, expected, client_id=3, title="x", phase="DEPLOYMENT", **values)
    # Who leads an engagement of a client sees the client, and is not its advisor for that.
    await town.deployed()
    await check("openEngagement", INTEGRATOR, refusal("NOT_ALLOWED", "clientId"), client_id=1, title="x", phase="DEPLOYMENT")
    await town.call.done("openEngagement", ADVISOR, client_id=1, title="x", external_ref="A-1")
    await check("openEngagement", ADVISOR, refusal("DUPLICATE", "externalRef"), client_id=1, title="x", external_ref="A-1")


OF_ADVISOR = [("recordFinding", {"symptom": "DEPENDENCE"}), ("prescribe", {"remedy": "処方"})]


@pytest.mark.parametrize(("mutation", "values"), OF_ADVISOR, ids=[mutation for mutation, _ in OF_ADVISOR])
async def test_what_the_leading_advisor_records(check: Check, town: Town, mutation: str, values: dict[str, Any]) -> None:
    here = {"engagement_id": await town.opened(), **values}
    await check(mutation, ADVISOR, refusal("NOT_FOUND", "engagementId"), **here | {"engagement_id": UNKNOWN})
    for viewer in (OTHER, NO_FIRM, crm(GONE)):
        await check(mutation, viewer, refusal("NOT_FOUND", "engagementId"), **here)
    for version in (0, 2):
        await check(mutation, ADVISOR, refusal("CONFLICT", "expectedVersion"), **here, expected_version=version)
    await check(mutation, ADVISOR, refusal("TOO_LONG", "note"), **here, note="x" * 2001)
    await town.offered(here["engagement_id"], Firm.OTHER_ADVISOR, "AWARENESS")
    await check(mutation, OTHER, refusal("NOT_ALLOWED"), **here)
    await town.call.done("closeEngagement", ADVISOR, engagement_id=here["engagement_id"], outcome="ABANDONED")
    await check(mutation, ADVISOR, refusal("INVALID_TRANSITION", "engagementId"), **here)
    deployed = here | {"engagement_id": await town.deployed()}
    for viewer in (ADVISOR, INTEGRATOR):
        await check(mutation, viewer, refusal("NOT_ALLOWED"), **deployed)
    await check(mutation, STAFF, refusal("INVALID_TRANSITION", "engagementId"), **deployed)


async def test_fields_of_findings_and_prescriptions(check: Check, town: Town) -> None:
    engagement_id = await town.opened()
    await check("recordFinding", ADVISOR, refusal("NOT_FOUND", "symptom"), engagement_id=engagement_id, symptom="NONE")
    await check("recordFinding", ADVISOR, refusal("REQUIRED", "symptom"), engagement_id=engagement_id, symptom="")
    await check("prescribe", ADVISOR, refusal("REQUIRED", "remedy"), engagement_id=engagement_id, remedy="")
    await check("prescribe", ADVISOR, refusal("TOO_LONG", "remedy"), engagement_id=engagement_id, remedy="x" * 2001)


async def test_advance_phase(check: Check, town: Town) -> None:
    engagement_id = await town.opened()
    await check("advancePhase", OTHER, refusal("NOT_FOUND", "engagementId"), engagement_id=engagement_id)
    await check(
        "advancePhase", ADVISOR, refusal("CONFLICT", "expectedVersion"), engagement_id=engagement_id, expected_version=7
    )
    handoff_id = await town.offered(engagement_id, Firm.OTHER_ADVISOR, "CONSULTATION")
    await check("advancePhase", ADVISOR, refusal("OFFER_PENDING", "engagementId"), engagement_id=engagement_id)
    await check("advancePhase", OTHER, refusal("NOT_ALLOWED"), engagement_id=engagement_id)
    await town.call.done("withdrawHandoff", ADVISOR, handoff_id=handoff_id)
    await town.call.done("advancePhase", ADVISOR, engagement_id=engagement_id)
    await check("advancePhase", ADVISOR, refusal("PRESCRIPTION_REQUIRED", "engagementId"), engagement_id=engagement_id)
    await town.call.done("prescribe", ADVISOR, engagement_id=engagement_id, remedy="x")
    await check("advancePhase", ADVISOR, refusal("ROLE_MISMATCH", "engagementId"), engagement_id=engagement_id)
    await check("advancePhase", STAFF, refusal("ROLE_MISMATCH", "engagementId"), engagement_id=engagement_id)
    last = await town.utilized()
    await check("advancePhase", TRAINER, refusal("INVALID_TRANSITION", "engagementId"), engagement_id=last)
    for viewer in (ADVISOR, INTEGRATOR):
        await check("advancePhase", viewer, refusal("NOT_ALLOWED"), engagement_id=last)


async def test_offer_handoff(check: Check, town: Town) -> None:
    here: dict[str, Any] = {
        "engagement_id": await town.opened(),
        "to_partner_id": Firm.OTHER_ADVISOR,
        "to_phase": "CONSULTATION",
    }
    now = datetime.now(UTC)

    async def no(viewer: Viewer, expected: list[Refusal], **values: Any) -> None:
        await check("offerHandoff", viewer, expected, **here | values)

    await no(OTHER, refusal("NOT_FOUND", "engagementId"))
    await no(ADVISOR, refusal("NOT_FOUND", "engagementId"), engagement_id=UNKNOWN)
    await no(ADVISOR, refusal("NOT_FOUND", "toPartnerId"), to_partner_id=GONE)
    await no(ADVISOR, refusal("CONFLICT", "expectedVersion"), expected_version=2)
    await no(ADVISOR, refusal("INVALID", "toPartnerId"), to_partner_id=Firm.ADVISOR)
    await no(STAFF, refusal("INVALID", "toPartnerId"), to_partner_id=Firm.ADVISOR)
    await no(ADVISOR, refusal("ROLE_MISMATCH", "toPartnerId"), to_partner_id=Firm.INTEGRATOR)
    await no(ADVISOR, refusal("ROLE_MISMATCH", "toPartnerId"), to_partner_id=Firm.NEWCOMER)
    await no(ADVISOR, refusal("INVALID_TRANSITION", "toPhase"), to_phase="DEPLOYMENT", to_partner_id=Firm.INTEGRATOR)
    await no(ADVISOR, refusal("INVALID_TRANSITION", "toPhase"), to_phase="UTILIZATION", to_partner_id=Firm.TRAINER)
    await no(ADVISOR, refusal("INVALID", "respondBy"), respond_by=now - timedelta(seconds=1))
    await no(ADVISOR, refusal("INVALID", "respondBy"), respond_by=now + timedelta(days=91))
    await no(ADVISOR, refusal("TOO_LONG", "note"), note="x" * 2001)
    await town.call.done("advancePhase", ADVISOR, engagement_id=here["engagement_id"])
    await no(ADVISOR, refusal("INVALID_TRANSITION", "toPhase"), to_phase="AWARENESS")
    to_integrator = {"to_phase": "DEPLOYMENT", "to_partner_id": Firm.INTEGRATOR}
    await no(ADVISOR, refusal("PRESCRIPTION_REQUIRED", "toPhase"), **to_integrator)
    await town.call.done("prescribe", ADVISOR, engagement_id=here["engagement_id"], remedy="x")
    await town.offered(here["engagement_id"], Firm.INTEGRATOR, "DEPLOYMENT")
    await no(ADVISOR, refusal("OFFER_PENDING", "engagementId"))
    await no(INTEGRATOR, refusal("NOT_ALLOWED"))
    await town.call.done("closeEngagement", ADVISOR, engagement_id=here["engagement_id"], outcome="ABANDONED")
    await no(ADVISOR, refusal("INVALID_TRANSITION", "engagementId"))
    deployed = {"engagement_id": await town.deployed()}
    await no(ADVISOR, refusal("NOT_ALLOWED"), **deployed)
    await no(INTEGRATOR, refusal("INVALID_TRANSITION", "toPhase"), **deployed)


ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("acceptHandoff", {}),
    ("declineHandoff", {"reason": "NO_CAPACITY"}),
    ("withdrawHandoff", {}),
]


@pytest.mark.parametrize(("mutation", "values"), ANSWERS, ids=[mutation for mutation, _ in ANSWERS])
async def test_answers_to_an_offer(check: Check, town: Town, mutation: str, values: dict[str, Any]) -> None:
    engagement_id = await town.opened("CONSULTATION", prescribed=True)
    here = {"handoff_id": await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT"), **values}
    sender, receiver = person(Firm.ADVISOR), person(Firm.INTEGRATOR)
    entitled, other_side = (sender, receiver) if mutation == "withdrawHandoff" else (receiver, sender)
    await check(mutation, entitled, refusal("NOT_FOUND", "handoffId"), **here | {"handoff_id": UNKNOWN})
    for viewer in (OTHER, TRAINER, NO_FIRM):
        await check(mutation, viewer, refusal("NOT_FOUND", "handoffId"), **here)
    await check(mutation, other_side, refusal("NOT_ALLOWED"), **here)
    await check(mutation, entitled, refusal("CONFLICT", "expectedVersion"), **here, expected_version=2)
    await town.lapse(here["handoff_id"])
    for viewer in (entitled, STAFF):
        await check(mutation, viewer, refusal("OFFER_CLOSED", "handoffId"), **here)
    # It says no more, whatever version is guessed, than that the offer is open no more.
    for version in (2, 3):
        await check(mutation, entitled, refusal("OFFER_CLOSED", "handoffId"), **here, expected_version=version)
    for closing, closer, more in (
        ("declineHandoff", receiver, {"reason": "OTHER"}),
        ("withdrawHandoff", sender, {}),
        ("acceptHandoff", receiver, {}),
    ):
        engagement_id = await town.opened("CONSULTATION", prescribed=True)
        here = {"handoff_id": await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT"), **values}
        await town.call.done(closing, closer, handoff_id=here["handoff_id"], **more)
        await check(mutation, entitled, refusal("OFFER_CLOSED", "handoffId"), **here)
        await check(mutation, other_side, refusal("NOT_ALLOWED"), **here)


async def test_an_acceptance_under_a_name_that_the_firm_has_given_to_another(check: Check, town: Town) -> None:
    deployed = await town.deployed()
    await town.call.done("setExternalRef", INTEGRATOR, engagement_id=deployed, external_ref="I-1")
    engagement_id = await town.opened("CONSULTATION", prescribed=True)
    handoff_id = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
    expected = refusal("DUPLICATE", "externalRef")
    await check("acceptHandoff", INTEGRATOR, expected, handoff_id=handoff_id, external_ref="I-1")


async def test_close_engagement(check: Check, town: Town) -> None:
    engagement_id = await town.opened()
    for viewer in (OTHER, NO_FIRM):
        for outcome in ("COMPLETED", "ABANDONED"):
            expected = refusal("NOT_FOUND", "engagementId")
            await check("closeEngagement", viewer, expected, engagement_id=engagement_id, outcome=outcome)
    for viewer in (ADVISOR, STAFF):
        expected = refusal("INVALID_TRANSITION", "outcome")
        await check("closeEngagement", viewer, expected, engagement_id=engagement_id, outcome="COMPLETED")
    expected = refusal("CONFLICT", "expectedVersion")
    await check("closeEngagement", ADVISOR, expected, engagement_id=engagement_id, outcome="ABANDONED", expected_version=2)
    deployed = await town.deployed()
    await check("closeEngagement", ADVISOR, refusal("NOT_ALLOWED"), engagement_id=deployed, outcome="ABANDONED")
    await town.call.done("closeEngagement", ADVISOR, engagement_id=engagement_id, outcome="ABANDONED")
    expected = refusal("INVALID_TRANSITION", "engagementId")
    await check("closeEngagement", ADVISOR, expected, engagement_id=engagement_id, outcome="ABANDONED")


async def test_set_external_ref(check: Check, town: Town) -> None:
    first, second = await town.opened(), await town.opened("CONSULTATION", prescribed=True)
    await check("setExternalRef", OTHER, refusal("NOT_FOUND", "engagementId"), engagement_id=first, external_ref="x")
    await check("setExternalRef", STAFF, refusal("NOT_ALLOWED"), engagement_id=first, external_ref="x")
    await check("setExternalRef", ADVISOR, refusal("TOO_LONG", "externalRef"), engagement_id=first, external_ref="x" * 201)
    await town.call.done("setExternalRef", ADVISOR, engagement_id=first, external_ref="x")
    await check("setExternalRef", ADVISOR, refusal("DUPLICATE", "externalRef"), engagement_id=second, external_ref="x")
    await town.offered(second, Firm.INTEGRATOR, "DEPLOYMENT")
    await check("setExternalRef", INTEGRATOR, refusal("NOT_ALLOWED"), engagement_id=second, external_ref="y")


@pytest.mark.parametrize("key", ["", "  ", "x" * 201, "a\0b"])
async def test_keys_out_of_range(town: Town, key: str) -> None:
    before = await everything(town.dsns)
    code = {"": "REQUIRED", "  ": "REQUIRED", "a\0b": "INVALID"}.get(key, "TOO_LONG")
    found = await town.call.refused("openEngagement", ADVISOR, client_id=1, title="x", idempotency_key=key)
    assert found == refusal(code, "idempotencyKey")
    assert await everything(town.dsns) == before


async def test_an_id_that_is_none_is_an_error(town: Town) -> None:
    answer = await town.call.answer("prescribe", ADVISOR, engagement_id="nonsense", remedy="x")
    assert answer.data is None
    assert answer.error["extensions"] == {"code": "BAD_ID", "field": "input.engagementId"}


async def test_an_id_of_another_type_is_of_nothing(check: Check, town: Town) -> None:
    client = (await town.call.done("registerClient", ADVISOR, name="x"))["client"]["id"]
    await check("prescribe", ADVISOR, refusal("NOT_FOUND", "engagementId"), engagement_id=client, remedy="x")


async def test_reporting_has_no_scope_to_write(town: Town) -> None:
    from hub.errors import Forbidden

    before = await everything(town.dsns)
    with pytest.raises(Forbidden):
        await town.call.answer("registerClient", REPORTING, name="x")
    assert await everything(town.dsns) == before


async def test_messages_are_in_the_language_of_the_request(town: Town) -> None:
    found = {}
    for locale in ("ja", "en"):
        answer = await town.call.answer("registerClient", ADVISOR, locale=locale)
        found[locale] = answer.data["registerClient"]["userErrors"][0]["message"]
    assert found == {"ja": "name を入力してください。", "en": "name is required."}
