"""Why an operation costs what it does: the reads that it took, level by level, for who asks and for the log of slow ones."""

from collections.abc import Sequence
from typing import Any

import structlog

from engine.document import Operation
from hub.context import Read, RequestContext
from hub.trusted_documents import hash_of

log = structlog.get_logger(__name__)


def explained(reads: Sequence[Read], milliseconds: float) -> dict[str, Any]:
    """`extensions.plan`: the levels from the root on, each with its reads in the order in which they ended."""
    levels: dict[int, list[dict[str, Any]]] = {}
    for read in reads:
        levels.setdefault(read.level, []).append(
            {
                "path": read.path,
                "source": read.source,
                "query": read.query,
                "keys": read.keys,
                "rows": read.rows,
                "milliseconds": round(read.milliseconds, 3),
            }
        )
    found = [{"level": level, "reads": levels[level]} for level in sorted(levels)]
    return {"milliseconds": round(milliseconds, 3), "levels": found}


def log_slow(operation: Operation, text: str, context: RequestContext, cost: int, milliseconds: float) -> None:
    """Tell the operator of an operation that took long: which, whose, and what it read; never its variables."""
    name = operation.node.name
    log.warning(
        "operation.slow",
        operation=None if name is None else name.value,
        document_sha256=hash_of(text),
        viewer=context.viewer.kind.value,
        partner_id=context.viewer.partner_id,
        client=context.viewer.client,
        cost=cost,
        **explained(context.reads, milliseconds),
    )
