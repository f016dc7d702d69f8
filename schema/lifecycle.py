"""What the mutations of an engagement's life take, and what they answer."""

from datetime import datetime

import strawberry

import loaders.engagements
import resolvers.mutations
from schema.clients import Client
from schema.engagements import Engagement, Handoff
from schema.enums import DeclineReason, EngagementOutcome, Phase, UserErrorCode
from schema.fields import computed, edge

IDEMPOTENCY_KEY = (
    "The caller's own name for this call, at most 200 characters: sent again with the same input, it has its effect once."
)

EXPECTED_VERSION = "The engagement's version as the user saw it: where it has changed since, nothing is done (CONFLICT)."


def _idempotency_key() -> str | None:
    return strawberry.field(default=strawberry.UNSET, description=IDEMPOTENCY_KEY)  # type: ignore[no-any-return]


def _expected_version() -> int | None:
    return strawberry.field(default=strawberry.UNSET, description=EXPECTED_VERSION)  # type: ignore[no-any-return]


@strawberry.type(
    description='Why an input was refused; `field` is the path in the input, for example ["input", "toPartnerId"].'
)
class UserError:
    code: UserErrorCode
    message: str = strawberry.field(description="For people, in the language of the request.")
    field: list[str] | None


def _user_errors() -> list[UserError]:
    return computed(  # type: ignore[no-any-return]
        resolvers.mutations.user_errors_of,
        columns=("user_errors",),
        size=2,
        description="Why nothing was done; empty where it was.",
    )


def _engagement() -> Engagement | None:
    return edge(loaders.engagements.engagements_by_id, key="engagement_id", description="As the viewer sees it afterwards.")  # type: ignore[no-any-return]


@strawberry.type(description="What became of a client.")
class ClientPayload:
    client: Client | None = edge(loaders.engagements.clients_by_id, key="client_id", description="As it is afterwards.")
    user_errors: list[UserError] = _user_errors()


@strawberry.type(description="What became of an engagement.")
class EngagementPayload:
    engagement: Engagement | None = _engagement()
    user_errors: list[UserError] = _user_errors()


@strawberry.type(description="What became of a hand-off, and of its engagement.")
class HandoffPayload:
    handoff: Handoff | None = edge(loaders.engagements.handoffs_by_id, key="handoff_id", description="As it is afterwards.")
    engagement: Engagement | None = _engagement()
    user_errors: list[UserError] = _user_errors()


@strawberry.input(
    description="Takes name, kana and region from the register where a corporate number is given; "
    "the viewer's firm becomes the advisor."
)
class RegisterClientInput:
    corporate_number: str | None = strawberry.UNSET
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Needed where no number is given, or one that the register does not know."
    )
    name_kana: str | None = strawberry.UNSET
    region: str | None = strawberry.field(default=strawberry.UNSET, description="ISO 3166-2, for example JP-13.")
    industry: str | None = strawberry.UNSET
    employees: int | None = strawberry.UNSET
    advisor_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="For staff: who advises it.")
    idempotency_key: str | None = _idempotency_key()


@strawberry.input(description="leadPartnerId is for staff; a firm opens its own.")
class OpenEngagementInput:
    client_id: strawberry.ID
    title: str
    phase: Phase | None = Phase.AWARENESS
    lead_partner_id: strawberry.ID | None = strawberry.UNSET
    external_ref: str | None = strawberry.field(default=strawberry.UNSET, description="What the leading firm calls it.")
    idempotency_key: str | None = _idempotency_key()


@strawberry.input(description="A symptom that was found.")
class RecordFindingInput:
    engagement_id: strawberry.ID
    symptom: str = strawberry.field(description="A symptom's code.")
    note: str | None = strawberry.UNSET
    expected_version: int | None = _expected_version()
    idempotency_key: str | None = _idempotency_key()


@strawberry.input(description="A remedy.")
class PrescribeInput:
    engagement_id: strawberry.ID
    remedy: str
    note: str | None = strawberry.UNSET
    expected_version: int | None = _expected_version()
    idempotency_key: str | None = _idempotency_key()


@strawberry.input(description="Which engagement goes on.")
class AdvancePhaseInput:
    engagement_id: strawberry.ID
    expected_version: int | None = _expected_version()
    idempotency_key: str | None = _idempotency_key()


@strawberry.input(description="To whom, and into which phase.")
class OfferHandoffInput:
    engagement_id: strawberry.ID
    to_partner_id: strawberry.ID
    to_phase: Phase
    note: str | None = strawberry.UNSET
    respond_by: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="When the offer lapses; in 14 days unless the operator has set another time."
    )
    expected_version: int | None = _expected_version()
    idempotency_key: str | None = _idempotency_key()


@strawberry.input(description="Which hand-off is accepted.")
class AcceptHandoffInput:
    handoff_id: strawberry.ID
    external_ref: str | None = strawberry.field(default=strawberry.UNSET, description="What the accepting firm calls it.")
    expected_version: int | None = _expected_version()
    idempotency_key: str | None = _idempotency_key()


@strawberry.input(description="Which hand-off is declined, and why.")
class DeclineHandoffInput:
    handoff_id: strawberry.ID
    reason: DeclineReason
    note: str | None = strawberry.UNSET
    expected_version: int | None = _expected_version()
    idempotency_key: str | None = _idempotency_key()


@strawberry.input(description="Which offer is withdrawn.")
class WithdrawHandoffInput:
    handoff_id: strawberry.ID
    expected_version: int | None = _expected_version()
    idempotency_key: str | None = _idempotency_key()


@strawberry.input(description="How the engagement ends.")
class CloseEngagementInput:
    engagement_id: strawberry.ID
    outcome: EngagementOutcome
    note: str | None = strawberry.UNSET
    expected_version: int | None = _expected_version()
    idempotency_key: str | None = _idempotency_key()


@strawberry.input(description="What the viewer's firm calls the engagement; null takes it away.")
class SetExternalRefInput:
    engagement_id: strawberry.ID
    external_ref: str | None = strawberry.UNSET
    idempotency_key: str | None = _idempotency_key()
