"""The mutations of an engagement's life: what each takes and asks of other sources before its transaction (commands/)."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from commands import clients, engagements, handoffs
from commands.idempotency import Work
from hub.context import RequestContext
from hub.user_errors import UserError, not_allowed, required
from hub.viewer import ViewerKind
from hub.vocabulary import Phase, SourceName
from loaders.directory import strengths_of_firms
from loaders.engagement_actions import NOBODY, actor_of, standings_by_id
from resolvers.arguments import NO_KEY
from resolvers.form import LONGEST_NOTE, Form
from resolvers.mutations import carry_out

Input = Mapping[str, Any]
Payload = dict[str, Any]


async def register_client(context: RequestContext, *, input: Input) -> Payload:
    """A firm registers a client that it advises; staff say who advises it."""
    form = Form(input)
    fields: dict[str, Any] = {
        "corporate_number": form.corporate_number(),
        "name": form.line("name"),
        "name_kana": form.line("name_kana"),
        "region": form.region(),
        "industry": form.line("industry"),
        "employees": form.count("employees"),
        "advisor_id": _firm(context, form, "advisor_id"),
    }
    if fields["corporate_number"] is None and fields["name"] is None:
        form.refuse(required("name"))

    async def prepare() -> Work:
        firms = await strengths_of_firms(context, [fields["advisor_id"]])
        return partial(clients.register_client, **fields, firms=firms)

    return await carry_out(context, SourceName.ENGAGEMENTS, "registerClient", form, prepare)


async def open_engagement(context: RequestContext, *, input: Input) -> Payload:
    """A firm opens an engagement of a client that it advises; staff say which firm is to lead."""
    form = Form(input)
    fields: dict[str, Any] = {
        "client_id": form.key("Client", "client_id"),
        "title": form.line("title", needed=True),
        "phase": input.get("phase") or Phase.AWARENESS,
        "lead_partner_id": _firm(context, form, "lead_partner_id"),
        "external_ref": form.line("external_ref"),
    }

    async def prepare() -> Work:
        strengths = await strengths_of_firms(context, [fields["lead_partner_id"]])
        return partial(engagements.open_engagement, **fields, strengths=strengths)

    return await carry_out(context, SourceName.ENGAGEMENTS, "openEngagement", form, prepare)


async def record_finding(context: RequestContext, *, input: Input) -> Payload:
    """The leading advisor records a symptom."""
    form = Form(input)
    fields = {**_of_engagement(form), "symptom": form.line("symptom", needed=True), "note": form.note()}
    return await _carry_out(context, "recordFinding", form, partial(engagements.record_finding, **fields))


async def prescribe(context: RequestContext, *, input: Input) -> Payload:
    """The leading advisor prescribes a remedy."""
    form = Form(input)
    fields: dict[str, Any] = {
        **_of_engagement(form),
        "remedy": form.line("remedy", longest=LONGEST_NOTE, needed=True),
        "note": form.note(),
    }
    return await _carry_out(context, "prescribe", form, partial(engagements.prescribe, **fields))


async def advance_phase(context: RequestContext, *, input: Input) -> Payload:
    """The lead goes on into the next phase itself."""
    form = Form(input)
    fields = _of_engagement(form)

    async def prepare() -> Work:
        lead = await _lead_to_judge(context, fields["engagement_id"])
        strengths = {} if lead is None else {lead: (await strengths_of_firms(context, [lead])).get(lead, frozenset())}
        return partial(engagements.advance_phase, **fields, strengths=strengths)

    return await carry_out(context, SourceName.ENGAGEMENTS, "advancePhase", form, prepare)


async def offer_handoff(context: RequestContext, *, input: Input) -> Payload:
    """The lead offers the engagement to another firm."""
    form = Form(input)
    fields: dict[str, Any] = {
        **_of_engagement(form),
        "to_partner_id": form.key("Partner", "to_partner_id"),
        "to_phase": input["to_phase"],
        "note": form.note(),
        "respond_by": input.get("respond_by"),
        "days": context.settings.handoff_respond_days,
        "most_days": context.settings.handoff_respond_days_max,
    }

    async def prepare() -> Work:
        strengths = await strengths_of_firms(context, [fields["to_partner_id"]])
        return partial(handoffs.offer_handoff, **fields, strengths=strengths)

    return await carry_out(context, SourceName.ENGAGEMENTS, "offerHandoff", form, prepare)


async def accept_handoff(context: RequestContext, *, input: Input) -> Payload:
    """The firm that it is offered to takes the engagement on."""
    form = Form(input)
    fields = {**_of_handoff(form), "external_ref": form.line("external_ref")}
    return await _carry_out(context, "acceptHandoff", form, partial(handoffs.accept_handoff, **fields))


async def decline_handoff(context: RequestContext, *, input: Input) -> Payload:
    """The firm that it is offered to does not take it on."""
    form = Form(input)
    fields = {**_of_handoff(form), "reason": input["reason"], "note": form.note()}
    return await _carry_out(context, "declineHandoff", form, partial(handoffs.decline_handoff, **fields))


async def withdraw_handoff(context: RequestContext, *, input: Input) -> Payload:
    """The firm that offered it takes its offer back."""
    form = Form(input)
    return await _carry_out(context, "withdrawHandoff", form, partial(handoffs.withdraw_handoff, **_of_handoff(form)))


async def close_engagement(context: RequestContext, *, input: Input) -> Payload:
    """The lead ends the engagement."""
    form = Form(input)
    fields = {**_of_engagement(form), "outcome": input["outcome"], "note": form.note()}
    return await _carry_out(context, "closeEngagement", form, partial(engagements.close_engagement, **fields))


async def set_external_ref(context: RequestContext, *, input: Input) -> Payload:
    """A firm says what its own system calls an engagement, or that it calls it nothing."""
    form = Form(input)
    fields: dict[str, Any] = {
        "engagement_id": form.key("Engagement", "engagement_id"),
        "external_ref": form.line("external_ref"),
    }
    return await _carry_out(context, "setExternalRef", form, partial(engagements.set_external_ref, **fields))


async def _carry_out(context: RequestContext, mutation: str, form: Form, work: Work) -> Payload:
    """A mutation that asks nothing of other sources."""

    async def prepare() -> Work:
        return work

    return await carry_out(context, SourceName.ENGAGEMENTS, mutation, form, prepare)


def _of_engagement(form: Form) -> dict[str, Any]:
    return {
        "engagement_id": form.key("Engagement", "engagement_id"),
        "expected_version": form.input.get("expected_version"),
    }


def _of_handoff(form: Form) -> dict[str, Any]:
    return {"handoff_id": form.key("Handoff", "handoff_id"), "expected_version": form.input.get("expected_version")}


def _firm(context: RequestContext, form: Form, field: str) -> int:
    """The firm for which something is done: the viewer's own, or the one that staff name."""
    viewer = context.viewer
    named = form.key("Partner", field)
    camel = "advisorId" if field == "advisor_id" else "leadPartnerId"
    if viewer.kind is ViewerKind.STAFF:
        if named is None:
            form.refuse(required(camel))
        return named or NO_KEY
    if viewer.partner_id is None:
        form.refuse(_no_firm())
    elif named not in (None, viewer.partner_id):
        form.refuse(
            not_allowed("他の事業者を指定できるのは事務局だけです。", "Only staff may name another firm than their own.", camel)
        )
    return viewer.partner_id or NO_KEY


def _no_firm() -> UserError:
    return not_allowed("どの事業者にも属していません。", "The viewer belongs to no firm.")


async def _lead_to_judge(context: RequestContext, engagement_id: int) -> int | None:
    """The firm whose strengths an advance depends on: the lead, where the viewer acts for it; else nothing depends on them."""
    actor = actor_of(context.viewer)
    if actor == NOBODY:
        return None
    (standing,) = await standings_by_id(context, [engagement_id])
    if standing is None or not actor.acts_for(standing.lead_partner_id):
        return None
    return standing.lead_partner_id
