"""The check digit of corporate numbers."""

import pytest

from hub.corporate_number import check_digit, is_valid


@pytest.mark.parametrize(
    "number",
    # The tax agency, the ministry of justice's and a court's numbers, and sums that leave 0 and 8 by 9.
    ["7000012050002", "1000013050080", "4700150006053", "9000000000000", "1000000000008", "8000000000001"],
)
def test_valid(number: str) -> None:
    assert check_digit(number[1:]) == int(number[0])
    assert is_valid(number)


def test_each_other_first_digit_is_wrong() -> None:
    assert [first for first in range(10) if is_valid(f"{first}000012050002")] == [7]


def test_weights_alternate_from_the_right() -> None:
    digits = "314159265358"
    weighted = sum(int(digit) * (1, 2)[index % 2] for index, digit in enumerate(reversed(digits)))
    assert check_digit(digits) == 9 - weighted % 9


@pytest.mark.parametrize("text", ["", "700001205000", "70000120500020", "７０００012050002", "700001205000a", " 7000012050002"])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert not is_valid(text)


def test_check_digit_wants_twelve_digits() -> None:
    with pytest.raises(ValueError, match="twelve digits"):
        check_digit("7000012050002")
