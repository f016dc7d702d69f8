"""The trainings of the demo: courses, their sessions past and ahead, and who takes part for which engagement."""

from bisect import bisect_right
from typing import NamedTuple

from demo import names
from demo.clock import Clock
from demo.dice import Dice
from demo.directory import Directory, Firm
from demo.engagements import EngagementStory
from hub.vocabulary import EnrollmentStatus, Phase

COURSES = 100
SESSIONS = 1_000
ENROLLMENTS = 8_000

_SUBJECT = 6
_COURSES_OF_TRAINERS = 85
_PAST_SESSIONS = 700
_WORKDAYS_BACK = 500
_WORKDAYS_AHEAD = (2, 80)
_STARTS = (9 * 3600 + 1800, 10 * 3600, 13 * 3600, 13 * 3600 + 1800, 14 * 3600)
_NO_ENGAGEMENT_PERCENT = 8
_RECENT = 150
"""An engagement sends people to sessions that start soon after it came into UTILIZATION: among the last so many."""

_TRAINER_SUBJECTS = (
    ("表計算 基礎", "Excel"),
    ("表計算 関数とグラフ", "Excel"),
    ("表計算 データ集計", "Excel"),
    ("文書作成 基礎", "Word"),
    ("業務文書の標準化", "Word"),
    ("伝わるプレゼンテーション", "PowerPoint"),
    ("データベース入門", "Access"),
    ("予定とメールの整理", "Outlook"),
    ("オンライン会議の進め方", "Teams"),
    ("情報リテラシー", None),
    ("情報セキュリティの基本", None),
    ("テレワークの実践", None),
)
_INTEGRATOR_SUBJECTS = (
    ("販売管理システム 操作", "販売管理パッケージ"),
    ("在庫管理 入力と棚卸", "在庫管理アプリ"),
    ("会計データの連携", "クラウド会計"),
    ("グループウェア 管理者", "グループウェア"),
    ("勤怠管理 運用", "勤怠管理クラウド"),
)
_COURSE_KINDS = ("研修", "講座", "ワークショップ", "一日集中コース", "フォローアップ")


class _SessionPlan(NamedTuple):
    """How many of a session's seats are taken; `waiting` only where all are."""

    seats: int
    seated: int
    waiting: int
    cancelled: int

    def enrollments(self) -> int:
        return self.seated + self.waiting + self.cancelled


class Trainings(NamedTuple):
    """The trainings of one cohort: rows for their tables."""

    course_rows: list[tuple[object, ...]]
    session_rows: list[tuple[object, ...]]
    enrollment_rows: list[tuple[object, ...]]


def build(cohort: int, directory: Directory, stories: list[EngagementStory], clock: Clock) -> Trainings:
    """Courses by the trainers of a cohort (a few by integrators) and their sessions, filled from its engagements."""
    dice = Dice(_SUBJECT, cohort)
    result = Trainings([], [], [])
    providers = [_provider(turn, directory) for turn in range(COURSES)]
    first_course_id = cohort * COURSES + 1
    for turn, provider in enumerate(providers):
        result.course_rows.append(_course_row(first_course_id + turn, turn, provider, dice))
    utilized = sorted((story.utilized_from, story.id, story) for story in stories if story.utilized_from is not None)
    stories_by_time = [story for _, _, story in utilized]
    times = [time for time, _, _ in utilized]
    for turn, plan in enumerate(_plans(dice)):
        past = turn < _PAST_SESSIONS
        workday = clock.last_workday + (-dice.below(_WORKDAYS_BACK) if past else dice.between(*_WORKDAYS_AHEAD))
        starts_at = clock.at(workday, dice.pick(_STARTS))
        session_id = cohort * SESSIONS + turn + 1
        course = turn if turn < COURSES else dice.below(COURSES)
        region = None if dice.chance(20) else providers[course].region.code
        result.session_rows.append((session_id, first_course_id + course, clock.moment(starts_at), region, plan.seats))
        recent = bisect_right(times, starts_at)
        candidates = stories_by_time[max(0, recent - _RECENT) : recent]
        for status in _statuses(plan, past, dice):
            enrollment_id = cohort * ENROLLMENTS + len(result.enrollment_rows) + 1
            engagement_id = None if dice.chance(_NO_ENGAGEMENT_PERCENT) else _under_way(candidates, starts_at, dice)
            family, given = names.person_name(dice)
            attendee = f"{family.text} {given.text}"
            result.enrollment_rows.append((enrollment_id, session_id, engagement_id, attendee, status.value))
    return result


def _provider(turn: int, directory: Directory) -> Firm:
    """Each firm in turn, so that every trainer has courses."""
    phase = Phase.UTILIZATION if turn < _COURSES_OF_TRAINERS else Phase.DEPLOYMENT
    firms = directory.strong_in[phase].items
    return firms[turn % len(firms)]


def _course_row(course_id: int, turn: int, provider: Firm, dice: Dice) -> tuple[object, ...]:
    title, product = dice.pick(_TRAINER_SUBJECTS if turn < _COURSES_OF_TRAINERS else _INTEGRATOR_SUBJECTS)
    return course_id, provider.id, f"{title}{dice.pick(_COURSE_KINDS)}", product, dice.pick((2, 3, 3, 6, 6, 12, 18))


def _plans(dice: Dice) -> list[_SessionPlan]:
    """How full the sessions are: exactly as many enrollments, all together, as stated."""
    plans = []
    for turn in range(SESSIONS):
        seats = dice.pick((6, 8, 8, 10, 12, 16))
        full = dice.chance(20)
        seated = seats if full else dice.below(seats)
        waiting = dice.between(0, 3) if full and turn >= _PAST_SESSIONS else 0
        plans.append(_SessionPlan(seats, seated, waiting, dice.pick((0, 0, 1, 1, 2))))
    surplus = sum(plan.enrollments() for plan in plans) - ENROLLMENTS
    while surplus:
        place = dice.below(SESSIONS)
        plan = plans[place]
        if surplus > 0 and plan.seated > 0 and not plan.waiting:
            plans[place] = plan._replace(seated=plan.seated - 1)
            surplus -= 1
        elif surplus < 0 and plan.seated < plan.seats:
            plans[place] = plan._replace(seated=plan.seated + 1)
            surplus += 1
    return plans


def _statuses(plan: _SessionPlan, past: bool, dice: Dice) -> list[EnrollmentStatus]:
    statuses = []
    for _ in range(plan.seated):
        if past:
            statuses.append(EnrollmentStatus.NO_SHOW if dice.chance(6) else EnrollmentStatus.COMPLETED)
        else:
            statuses.append(EnrollmentStatus.ENROLLED)
    for _ in range(plan.cancelled):
        statuses.insert(dice.below(len(statuses) + 1), EnrollmentStatus.CANCELLED)
    return statuses + [EnrollmentStatus.WAITLISTED] * plan.waiting


def _under_way(candidates: list[EngagementStory], time: int, dice: Dice) -> int | None:
    """One of the engagements that was not closed at that time; None where a few draws find none."""
    for _ in range(6 if candidates else 0):
        story = dice.pick(candidates)
        if story.closed_at is None or story.closed_at > time:
            return story.id
    return None
