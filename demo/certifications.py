"""The certifications of the demo: which firm holds what, some of it expired, some about to lapse."""

import datetime
from typing import NamedTuple

from demo.clock import Clock
from demo.dice import Dice
from demo.directory import Firm
from hub.vocabulary import CertificationStatus, PartnerRole

CERTIFICATIONS = 1_200

_SUBJECT = 2

_STATE_OF_TURN = (
    [CertificationStatus.ACTIVE] * 15
    + [CertificationStatus.PENDING] * 2
    + [CertificationStatus.SUSPENDED] * 2
    + [CertificationStatus.REVOKED]
)
"""What a firm's second and later certifications are; its first one is active."""


class _Program(NamedTuple):
    name: str
    levels: tuple[str, ...]
    competencies: tuple[str, ...]


_PROGRAMS = {
    PartnerRole.ADVISOR: (
        _Program("IT経営支援認定", ("ゴールド", "シルバー", "ブロンズ"), ("経営診断", "IT 戦略", "業務改善", "投資評価")),
        _Program(
            "クラウド会計アドバイザー",
            ("マスター", "スタンダード"),
            ("クラウド会計", "電子帳簿保存", "給与計算", "インボイス"),
        ),
    ),
    PartnerRole.INTEGRATOR: (
        _Program(
            "スマートビジネス導入認定",
            ("ゴールド", "シルバー", "ブロンズ"),
            ("販売管理", "生産管理", "在庫管理", "グループウェア"),
        ),
        _Program("情報セキュリティ支援認定", ("上級", "標準"), ("脆弱性診断", "ネットワーク", "事業継続", "教育")),
    ),
    PartnerRole.TRAINER: (
        _Program(
            "公認トレーニングスクール",
            ("プラチナ", "ゴールド", "シルバー"),
            ("表計算", "文書作成", "データベース", "プレゼンテーション"),
        ),
        _Program("デジタル活用研修認定", ("上級", "標準"), ("情報リテラシー", "テレワーク", "データ活用")),
    ),
}
_COMMON_PROGRAM = _Program("中小企業IT支援機関認定", ("認定",), ("相談対応", "導入支援", "活用支援"))


def build(cohort: int, firms: list[Firm], clock: Clock) -> list[tuple[object, ...]]:
    """The rows of table certification for the firms of a cohort; every firm holds one at least."""
    dice = Dice(_SUBJECT, cohort)
    rows = []
    for turn in range(CERTIFICATIONS):
        first = turn < len(firms)
        firm = firms[turn] if first else dice.pick(firms)
        rows.append(_row(cohort * CERTIFICATIONS + turn + 1, firm, first, clock, dice))
    return rows


def _row(certification_id: int, firm: Firm, first: bool, clock: Clock, dice: Dice) -> tuple[object, ...]:
    program = _COMMON_PROGRAM if dice.chance(20) and not first else dice.pick(_PROGRAMS[dice.pick(firm.roles)])
    state = CertificationStatus.ACTIVE if first else dice.pick(_STATE_OF_TURN)
    awarded_on = expires_on = None
    if state is not CertificationStatus.PENDING:
        expires_on = _expires_on(first, clock, dice)
        awarded_on = (expires_on or clock.days_ago(0)) - datetime.timedelta(days=dice.pick((730, 1_095, 1_095, 1_826)))
        awarded_on = min(awarded_on, clock.days_ago(dice.between(1, 60)))
    return (
        certification_id,
        firm.id,
        program.name,
        dice.pick(program.levels),
        dice.distinct(program.competencies, dice.between(1, len(program.competencies))),
        state.value,
        awarded_on,
        expires_on,
    )


def _expires_on(first: bool, clock: Clock, dice: Dice) -> datetime.date | None:
    kind = dice.below(100)
    if kind < 8:
        return _next_month(clock.as_of, dice)
    if kind < 12:
        return None
    if kind < (16 if first else 35):
        return clock.days_ago(dice.between(1, 700))
    return clock.days_ago(-dice.between(1, 1_000))


def _next_month(day: datetime.date, dice: Dice) -> datetime.date:
    """A day of the calendar month after that of `day`."""
    first_of_next = (day.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
    return first_of_next + datetime.timedelta(days=dice.below(28))
