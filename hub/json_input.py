"""JSON that a client sent: parsed, and held to a depth and a size that all that comes after it can walk."""

from typing import Any

import orjson

from hub.errors import BadRequest

MAX_JSON_DEPTH = 32
"""How many objects and lists may stand within each other: several times what the graph's deepest argument needs."""

MAX_JSON_VALUES = 10_000
"""How many values there may be: to check a list of these against its type takes some 30 ms."""


def parse_json(text: bytes | str, what: str) -> Any:
    """The value; BadRequest, naming `what`, where it is no JSON, too deep or too large. Of equal keys the last counts."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what}: is not JSON ({error}).") from None
    # Each value takes two characters at least, itself and what parts it from the next.
    if len(text) > 2 * MAX_JSON_VALUES and _more_than(value, MAX_JSON_VALUES):
        raise BadRequest(f"{what}: has more than {MAX_JSON_VALUES} values; send fewer at once.")
    if isinstance(value, dict):
        for key, part in value.items():
            if part and _deeper_than(part, MAX_JSON_DEPTH - 1):
                raise BadRequest(f"{what}: is nested deeper than {MAX_JSON_DEPTH} levels in {key[:100]!r}; send it flatter.")
    elif _deeper_than(value, MAX_JSON_DEPTH):
        raise BadRequest(f"{what}: is nested deeper than {MAX_JSON_DEPTH} levels; send it flatter.")
    return value


def _more_than(value: Any, most: int) -> bool:
    count, open_containers = 1, [value]
    while open_containers and count <= most:
        container = open_containers.pop()
        if isinstance(container, (dict, list)):
            count += len(container)
            open_containers.extend(container.values() if isinstance(container, dict) else container)
    return count > most


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
