"""What the user of a mutation can mend: a code, a message in Japanese and English, and the field that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.vocabulary import UserErrorCode


@dataclass(frozen=True, slots=True)
class UserError:
    """Why an input was refused. `field`: its path in GraphQL's names, None where no single field is to blame."""

    code: UserErrorCode
    ja: str
    en: str
    field: tuple[str, ...] | None = None

    def message(self, locale: str) -> str:
        """What is said to the user."""
        return self.ja if locale == "ja" else self.en


class Refused(Exception):
    """Ends a mutation without any effect; its user is told the errors."""

    def __init__(self, errors: Sequence[UserError]) -> None:
        super().__init__("; ".join(error.en for error in errors))
        self.errors = tuple(errors)


def refuse(error: UserError | None) -> None:
    """Raise Refused where there is an error."""
    if error is not None:
        raise Refused([error])


def path(field: str) -> tuple[str, ...]:
    """The path of an input's field."""
    return ("input", field)


def required(field: str) -> UserError:
    """A field that must be given and not be blank."""
    return UserError(UserErrorCode.REQUIRED, f"{field} を入力してください。", f"{field} is required.", path(field))


def too_long(field: str, longest: int, found: int) -> UserError:
    """A text with more characters than it may have."""
    return UserError(
        UserErrorCode.TOO_LONG,
        f"{field} は{longest}文字以内で入力してください(現在{found}文字)。",
        f"{field} must have at most {longest} characters, not {found}.",
        path(field),
    )


def invalid(field: str, ja: str, en: str) -> UserError:
    """A value that is not one of its kind, or out of its range."""
    return UserError(UserErrorCode.INVALID, ja, en, path(field))


def not_found(field: str) -> UserError:
    """What does not exist, or is not for this viewer's eyes: nothing tells which."""
    return UserError(UserErrorCode.NOT_FOUND, "対象が見つかりません。", "There is no such object.", path(field))


def not_allowed(ja: str, en: str, field: str | None = None) -> UserError:
    """What is for somebody else to do."""
    return UserError(UserErrorCode.NOT_ALLOWED, ja, en, None if field is None else path(field))


def conflict() -> UserError:
    """The engagement has changed since the user looked at it."""
    return UserError(
        UserErrorCode.CONFLICT,
        "この案件は他の操作で更新されています。最新の内容を確認してから、やり直してください。",
        "The engagement has changed since; read it again, and then decide again.",
        path("expectedVersion"),
    )


def idempotency_mismatch() -> UserError:
    """A key that was used before, with another input."""
    return UserError(
        UserErrorCode.IDEMPOTENCY_MISMATCH,
        "この idempotencyKey は別の内容で使用済みです。新しいキーを使ってください。",
        "This idempotencyKey was used with another input; take a new one.",
        path("idempotencyKey"),
    )


def duplicate(field: str, ja: str, en: str) -> UserError:
    """What there may be only one of is there already."""
    return UserError(UserErrorCode.DUPLICATE, ja, en, path(field))
