"""JSON that a client sent: parsed, and held to a depth, so that nothing after it meets a structure that it cannot walk."""

from typing import Any

import orjson

from hub.errors import BadRequest

MAX_JSON_DEPTH = 32
"""How many objects and lists may stand within each other: several times what the graph's deepest argument needs."""


def parse_json(text: bytes | str, what: str) -> Any:
    """The value; BadRequest, naming `what`, where it is no JSON, no Unicode, or too deep. The last of equal keys counts."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what}: is not JSON ({error}).") from None
    if isinstance(value, dict):
        for key, part in value.items():
            if _deeper_than(part, MAX_JSON_DEPTH - 1):
                raise BadRequest(f"{what}: is nested deeper than {MAX_JSON_DEPTH} levels in {key[:100]!r}; send it flatter.")
    elif _deeper_than(value, MAX_JSON_DEPTH):
        raise BadRequest(f"{what}: is nested deeper than {MAX_JSON_DEPTH} levels; send it flatter.")
    return value


def _deeper_than(value: Any, levels: int) -> bool:
    containers = [value] if isinstance(value, (dict, list)) else []
    for _ in range(levels):
        if not containers:
            return False
        containers = [
            part
            for container in containers
            for part in (container.values() if isinstance(container, dict) else container)
            if isinstance(part, (dict, list))
        ]
    return bool(containers)
