"""How engagements go, as lists of steps: one deck for every cohort, so that the counts are known beforehand."""

from enum import IntEnum
from typing import NamedTuple

from demo.dice import Dice
from hub.vocabulary import EngagementStatus, HandoffStatus, Phase

ENGAGEMENTS = 5_000
HANDOFFS = 10_000

_SUBJECT = 4
_PHASES = tuple(Phase)
_ADVISED = (Phase.AWARENESS, Phase.CONSULTATION)


class Action(IntEnum):
    """What is done to an engagement after it was opened; each is one version, but for an offer and its answer."""

    FIND = 0
    PRESCRIBE = 1
    ADVANCE = 2
    OFFER = 3
    CLOSE = 4


class Step(NamedTuple):
    """One action in a phase. Of an offer: the phase it is to lead into, and what became of it."""

    action: Action
    phase: Phase
    to_phase: Phase | None = None
    outcome: HandoffStatus | None = None


class Shape(NamedTuple):
    """How one engagement goes. `references`: do its opener, and the first firm that takes it over, name it."""

    start: Phase
    steps: tuple[Step, ...]
    status: EngagementStatus
    references: tuple[bool, bool]

    def offers(self) -> int:
        """How many hand-offs were offered."""
        return sum(step.action is Action.OFFER for step in self.steps)


class Deck(NamedTuple):
    """The shapes of a cohort's engagements, and how many rows they make in each table besides `engagement`."""

    shapes: tuple[Shape, ...]
    rows: dict[str, int]


def build() -> Deck:
    """The deck, always the same: 5,000 shapes with 10,000 hand-offs."""
    dice = Dice(_SUBJECT)
    shapes = [_shape(dice) for _ in range(ENGAGEMENTS)]
    surplus = sum(shape.offers() for shape in shapes) - HANDOFFS
    while surplus:
        place = dice.below(ENGAGEMENTS)
        changed = _with_offer_less(shapes[place]) if surplus > 0 else _with_offer_more(shapes[place], dice)
        surplus += changed.offers() - shapes[place].offers()
        shapes[place] = changed
    return Deck(tuple(shapes), _count_rows(shapes))


def _count_rows(shapes: list[Shape]) -> dict[str, int]:
    rows = {"finding": 0, "prescription": 0, "handoff": 0, "assignment": 0, "external_ref": 0}
    for shape in shapes:
        taken_over = False
        rows["assignment"] += 1
        for step in shape.steps:
            rows["finding"] += step.action is Action.FIND
            rows["prescription"] += step.action is Action.PRESCRIBE
            rows["handoff"] += step.action is Action.OFFER
            accepted = step.outcome is HandoffStatus.ACCEPTED
            rows["assignment"] += accepted or step.action is Action.ADVANCE
            taken_over |= accepted
        opener, taker = shape.references
        rows["external_ref"] += opener + (taker and taken_over)
    return rows


def _shape(dice: Dice) -> Shape:
    fate = dice.below(100)
    if fate < 26:
        status, last_phase = EngagementStatus.COMPLETED, Phase.UTILIZATION
    else:
        status = EngagementStatus.ABANDONED if fate < 38 else EngagementStatus.OPEN
        last_phase = dice.pick((*_PHASES, Phase.AWARENESS, Phase.CONSULTATION))
    start = Phase.AWARENESS if last_phase is Phase.AWARENESS or dice.chance(80) else Phase.CONSULTATION
    steps: list[Step] = []
    prescribed = False
    for place in range(_PHASES.index(start), _PHASES.index(last_phase) + 1):
        phase = _PHASES[place]
        if phase in _ADVISED:
            steps += [Step(Action.FIND, phase)] * dice.pick((0, 1, 1, 2))
        if dice.chance(5):
            steps += _offers(phase, phase, dice)
            if phase in _ADVISED and dice.chance(50):
                steps.append(Step(Action.FIND, phase))
        if phase is last_phase:
            if phase is Phase.CONSULTATION and dice.chance(50):
                steps.append(Step(Action.PRESCRIBE, phase))
                prescribed = True
            break
        if phase is Phase.AWARENESS and dice.chance(70):
            steps.append(Step(Action.ADVANCE, phase, Phase.CONSULTATION))
            continue
        if phase is Phase.CONSULTATION:
            steps.append(Step(Action.PRESCRIBE, phase))
            prescribed = True
        steps += _offers(phase, _PHASES[place + 1], dice)
    if status is EngagementStatus.OPEN:
        steps += _unanswered(last_phase, prescribed, dice)
    else:
        steps.append(Step(Action.CLOSE, last_phase))
    return Shape(start, tuple(steps), status, (dice.chance(50), dice.chance(35)))


def _offers(phase: Phase, to_phase: Phase, dice: Dice) -> list[Step]:
    """Offers of which the last was accepted."""
    failed = dice.pick((0, 0, 0, 0, 0, 1, 1))
    steps = [_failed_offer(phase, to_phase, dice) for _ in range(failed)]
    return [*steps, Step(Action.OFFER, phase, to_phase, HandoffStatus.ACCEPTED)]


def _failed_offer(phase: Phase, to_phase: Phase, dice: Dice) -> Step:
    outcomes = (HandoffStatus.DECLINED, HandoffStatus.DECLINED, HandoffStatus.EXPIRED, HandoffStatus.WITHDRAWN)
    return Step(Action.OFFER, phase, to_phase, dice.pick(outcomes))


def _unanswered(phase: Phase, prescribed: bool, dice: Dice) -> list[Step]:
    """What an open engagement ends with for now: failed offers, an open one, or nothing."""
    place = _PHASES.index(phase)
    to_phase = phase if phase is Phase.UTILIZATION or dice.chance(15) else _PHASES[place + 1]
    if to_phase is Phase.DEPLOYMENT and not prescribed and phase is Phase.CONSULTATION:
        to_phase = phase
    steps = [_failed_offer(phase, to_phase, dice) for _ in range(dice.pick((0, 0, 1)))]
    if dice.chance(20):
        steps.append(Step(Action.OFFER, phase, to_phase, HandoffStatus.OFFERED))
    return steps


def _with_offer_more(shape: Shape, dice: Dice) -> Shape:
    """The shape with one more failed offer before one that it has; the same shape where it has none, or six."""
    if not 0 < shape.offers() < 6:
        return shape
    place = next(place for place, step in enumerate(shape.steps) if step.action is Action.OFFER)
    offer = shape.steps[place]
    assert offer.to_phase is not None
    steps = (*shape.steps[:place], _failed_offer(offer.phase, offer.to_phase, dice), *shape.steps[place:])
    return shape._replace(steps=steps)


def _with_offer_less(shape: Shape) -> Shape:
    """The shape without its first failed offer; the same shape where it has none."""
    kept = (None, HandoffStatus.ACCEPTED, HandoffStatus.OFFERED)
    for place, step in enumerate(shape.steps):
        if step.outcome not in kept:
            return shape._replace(steps=shape.steps[:place] + shape.steps[place + 1 :])
    return shape
