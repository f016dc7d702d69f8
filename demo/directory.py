"""The partner directory of the demo: associations, firms, the people who work there."""

import datetime
from typing import NamedTuple

from demo import names, regions
from demo.clock import Clock
from demo.dice import Dice, Weighted
from hub.corporate_number import check_digit
from hub.vocabulary import PHASES_OF_ROLE, PartnerRole, Phase

FIRMS = 500
MEMBER_FIRMS = 200
FIRMS_OF_TWO_ASSOCIATIONS = 20
PEOPLE = 1_500

_SUBJECT = 1

ASSOCIATION_OF_ROLE = {PartnerRole.ADVISOR: 1, PartnerRole.INTEGRATOR: 2, PartnerRole.TRAINER: 3}

ASSOCIATION_ROWS = [
    (association_id, code, name_ja, name_en, role.value, [phase.value for phase in PHASES_OF_ROLE[role]])
    for association_id, code, name_ja, name_en, role in (
        (1, "ZENKOKU_IT", "全国IT推進研究会", "National IT Promotion Society", PartnerRole.ADVISOR),
        (2, "SMART_BUSINESS_PARTNER", "スマートビジネスパートナー", "Smart Business Partner", PartnerRole.INTEGRATOR),
        (3, "MOTS", "MOTS", "MOTS", PartnerRole.TRAINER),
    )
]

_QUALIFICATIONS = {
    PartnerRole.ADVISOR: (
        "ITコーディネータ",
        "税理士",
        "公認会計士",
        "中小企業診断士",
        "社会保険労務士",
        "日商簿記1級",
    ),
    PartnerRole.INTEGRATOR: (
        "応用情報技術者",
        "基本情報技術者",
        "ネットワークスペシャリスト",
        "データベーススペシャリスト",
        "情報処理安全確保支援士",
        "ITコーディネータ",
    ),
    PartnerRole.TRAINER: (
        "MOS マスター",
        "MOS エキスパート",
        "ITパスポート",
        "インターネット検定 ドットコムマスター",
        "秘書検定1級",
    ),
}

_SPECIALTIES = {
    PartnerRole.ADVISOR: ("経営改善", "クラウド会計", "補助金申請", "事業承継", "資金繰り", "電子帳簿保存"),
    PartnerRole.INTEGRATOR: (
        "販売管理",
        "生産管理",
        "在庫管理",
        "グループウェア",
        "情報セキュリティ",
        "ネットワーク構築",
        "EC サイト",
    ),
    PartnerRole.TRAINER: ("表計算", "文書作成", "プレゼンテーション", "情報リテラシー", "データ活用", "テレワーク"),
}

_ROLE_OF_TURN = [PartnerRole.ADVISOR] * 20 + [PartnerRole.INTEGRATOR] * 13 + [PartnerRole.TRAINER] * 7
_NEXT_ROLE = {
    PartnerRole.ADVISOR: PartnerRole.INTEGRATOR,
    PartnerRole.INTEGRATOR: PartnerRole.TRAINER,
    PartnerRole.TRAINER: PartnerRole.ADVISOR,
}


class Firm(NamedTuple):
    """What the other sources need to know of a firm. `member_since`: on the demo's clock; None: not joined."""

    id: int
    roles: tuple[PartnerRole, ...]
    region: regions.Region
    member_since: int | None
    people: tuple[int, ...]


class Directory(NamedTuple):
    """The directory of one cohort: rows for its tables, and the firms by what they do."""

    partner_rows: list[tuple[object, ...]]
    membership_rows: list[tuple[object, ...]]
    member_rows: list[tuple[object, ...]]
    firms: list[Firm]
    members: list[Firm]
    strong_in: dict[Phase, Weighted[Firm]]
    """Member firms by the phases they are strong in; a few are drawn much more often than the rest."""


def build(cohort: int, clock: Clock) -> Directory:
    """The firms of a cohort (numbered from 0) and their people."""
    dice = Dice(_SUBJECT, cohort)
    people_counts = _people_counts(dice)
    directory = Directory([], [], [], [], [], {})
    member_id = cohort * PEOPLE
    for turn in range(FIRMS):
        firm_number = cohort * FIRMS + turn
        partner_id = firm_number + 1
        is_member = _is_member(turn)
        roles = _roles(turn, is_member)
        region = regions.BY_BUSINESSES.draw(dice)
        joined_on = _joined_on(turn, clock, dice) if is_member else None
        people = tuple(range(member_id + 1, member_id + 1 + people_counts[turn]))
        member_id += len(people)
        firm = Firm(partner_id, roles, region, clock.time_of(joined_on) if joined_on else None, people)
        directory.firms.append(firm)
        directory.partner_rows.append(_partner_row(firm, firm_number, joined_on, clock, dice))
        directory.member_rows.extend(_member_row(person, firm, dice) for person in people)
        if is_member:
            directory.members.append(firm)
            directory.membership_rows.extend((partner_id, ASSOCIATION_OF_ROLE[role]) for role in roles)
    for role, phases in PHASES_OF_ROLE.items():
        firms = dice.shuffled(firm for firm in directory.members if role in firm.roles)
        # The first of a hundred is drawn thirteen times as often as the last.
        busy = Weighted((firm, 100_000 // (rank + 8)) for rank, firm in enumerate(firms))
        for phase in phases:
            directory.strong_in[phase] = busy
    return directory


def _is_member(turn: int) -> bool:
    return turn % 5 in (0, 2)


def _roles(turn: int, is_member: bool) -> tuple[PartnerRole, ...]:
    place = turn // 5 * 2 + (turn % 5) // 2 if is_member else turn
    role = _ROLE_OF_TURN[place * 7 % 40]
    if is_member and place % 10 == 3:
        return role, _NEXT_ROLE[role]
    return (role,)


def _joined_on(turn: int, clock: Clock, dice: Dice) -> datetime.date:
    """Most firms joined before the first engagement; one in eight since."""
    if turn // 5 % 8 == 5:
        return clock.days_ago(dice.between(200, 900))
    return clock.days_ago(dice.between(1_120, 2_900))


def _people_counts(dice: Dice) -> list[int]:
    """How many people each firm has: one at least, members twice as many, all together exactly as stated."""
    counts = [1] * FIRMS
    takers = Weighted((turn, 4 if _is_member(turn) else 1) for turn in range(FIRMS))
    for _ in range(PEOPLE - FIRMS):
        counts[takers.draw(dice)] += 1
    return counts


def _partner_row(firm: Firm, firm_number: int, joined_on: datetime.date | None, clock: Clock, dice: Dice) -> tuple[object, ...]:
    name = names.firm_name(firm.roles[0], firm_number)
    endorsed_on = None
    if joined_on is not None:
        endorsed_on = joined_on - datetime.timedelta(days=dice.between(0, 180))
    elif dice.chance(15):
        endorsed_on = clock.days_ago(dice.between(5, 1_500))
    specialties = [specialty for role in firm.roles for specialty in dice.distinct(_SPECIALTIES[role], dice.between(1, 3))]
    specialties += dice.distinct(tuple(names.CLIENT_KIND), dice.between(0, 2))
    return (
        firm.id,
        name.text,
        name.kana,
        name.latin if dice.chance(40) else None,
        partner_corporate_number(firm_number) if name.incorporated else None,
        [role.value for role in firm.roles],
        specialties,
        firm.region.code,
        f"https://partner{firm.id:05}.example.jp/" if dice.chance(80) else None,
        joined_on,
        endorsed_on,
    )


def partner_corporate_number(firm_number: int) -> str:
    """A valid corporate number that no company has: no registry office's code begins with 98."""
    body = f"9801{firm_number:08}"
    return f"{check_digit(body)}{body}"


def _member_row(person: int, firm: Firm, dice: Dice) -> tuple[object, ...]:
    family, given = names.person_name(dice)
    qualifications = dice.distinct(_QUALIFICATIONS[dice.pick(firm.roles)], dice.pick((0, 1, 1, 1, 2, 2, 3)))
    email = f"{family.latin.lower()}.{person}@partner{firm.id:05}.example.jp" if dice.chance(95) else None
    return person, firm.id, f"{family.text} {given.text}", f"{family.kana} {given.kana}", qualifications, email
