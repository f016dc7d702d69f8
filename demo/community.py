"""The community of the demo: posts to the network, to an association, about an engagement; and comments on them."""

from typing import NamedTuple

from demo import community_texts as texts
from demo.clock import SECONDS_OF_DAY, Clock
from demo.dice import Dice, Weighted
from demo.directory import ASSOCIATION_OF_ROLE, Directory, Firm
from demo.engagements import EngagementStory
from hub.vocabulary import PostVisibility

POSTS = 5_000
COMMENTS = 15_000

_SUBJECT = 7
_WORKDAYS_BACK = 500
_WORKDAYS_AFTER_OPENING = 60
_LONGEST_WAIT_SECONDS = 5 * 3600

_VISIBILITIES: Weighted[PostVisibility] = Weighted(
    ((PostVisibility.NETWORK, 50), (PostVisibility.ASSOCIATION, 20), (PostVisibility.ENGAGEMENT, 30))
)


class Community(NamedTuple):
    """The community of one cohort: rows for its tables."""

    post_rows: list[tuple[object, ...]]
    comment_rows: list[tuple[object, ...]]


class _Draft(NamedTuple):
    """A post before it is written: who may read it, and who can take part (firms, each from a time on)."""

    posted_at: int
    visibility: PostVisibility
    association_id: int | None
    story: EngagementStory | None
    firms: list[Firm]


def build(cohort: int, directory: Directory, stories: list[EngagementStory], clock: Clock) -> Community:
    """The posts of a cohort's firms, oldest first, and three times as many comments."""
    dice = Dice(_SUBJECT, cohort)
    firms_of_association = {
        association_id: [firm for firm in directory.members if role in firm.roles]
        for role, association_id in ASSOCIATION_OF_ROLE.items()
    }
    drafts = [_draft(directory.members, firms_of_association, stories, clock, dice) for _ in range(POSTS)]
    drafts.sort(key=lambda draft: draft.posted_at)
    comments = _comments_of_posts(dice)
    result = Community([], [])
    for turn, draft in enumerate(drafts):
        post_id = cohort * POSTS + turn + 1
        result.post_rows.append(_post_row(post_id, draft, clock, dice))
        commented_at = draft.posted_at
        for _ in range(comments[turn]):
            commented_at = _later(commented_at, clock, dice)
            comment_id = cohort * COMMENTS + len(result.comment_rows) + 1
            firm = _writer(draft, commented_at, dice)
            result.comment_rows.append(
                (
                    comment_id,
                    post_id,
                    dice.pick(texts.COMMENTS),
                    clock.moment(commented_at),
                    dice.pick(firm.people),
                    firm.id,
                )
            )
    return result


def _draft(
    members: list[Firm],
    firms_of_association: dict[int, list[Firm]],
    stories: list[EngagementStory],
    clock: Clock,
    dice: Dice,
) -> _Draft:
    visibility = _VISIBILITIES.draw(dice)
    if visibility is PostVisibility.ENGAGEMENT:
        return _draft_on(dice.pick(stories), clock, dice)
    # The more recent, the more is written: the younger of two days.
    workday = clock.last_workday - min(dice.below(_WORKDAYS_BACK), dice.below(_WORKDAYS_BACK))
    posted_at = clock.at(workday, clock.office_hour(dice.unit()))
    if visibility is PostVisibility.NETWORK:
        return _Draft(posted_at, visibility, None, None, members)
    association_id = dice.pick(tuple(firms_of_association))
    return _Draft(posted_at, visibility, association_id, None, firms_of_association[association_id])


def _draft_on(story: EngagementStory, clock: Clock, dice: Dice) -> _Draft:
    opened_on = clock.workday_of(story.opened_at)
    days_since = min(clock.last_workday - opened_on, _WORKDAYS_AFTER_OPENING)
    workday = opened_on + dice.between(0, days_since)
    posted_at = clock.at(workday, clock.office_hour(dice.unit()))
    if posted_at <= story.opened_at:
        posted_at = story.opened_at + dice.between(60, 3_600)
    return _Draft(posted_at, PostVisibility.ENGAGEMENT, None, story, [])


def _writer(draft: _Draft, time: int, dice: Dice) -> Firm:
    """A firm that may read the post and had joined, or come to lead the engagement, by that time."""
    if draft.story is not None:
        leads = draft.story.leads
        return leads[dice.below(sum(since <= time for since, _ in leads))][1]
    firm = dice.pick(draft.firms)
    while firm.member_since is None or firm.member_since > time:
        firm = dice.pick(draft.firms)
    return firm


def _post_row(post_id: int, draft: _Draft, clock: Clock, dice: Dice) -> tuple[object, ...]:
    firm = _writer(draft, draft.posted_at, dice)
    topic = dice.pick(texts.TOPICS)
    titles = {
        PostVisibility.NETWORK: texts.NETWORK_TITLES,
        PostVisibility.ASSOCIATION: texts.ASSOCIATION_TITLES,
        PostVisibility.ENGAGEMENT: texts.ENGAGEMENT_TITLES,
    }[draft.visibility]
    opening, middle, closing = dice.pick(texts.OPENINGS), dice.pick(texts.MIDDLES), dice.pick(texts.CLOSINGS)
    return (
        post_id,
        dice.pick(titles).format(topic),
        f"{opening.format(topic)}\n\n{middle}\n\n{closing}",
        draft.visibility.value,
        clock.moment(draft.posted_at),
        dice.pick(firm.people),
        firm.id,
        draft.association_id,
        None if draft.story is None else draft.story.id,
    )


def _comments_of_posts(dice: Dice) -> list[int]:
    """How many comments each post has: some none, a few many, all together exactly as stated."""
    counts = [0] * POSTS
    for _ in range(COMMENTS):
        # The square of an even draw: the first posts of the shuffled order get most.
        counts[int(dice.unit() * dice.unit() * POSTS)] += 1
    return dice.shuffled(counts)


def _later(time: int, clock: Clock, dice: Dice) -> int:
    """When the next comment comes: the same day, or on one of the next working days, but never after the last."""
    if dice.chance(60):
        workday = clock.workday_of(time) + dice.between(1, 3)
        if workday <= clock.last_workday:
            return clock.at(workday, clock.office_hour(dice.unit()))
    rest_of_day = SECONDS_OF_DAY - time % SECONDS_OF_DAY
    return time + dice.between(1, max(1, min(_LONGEST_WAIT_SECONDS, rest_of_day // 4)))
