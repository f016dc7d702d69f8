"""The committed SDL is the served one."""

from pathlib import Path

from schema import sdl

COMMITTED = Path(__file__).resolve().parent.parent / "schema" / "schema.graphql"


def test_the_committed_sdl_is_the_served_one() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == sdl(), "run: make sdl"
