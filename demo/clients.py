"""The clients of the demo, and the corporate register that knows most of them."""

from typing import NamedTuple

from demo import names, regions
from demo.clock import Clock
from demo.dice import Dice, Weighted
from demo.directory import Directory, Firm
from hub.corporate_number import check_digit
from hub.vocabulary import Phase, RegistryStatus

CLIENTS = 2_000
CORPORATIONS = 2_000

_SUBJECT = 3
_SOLE_PROPRIETORS_PERCENT = 12
_CLIENTS_OF_EVERY_ADVISOR = 4
_REGISTERED_CLIENTS = 1_600

_INDUSTRIES: Weighted[str] = Weighted(zip(names.CLIENT_KIND, (24, 16, 9, 15, 9, 3, 6, 6, 4, 5, 3), strict=True))
_STREETS = ("本町", "中央", "栄町", "緑町", "旭町", "駅前通", "大手町", "港町", "新町", "末広町")


class Client(NamedTuple):
    """What an engagement needs to know of its client."""

    id: int
    name: str
    advisor: Firm


class Clients(NamedTuple):
    """The clients of one cohort, with rows for the tables client and corporation."""

    client_rows: list[tuple[object, ...]]
    corporation_rows: list[tuple[object, ...]]
    clients: list[Client]


def build(cohort: int, directory: Directory, clock: Clock) -> Clients:
    """The clients that the advisors of a cohort look after, and as many entries of the register."""
    dice = Dice(_SUBJECT, cohort)
    result = Clients([], [], [])
    by_weight = directory.strong_in[Phase.AWARENESS]
    for turn in range(CLIENTS):
        number = cohort * CLIENTS + turn
        if turn < _CLIENTS_OF_EVERY_ADVISOR * len(by_weight.items):
            advisor = by_weight.items[turn % len(by_weight.items)]
        else:
            advisor = by_weight.draw(dice)
        incorporated = not dice.chance(_SOLE_PROPRIETORS_PERCENT)
        industry = _INDUSTRIES.draw(dice)
        name = names.client_name(industry, incorporated, dice)
        if turn < len(regions.REGIONS):
            region = regions.REGIONS[turn]
        else:
            region = advisor.region if dice.chance(75) else regions.BY_BUSINESSES.draw(dice)
        employees = dice.pick((3, 6, 8, 12, 18, 25, 40, 60, 110, 180)) + dice.below(5) if incorporated else dice.below(6)
        corporate_number = _corporate_number(9_802, number) if incorporated else None
        client = Client(number + 1, name.text, advisor)
        result.clients.append(client)
        result.client_rows.append(
            (client.id, name.text, name.kana, corporate_number, region.code, industry, employees, advisor.id)
        )
        if corporate_number and len(result.corporation_rows) < _REGISTERED_CLIENTS:
            status = RegistryStatus.ACTIVE if dice.chance(98) else RegistryStatus.CLOSED
            result.corporation_rows.append(_corporation_row(corporate_number, name, region, status, None, clock, dice))
    _add_others(cohort, result.corporation_rows, clock, dice)
    return result


def _add_others(cohort: int, rows: list[tuple[object, ...]], clock: Clock, dice: Dice) -> None:
    """Fill the register with companies that no firm has registered as a client yet."""
    for turn in range(CORPORATIONS - len(rows)):
        number = _corporate_number(9_803, cohort * CORPORATIONS + turn)
        successor = None
        kind = dice.below(100)
        status = RegistryStatus.ACTIVE
        if kind < 6:
            status = RegistryStatus.CLOSED
        elif kind < 10:
            status, successor = RegistryStatus.MERGED, str(rows[dice.below(len(rows))][0])
        name = names.client_name(_INDUSTRIES.draw(dice), True, dice)
        rows.append(_corporation_row(number, name, regions.BY_BUSINESSES.draw(dice), status, successor, clock, dice))


def _corporation_row(
    number: str,
    name: names.Name,
    region: regions.Region,
    status: RegistryStatus,
    successor: str | None,
    clock: Clock,
    dice: Dice,
) -> tuple[object, ...]:
    block = f"{dice.between(1, 9)}丁目{dice.between(1, 30)}番{dice.between(1, 20)}号"
    address = f"{region.name}{region.city}{dice.pick(_STREETS)}{block}"
    postal_code = f"{region.postal_prefix}{dice.below(10_000):04}"
    updated_on = clock.days_ago(dice.between(3, 2_500))
    return number, name.text, name.kana, region.code, address, postal_code, status.value, successor, updated_on


def _corporate_number(block: int, serial: int) -> str:
    """A valid corporate number that no company has: no registry office's code begins with 98."""
    body = f"{block}{serial:08}"
    return f"{check_digit(body)}{body}"
