"""The formats that there are, and which of them a caller asks for: by parameter, or by the media types that it takes."""

from dataclasses import dataclass
from typing import Final

from hub.errors import BadRequest, NotAcceptable
from hub.media_types import weights_of


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its name, which is also its files' extension; answered in the first of its media types."""

    name: str
    media_types: tuple[str, ...]

    @property
    def content_type(self) -> str:
        """What the answer's header says."""
        return f"{self.media_types[0]}; charset=utf-8" if self.media_types[0].startswith("text/") else self.media_types[0]


NDJSON: Final = Format("ndjson", ("application/x-ndjson", "application/ndjson", "application/jsonl"))
CSV: Final = Format("csv", ("text/csv",))
PARQUET: Final = Format("parquet", ("application/vnd.apache.parquet",))

FORMATS: Final = (NDJSON, CSV, PARQUET)

_RANGES: Final = {"*/*": NDJSON, "application/*": NDJSON, "text/*": CSV}


def choose(name: str | None, accept: str | None) -> Format:
    """The format of this name; without one, what `accept` prefers, NDJSON where it says nothing."""
    if name is not None:
        found = next((format for format in FORMATS if format.name == name), None)
        if found is None:
            names = ", ".join(format.name for format in FORMATS)
            raise BadRequest(f"format: must be one of {names}, not {name[:100]!r}.")
        return found
    if not accept:
        return NDJSON
    weights = weights_of(accept)
    exact = {format: weights[media_type] for format in FORMATS for media_type in format.media_types if media_type in weights}
    ranges = {format: weights[name] for name, format in reversed(_RANGES.items()) if name in weights}
    for offered in (exact, ranges):
        best = max(offered, key=offered.__getitem__, default=None)
        if best is not None and offered[best] > 0:
            return best
    known = ", ".join(format.media_types[0] for format in FORMATS)
    raise NotAcceptable(f"accept: an export is {known}; name one, or give the parameter format.")
