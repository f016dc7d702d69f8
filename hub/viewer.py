"""Who is asking: what a verified credential says, and nothing looked up."""

from dataclasses import dataclass
from enum import Enum


class ViewerKind(Enum):
    """The four kinds of callers."""

    STAFF = "staff"
    PERSON = "person"
    CRM = "crm"
    REPORTING = "reporting"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The caller: `partner_id` is set for a partner's person and a partner's CRM, `member_id` for a person alone."""

    kind: ViewerKind
    name: str
    partner_id: int | None = None
    member_id: int | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the caller may do, in the words that the graph shows."""
        return _SCOPES[self.kind]


_SCOPES: dict[ViewerKind, tuple[str, ...]] = {
    ViewerKind.STAFF: ("staff", "read", "write"),
    ViewerKind.PERSON: ("partner", "read", "write"),
    ViewerKind.CRM: ("partner", "read", "write", "events"),
    ViewerKind.REPORTING: ("reporting", "read"),
}
