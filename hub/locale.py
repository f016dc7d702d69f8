"""Languages of labels and messages: Japanese and English, by Accept-Language or by a locale argument."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel import negotiate_locale

from hub.errors import BadInput

LOCALES = ("ja", "en")
DEFAULT_LOCALE = "ja"


@lru_cache(maxsize=256)
def from_accept_language(header: str | None) -> str:
    """The locale that an Accept-Language header prefers; Japanese where it prefers none that there is."""
    if not header:
        return DEFAULT_LOCALE
    weighted: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weighted.append((float(quality or 1), tag.replace("-", "_")))
        except ValueError:
            continue
    preferred = [tag for quality, tag in sorted(weighted, key=lambda item: -item[0]) if quality > 0]
    return negotiate_locale(preferred, LOCALES, sep="_") or DEFAULT_LOCALE


def localized(row: Mapping[str, Any], column: str, request_locale: str, locale: str | None) -> str:
    """A row's text in a language: that of the request, or `locale` where the client names one (BadInput where unknown)."""
    if locale is not None and locale not in LOCALES:
        raise BadInput("locale", f"must be one of {', '.join(LOCALES)}, not {locale[:20]!r}")
    text: str = row[f"{column}_{locale or request_locale}"]
    return text
