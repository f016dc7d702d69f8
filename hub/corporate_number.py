"""The 13 digits by which Japan's tax agency identifies a corporation (法人番号): a check digit, then twelve others."""

_LENGTH = 13


def check_digit(others: str) -> int:
    """The check digit (1 to 9) of a number's other twelve digits: 9 - (their sum, each second one doubled) mod 9.

    Counted from the right, the first digit weighs 1, the second 2, the third 1 and so on. Raises ValueError for anything
    but twelve ASCII digits.
    """
    if len(others) != _LENGTH - 1 or not others.isascii() or not others.isdecimal():
        raise ValueError(f"a corporate number has twelve digits after its check digit, not {others!r}")
    # A number and the sum of its digits leave the same remainder by 9, so the digits need not be added one by one.
    return 9 - (int(others[::-2]) + 2 * int(others[-2::-2])) % 9


def is_valid(number: str) -> bool:
    """Whether `number` is thirteen ASCII digits of which the first is the check digit of the others."""
    return len(number) == _LENGTH and number.isascii() and number.isdecimal() and int(number[0]) == check_digit(number[1:])
