"""The roots of every change."""

import strawberry

import resolvers.lifecycle
from engine.declarations import Price
from schema.fields import root
from schema.lifecycle import (
    AcceptHandoffInput,
    AdvancePhaseInput,
    ClientPayload,
    CloseEngagementInput,
    DeclineHandoffInput,
    EngagementPayload,
    HandoffPayload,
    OfferHandoffInput,
    OpenEngagementInput,
    PrescribeInput,
    RecordFindingInput,
    RegisterClientInput,
    SetExternalRefInput,
    WithdrawHandoffInput,
)

WRITE = Price(weight=10)
"""What a change costs beyond what is read of it."""


@strawberry.type(
    description="Everything that can be changed. What the user can mend is in a payload's `userErrors`, and then nothing "
    "has changed; what remains is an error. The same `idempotencyKey` and input give the stored outcome again, for 30 days."
)
class Mutation:
    register_client: ClientPayload = root(
        resolvers.lifecycle.register_client,
        price=WRITE,
        description="Register a client. The viewer's firm becomes its advisor; staff name one.",
        input=RegisterClientInput,
    )
    open_engagement: EngagementPayload = root(
        resolvers.lifecycle.open_engagement,
        price=WRITE,
        description="Open an engagement of a client that the viewer's firm advises, in a phase that it is strong in.",
        input=OpenEngagementInput,
    )
    record_finding: EngagementPayload = root(
        resolvers.lifecycle.record_finding, price=WRITE, description="For the leading advisor (問診).", input=RecordFindingInput
    )
    prescribe: EngagementPayload = root(
        resolvers.lifecycle.prescribe,
        price=WRITE,
        description="For the leading advisor (処方). Takes the place of what was prescribed before.",
        input=PrescribeInput,
    )
    advance_phase: EngagementPayload = root(
        resolvers.lifecycle.advance_phase,
        price=WRITE,
        description="The lead goes on into the next phase itself, where it is strong in it.",
        input=AdvancePhaseInput,
    )
    offer_handoff: HandoffPayload = root(
        resolvers.lifecycle.offer_handoff,
        price=WRITE,
        description="For the lead: offer the engagement to a firm that is strong in the same phase or the next.",
        input=OfferHandoffInput,
    )
    accept_handoff: HandoffPayload = root(
        resolvers.lifecycle.accept_handoff,
        price=WRITE,
        description="For the firm that it is offered to: it leads from now on, and sees the client.",
        input=AcceptHandoffInput,
    )
    decline_handoff: HandoffPayload = root(
        resolvers.lifecycle.decline_handoff,
        price=WRITE,
        description="For the firm that it is offered to: it returns to the sender.",
        input=DeclineHandoffInput,
    )
    withdraw_handoff: HandoffPayload = root(
        resolvers.lifecycle.withdraw_handoff,
        price=WRITE,
        description="For the firm that offered it.",
        input=WithdrawHandoffInput,
    )
    close_engagement: EngagementPayload = root(
        resolvers.lifecycle.close_engagement,
        price=WRITE,
        description="For the lead: COMPLETED from UTILIZATION, ABANDONED from any phase. Withdraws an open offer.",
        input=CloseEngagementInput,
    )
    set_external_ref: EngagementPayload = root(
        resolvers.lifecycle.set_external_ref,
        price=WRITE,
        description="What the viewer's firm calls an engagement that it sees in full; null takes it away. Makes no event.",
        input=SetExternalRefInput,
    )
