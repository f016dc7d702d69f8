"""What of a document an export answers: its one root connection, and of that the nodes or the edges."""

from dataclasses import dataclass, replace

from engine.moments import with_moments
from engine.plan import ConnectionOf, Field, ListOf, Parts, Plan, Value
from hub.errors import NotExportable

_ROWS = ("nodes", "edges")


@dataclass(frozen=True, slots=True)
class Exported:
    """A root field, and its connection cut down to what makes the rows. `row`: what one is; its moments are datetimes."""

    root: Field
    connection: ConnectionOf
    rows: Field
    row: Value


def exported(plan: Plan) -> Exported:
    """What a plan exports; NotExportable, naming the field and the remedy, where it is not one connection with rows."""
    if len(plan.fields) != 1:
        names = ", ".join(field.response_key for field in plan.fields) or "__typename"
        raise NotExportable("query", f"must have one root field, a connection, not {names[:200]}; export each by itself.")
    (root,) = plan.fields
    if not isinstance(root.value, ConnectionOf):
        raise NotExportable(root.response_key, "is no connection; export one, for example engagements, and filter it.")
    parts = root.value.parts
    found = [field for field in parts.fields if field.name in _ROWS]
    if len(found) != 1:
        names = " and ".join(field.response_key for field in found) or "neither"
        raise NotExportable(
            root.response_key, f"must be asked for either nodes {{ … }} or edges {{ cursor node {{ … }} }}, not {names}."
        )
    rows = replace(found[0], value=with_moments(found[0].value))
    assert isinstance(rows.value, ListOf)
    # What is asked of the whole, a count or the page's ends, has no place in a row.
    only_rows = Parts(parts.type_name, [rows.response_key], [rows])
    connection = ConnectionOf(only_rows, root.value.columns, frozenset({rows.name}))
    return Exported(root, connection, rows, rows.value.item)
