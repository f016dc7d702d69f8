"""The engagements of the demo: how each passed from firm to firm through the phases, by the rules of the programme."""

from typing import NamedTuple

from demo import engagement_texts as texts
from demo import shapes
from demo.clients import Client, Clients
from demo.clock import SECONDS_OF_DAY, Clock
from demo.dice import Dice
from demo.directory import Directory, Firm
from demo.shapes import Action, Deck, Shape, Step
from hub.vocabulary import DeclineReason, EngagementStatus, HandoffStatus, Phase

_SUBJECT = 5

_WORKDAYS_BEFORE = {
    Action.FIND: (1, 7),
    Action.PRESCRIBE: (1, 6),
    Action.ADVANCE: (2, 12),
    Action.OFFER: (1, 10),
    Action.CLOSE: (15, 60),
}
"""How many working days pass before an action, at least and at most. One at least: so no two happen at one time."""

_WORKDAYS_TO_ANSWER = (1, 8)
_DAYS_TO_RESPOND = (14, 14, 14, 14, 14, 14, 14, 21, 21, 28)
_WORKDAYS_OPEN = 8
"""How old an open offer is at most. Eight working days are twelve days: it lapses a day or more from now."""

_WORKDAYS_IDLE = (0, 0, 0, 1, 1, 2, 3, 4, 6, 8, 12, 18, 25, 40, 60, 90)
_DECLINE_REASONS = tuple(reason.value for reason in DeclineReason)


class EngagementStory(NamedTuple):
    """What the other sources need to know of an engagement; times on the demo's clock."""

    id: int
    opened_at: int
    closed_at: int | None
    utilized_from: int | None
    """When it came into UTILIZATION; None where it has not."""
    leads: tuple[tuple[int, Firm], ...]
    """Who led it, since when; oldest first."""


class Engagements(NamedTuple):
    """The engagements of one cohort, with rows for their tables."""

    engagement_rows: list[tuple[object, ...]]
    assignment_rows: list[tuple[object, ...]]
    finding_rows: list[tuple[object, ...]]
    prescription_rows: list[tuple[object, ...]]
    handoff_rows: list[tuple[object, ...]]
    external_ref_rows: list[tuple[object, ...]]
    stories: list[EngagementStory]


class _Timetable(NamedTuple):
    """When a shape's steps happen: working days after the opening. `days_to_respond`: of an offer, in calendar days."""

    shape: Shape
    opened_on: int
    done_on: list[int]
    answered_on: list[int]
    days_to_respond: list[int]


def build(cohort: int, directory: Directory, clients: Clients, deck: Deck, clock: Clock) -> Engagements:
    """The engagements of a cohort, oldest first."""
    dice = Dice(_SUBJECT, cohort)
    timetables = [_timetable(shape, clock, dice) for shape in deck.shapes]
    timetables.sort(key=lambda timetable: timetable.opened_on)
    result = Engagements([], [], [], [], [], [], [])
    finding_id = cohort * deck.rows["finding"]
    handoff_id = cohort * shapes.HANDOFFS
    for turn, timetable in enumerate(timetables):
        history = _History(cohort * shapes.ENGAGEMENTS + turn + 1, finding_id, handoff_id, directory, clock, dice, result)
        history.play(timetable, clients.clients)
        finding_id, handoff_id = history.finding_id, history.handoff_id
    return result


def _timetable(shape: Shape, clock: Clock, dice: Dice) -> _Timetable:
    done_on, answered_on, days_to_respond = [], [], []
    day = 0
    for step in shape.steps:
        day += dice.between(*_WORKDAYS_BEFORE[step.action])
        done_on.append(day)
        days = 0
        if step.action is Action.OFFER:
            days = dice.pick(_DAYS_TO_RESPOND)
            if step.outcome is HandoffStatus.EXPIRED:
                # Whole weeks, hence the same weekday: five working days each.
                day += days // 7 * 5
            elif step.outcome is not HandoffStatus.OFFERED:
                day += dice.between(*_WORKDAYS_TO_ANSWER)
        answered_on.append(day)
        days_to_respond.append(days)
    if shape.status is not EngagementStatus.OPEN:
        ended_on = dice.between(day, clock.last_workday)
    elif shape.steps and shape.steps[-1].outcome is HandoffStatus.OFFERED:
        ended_on = clock.last_workday - dice.between(0, _WORKDAYS_OPEN)
    else:
        idle = dice.pick(_WORKDAYS_IDLE)
        ended_on = clock.last_workday - idle - dice.between(0, idle // 2)
    return _Timetable(shape, ended_on - day, done_on, answered_on, days_to_respond)


class _History:
    """Plays one engagement, adding its rows to the cohort's."""

    def __init__(
        self,
        engagement_id: int,
        finding_id: int,
        handoff_id: int,
        directory: Directory,
        clock: Clock,
        dice: Dice,
        result: Engagements,
    ) -> None:
        self.id, self.finding_id, self.handoff_id = engagement_id, finding_id, handoff_id
        self.directory, self.clock, self.dice, self.result = directory, clock, dice, result

    def play(self, timetable: _Timetable, clients: list[Client]) -> None:
        """Open the engagement and take every step of its shape."""
        shape, clock, dice = timetable.shape, self.clock, self.dice
        opened_at = self._office_hour(timetable.opened_on)
        client = dice.pick(clients)
        while not _had_joined(client.advisor, opened_at):
            client = dice.pick(clients)
        self.leads: list[tuple[int, Phase, Firm]] = [(opened_at, shape.start, client.advisor)]
        version, updated_at, closed_at = 1, opened_at, None
        for step, day, answer_day, days in zip(
            shape.steps, timetable.done_on, timetable.answered_on, timetable.days_to_respond, strict=True
        ):
            done_at = updated_at = self._office_hour(timetable.opened_on + day)
            version += 1
            if step.action is Action.FIND:
                self._find(done_at)
            elif step.action is Action.PRESCRIBE:
                self._prescribe(done_at)
            elif step.action is Action.ADVANCE:
                assert step.to_phase is not None
                self.leads.append((done_at, step.to_phase, self.leads[-1][2]))
            elif step.action is Action.OFFER:
                events, updated_at = self._offer(step, done_at, timetable.opened_on + answer_day, days)
                version += events
            else:
                closed_at = done_at
        self._add_assignments(closed_at)
        _, phase, lead = self.leads[-1]
        self.result.engagement_rows.append(
            (
                self.id,
                f"{client.name} {dice.pick(texts.TITLES)}",
                client.id,
                phase.value,
                shape.status.value,
                lead.id,
                version,
                clock.moment(opened_at),
                clock.moment(updated_at),
                None if closed_at is None else clock.moment(closed_at),
            )
        )
        self._add_references(shape)
        utilized_from = next((since for since, phase, _ in self.leads if phase is Phase.UTILIZATION), None)
        leads = tuple((since, firm) for since, _, firm in self.leads)
        self.result.stories.append(EngagementStory(self.id, opened_at, closed_at, utilized_from, leads))

    def _office_hour(self, workday: int) -> int:
        return self.clock.at(workday, self.clock.office_hour(self.dice.unit()))

    def _find(self, found_at: int) -> None:
        dice = self.dice
        self.finding_id += 1
        symptom = dice.pick(texts.SYMPTOM_CODES_BY_FREQUENCY)
        note = dice.pick(texts.FINDING_NOTES[symptom]) if dice.chance(70) else None
        self.result.finding_rows.append((self.finding_id, self.id, symptom, note, self.clock.moment(found_at)))

    def _prescribe(self, prescribed_at: int) -> None:
        dice = self.dice
        note = dice.pick(texts.PRESCRIPTION_NOTES) if dice.chance(60) else None
        self.result.prescription_rows.append((self.id, dice.pick(texts.REMEDIES), note, self.clock.moment(prescribed_at)))

    def _offer(self, step: Step, offered_at: int, answer_day: int, days_to_respond: int) -> tuple[int, int]:
        """Offer a hand-off and answer it: how many versions the answer made, and when the last one was."""
        dice, clock = self.dice, self.clock
        assert step.to_phase is not None
        assert step.outcome is not None
        lead = self.leads[-1][2]
        target = self._target(step.to_phase, lead, offered_at)
        respond_by = offered_at + days_to_respond * SECONDS_OF_DAY
        events, responded_at, reason = 1, self._office_hour(answer_day), None
        if step.outcome is HandoffStatus.OFFERED:
            events = 0
        elif step.outcome is HandoffStatus.EXPIRED:
            responded_at = respond_by + dice.between(1, 30)
        elif step.outcome is HandoffStatus.DECLINED:
            reason = dice.pick(_DECLINE_REASONS)
        elif step.outcome is HandoffStatus.ACCEPTED:
            events = 1 if step.to_phase is step.phase else 2
            self.leads.append((responded_at, step.to_phase, target))
        self.handoff_id += 1
        self.result.handoff_rows.append(
            (
                self.handoff_id,
                self.id,
                step.phase.value,
                step.to_phase.value,
                lead.id,
                target.id,
                step.outcome.value,
                dice.pick(texts.HANDOFF_NOTES) if dice.chance(60) else None,
                clock.moment(offered_at),
                clock.moment(respond_by),
                clock.moment(responded_at) if events else None,
                reason,
            )
        )
        return events, responded_at if events else offered_at

    def _target(self, phase: Phase, lead: Firm, offered_at: int) -> Firm:
        """Another firm that is strong in the phase and has joined by then."""
        strong = self.directory.strong_in[phase]
        target = strong.draw(self.dice)
        while target is lead or not _had_joined(target, offered_at):
            target = strong.draw(self.dice)
        return target

    def _add_assignments(self, closed_at: int | None) -> None:
        ends = [since for since, _, _ in self.leads[1:]] + [closed_at]
        for position, ((since, phase, firm), ended_at) in enumerate(zip(self.leads, ends, strict=True), start=1):
            moment = None if ended_at is None else self.clock.moment(ended_at)
            self.result.assignment_rows.append((self.id, position, phase.value, firm.id, self.clock.moment(since), moment))

    def _add_references(self, shape: Shape) -> None:
        """What the firm that opened it and the first one that took it over call it in their own systems."""
        opener = self.leads[0][2]
        taker = next((firm for _, _, firm in self.leads if firm is not opener), None)
        by_opener, by_taker = shape.references
        if by_opener:
            self.result.external_ref_rows.append((opener.id, self.id, _reference(opener, self.id)))
        if by_taker and taker is not None:
            self.result.external_ref_rows.append((taker.id, self.id, _reference(taker, self.id)))


def _had_joined(firm: Firm, time: int) -> bool:
    return firm.member_since is not None and firm.member_since <= time


def _reference(firm: Firm, engagement_id: int) -> str:
    """An identifier in the manner of the firm's own system."""
    return (f"CRM-{engagement_id:07}", f"{engagement_id:06}/{firm.id}", f"OPP{engagement_id:08}")[firm.id % 3]
