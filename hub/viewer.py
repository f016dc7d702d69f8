"""Who is asking: what a verified credential says, and nothing looked up."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Final


class ViewerKind(Enum):
    """The four kinds of callers."""

    STAFF = "staff"
    PERSON = "person"
    CRM = "crm"
    REPORTING = "reporting"

    # Members are one of a kind; enum's own hash is a function in Python, and kinds are looked up at every read.
    __hash__ = object.__hash__


SCOPES: Final[dict[ViewerKind, tuple[str, ...]]] = {
    ViewerKind.STAFF: ("staff", "read", "write"),
    ViewerKind.PERSON: ("partner", "read", "write"),
    ViewerKind.CRM: ("partner", "read", "write", "events"),
    ViewerKind.REPORTING: ("reporting", "read"),
}
"""What each kind may do at most. The first word says whose side the caller is on, and no credential takes it away."""

_ALL_OF_KIND: Final[tuple[str, ...]] = ("*",)


@dataclass(frozen=True, slots=True)
class Viewer:
    """The caller: `partner_id` is set for a partner's person and a partner's CRM, `member_id` for a person alone.

    `scopes` is what the credential grants, in the words that the graph shows, all that its kind has unless given;
    `client` is the application that asks, where the credential names it.
    """

    kind: ViewerKind
    name: str
    partner_id: int | None = None
    member_id: int | None = None
    scopes: tuple[str, ...] = _ALL_OF_KIND
    client: str | None = None

    def __post_init__(self) -> None:
        whole = SCOPES[self.kind]
        granted = whole if self.scopes is _ALL_OF_KIND else self.scopes
        if not set(granted) <= set(whole):
            raise ValueError(f"scopes of {self.kind.value} must be among {', '.join(whole)}")
        object.__setattr__(self, "scopes", tuple(scope for scope in whole if scope in granted))


@dataclass(frozen=True, slots=True)
class Verified:
    """A credential that holds: whose it is, and when it ends in Unix time (leeway not included), None where it does not."""

    viewer: Viewer
    expires_at_seconds: float | None


def narrowed(kind: ViewerKind, words: Collection[str]) -> tuple[str, ...]:
    """The scopes that a credential grants which names these words: those of its kind among them; other words say nothing."""
    side, *rest = SCOPES[kind]
    return (side, *(scope for scope in rest if scope in words))
