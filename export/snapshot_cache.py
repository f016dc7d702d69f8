"""What stands for the cache in an export: that of the hub may hold what is newer than the snapshot that the export reads."""

from collections.abc import Collection, Hashable, Sequence
from typing import Any, Final

from hub.cache import Load
from hub.shaped import Shaped, ShapedValues
from hub.vocabulary import SourceName

MOST_VALUES: Final = 20_000
"""Values kept as they are answered: some 10 MB."""

_AS_LONG_AS_IT_TAKES_SECONDS: Final = 86_400


class SnapshotCache:
    """Keeps what was shaped of reference data, in one export and of its snapshots alone; rows are read there, and not kept."""

    def __init__(self) -> None:
        self._shaped = ShapedValues(most_values=MOST_VALUES, ttl_seconds=_AS_LONG_AS_IT_TAKES_SECONDS, in_json=False)

    def usable(self, _source: SourceName) -> bool:
        """Not for rows: they are read for the columns that are selected, once."""
        return False

    def shaped(self, owner: Hashable, _sources: Collection[SourceName], scope: Hashable) -> Shaped | None:
        """What is kept of an owner's values: nothing of it can change."""
        return self._shaped.of((owner, scope), ())

    async def read_through(self, _source: SourceName, _name: str, _scope: str, keys: Sequence[Any], load: Load) -> list[Any]:
        """What is loaded. keys: n distinct -> n values or None, in the order of the keys."""
        return list(await load(list(keys)))
