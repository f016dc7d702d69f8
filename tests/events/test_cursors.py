"""Cursors: one for one place, opened by whoever has the key, and by nothing else."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.cursors import Cursors
from events.record import Position
from hub.errors import BadCursor

KEY = bytes(range(32))
INT8 = st.integers(-(2**63), 2**63 - 1)


@given(epoch=INT8, number=INT8)
def test_a_cursor_opens_to_its_place_and_is_the_same_on_every_node(epoch: int, number: int) -> None:
    position = Position(epoch, number)
    cursor = Cursors(KEY).seal(position)
    assert Cursors(KEY).open(cursor) == position
    assert Cursors(KEY).seal(position) == cursor
    assert len(cursor) == 44
    assert cursor.isascii()


def test_neighbours_have_nothing_in_common() -> None:
    cursors = Cursors(KEY)
    first, second = cursors.seal(Position(7, 100)), cursors.seal(Position(7, 101))
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 8


@given(text=st.text(max_size=60))
def test_what_no_key_has_made_is_refused(text: str) -> None:
    with pytest.raises(BadCursor) as caught:
        Cursors(KEY).open(text)
    assert caught.value.extensions == {"code": "BAD_CURSOR", "field": "after"}


@given(place=st.integers(0, 43), character=st.sampled_from("ABCabc019-_"))
def test_a_changed_cursor_is_refused(place: int, character: str) -> None:
    cursor = Cursors(KEY).seal(Position(1, 2))
    changed = cursor[:place] + character + cursor[place + 1 :]
    if changed != cursor:
        with pytest.raises(BadCursor):
            Cursors(KEY).open(changed)


def test_another_deployments_cursor_is_refused() -> None:
    with pytest.raises(BadCursor):
        Cursors(KEY).open(Cursors(os.urandom(32)).seal(Position(1, 2)))


@pytest.mark.parametrize("padded", ["{}=", "{}==", "={}", " {}", "{}\n", ""])
def test_a_cursor_has_one_form(padded: str) -> None:
    with pytest.raises(BadCursor):
        Cursors(KEY).open(padded.format(Cursors(KEY).seal(Position(1, 2))))
