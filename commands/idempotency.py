"""Idempotency keys: the outcome of a mutation is stored with its change, and given again to who sends the same key and input.

A key belongs to the viewer's firm, or to staff, and to one mutation, and is kept for KEPT_DAYS. It is stored in the transaction
that makes the change, so there is an outcome exactly where there was an effect: also after a crash between commit and reply. A
mutation that was refused changed nothing, and leaves its key free. Of two calls with one key at once, the second waits at the
key's row for the first, and gets its outcome.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

import orjson

from commands.write import Row, Write
from hub.user_errors import Refused, idempotency_mismatch
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from sql import load

KEPT_DAYS: Final = 30

STORED = load(SourceName.ENGAGEMENTS, "outcome")
CLAIM = load(SourceName.ENGAGEMENTS, "claim_idempotency_key")
STORE = load(SourceName.ENGAGEMENTS, "store_outcome")
SWEEP = load(SourceName.ENGAGEMENTS, "sweep_idempotency_keys")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mutation led to: the keys of the rows that its answer is read from."""

    client_id: int | None = None
    engagement_id: int | None = None
    handoff_id: int | None = None


Work = Callable[[Write], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A key as it was given, and what was given with it."""

    scope: str
    mutation: str
    key: str
    input_sha256: bytes

    @property
    def name(self) -> dict[str, str]:
        """What it is found by, as its statements' parameters."""
        return {"scope": self.scope, "mutation": self.mutation, "key": self.key}

    def outcome_of(self, stored: Row) -> Outcome:
        """The stored outcome; Refused where it is of another input."""
        if stored["input_sha256"] != self.input_sha256:
            raise Refused([idempotency_mismatch()])
        return Outcome(**orjson.loads(stored["outcome"]))


def idempotency_key(viewer: Viewer, mutation: str, input: Mapping[str, Any]) -> IdempotencyKey | None:
    """The key of an input, if it has one."""
    key = input.get("idempotency_key")
    if key is None:
        return None
    scope = "staff" if viewer.kind is ViewerKind.STAFF else f"partner:{viewer.partner_id}"
    given = {name: _plain(value) for name, value in input.items() if name != "idempotency_key" and value is not None}
    return IdempotencyKey(scope, mutation, key, hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).digest())


async def once(key: IdempotencyKey, write: Write, work: Work) -> Outcome:
    """The outcome of `work`, done if this is the first transaction with the key."""
    claimed = await write.row(CLAIM, **key.name, input_sha256=key.input_sha256, days=KEPT_DAYS)
    if claimed is None:
        stored = await write.row(STORED, **key.name, days=KEPT_DAYS)
        assert stored is not None, "who claimed the key has committed, and keys are kept for longer than a transaction"
        return key.outcome_of(stored)
    outcome = await work(write)
    await write.rows(STORE, **key.name, outcome=orjson.dumps(asdict(outcome)).decode())
    return outcome


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
