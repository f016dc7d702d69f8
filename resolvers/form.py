"""What a mutation was given, field by field: each checked, and all that is wrong told at once, in userErrors."""

import re
from collections.abc import Mapping
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from hub.corporate_number import is_valid
from hub.user_errors import Refused, UserError, invalid, required, too_long
from resolvers import arguments

LONGEST_LINE = 200
LONGEST_NOTE = 2000
LONGEST_KEY = 200

_REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")


class Form:
    """The fields of an input. An id that this server never issued is an error (BadId), as everywhere in the graph."""

    def __init__(self, input: Mapping[str, Any]) -> None:
        self.input = input
        self._errors: list[UserError] = []
        self.line("idempotency_key", longest=LONGEST_KEY)
        if self.input.get("idempotency_key") is not None and not str(self.input["idempotency_key"]).strip():
            self.refuse(required("idempotencyKey"))

    def refuse(self, error: UserError) -> None:
        """Note what is wrong."""
        self._errors.append(error)

    def check(self) -> None:
        """Refused where anything was wrong."""
        if self._errors:
            raise Refused(self._errors)

    def key(self, type_name: str, field: str) -> int | None:
        """The row's key of an id; one of another type is of no row."""
        return arguments.key(type_name, self.input.get(field), f"input.{to_camel_case(field)}")

    def line(self, field: str, *, longest: int = LONGEST_LINE, needed: bool = False) -> str | None:
        """A text without what is blank around it; None where nothing is left."""
        name = to_camel_case(field)
        given: str | None = self.input.get(field)
        text = (given or "").strip()
        if "\0" in text:
            self.refuse(invalid(name, f"{name} に使えない文字が含まれています。", f"{name} must not contain U+0000."))
        elif len(text) > longest:
            self.refuse(too_long(name, longest, len(text)))
        elif needed and not text:
            self.refuse(required(name))
        return text or None

    def note(self) -> str | None:
        """The input's note."""
        return self.line("note", longest=LONGEST_NOTE)

    def corporate_number(self) -> str | None:
        """A national corporate number with a good check digit."""
        number = self.line("corporate_number")
        if number is not None and not is_valid(number):
            self.refuse(
                invalid(
                    "corporateNumber",
                    "法人番号は13桁の数字で、先頭は検査数字です。",
                    "A corporate number has 13 digits, of which the first is the check digit.",
                )
            )
        return number

    def region(self) -> str | None:
        """An ISO 3166-2 code."""
        region = self.line("region")
        if region is not None and not _REGION.fullmatch(region):
            self.refuse(
                invalid(
                    "region",
                    "地域は ISO 3166-2 のコードで入力してください(例: JP-13)。",
                    "region must be an ISO 3166-2 code, for example JP-13.",
                )
            )
        return region

    def count(self, field: str) -> int | None:
        """A number that is not negative."""
        value: int | None = self.input.get(field)
        if value is not None and value < 0:
            name = to_camel_case(field)
            self.refuse(invalid(name, f"{name} は0以上にしてください。", f"{name} must not be negative."))
        return value
