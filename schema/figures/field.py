"""A root field of figures. Under graphql-core, too, it reads only what is selected: measures cost, and may need a source."""

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import GraphQLObjectType, get_named_type
from strawberry.types.info import Info
from strawberry.types.nodes import SelectedField, Selection

from engine.declarations import Edge, Find
from schema.fields import RootField, plain


class StatsField(RootField):
    """As a RootField, for resolvers that answer with the Find of a list of groups."""

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        assert info is not None
        found = self.resolver(info.context, **{name: plain(value) for name, value in kwargs.items()})
        assert isinstance(found, Find)
        return info.context.loader(found.batch, columns=_columns(info)).load(found.key)


def _columns(info: Info) -> tuple[str, ...]:
    """The columns of its groups that the field's selections need."""
    group = get_named_type(info._raw_info.return_type)
    assert isinstance(group, GraphQLObjectType)
    columns: dict[str, None] = {}
    for name in _names(info.selected_fields):
        field = group.fields[name].extensions["strawberry-definition"]
        declared = getattr(field, "declaration", None)
        columns[declared.key if isinstance(declared, Edge) else field.python_name] = None
    return tuple(columns)


def _names(fields: Iterable[Selection]) -> Iterator[str]:
    for field in fields:
        for selection in field.selections:
            if not _is_left_out(selection):
                if not isinstance(selection, SelectedField):
                    yield from _names([selection])
                elif not selection.name.startswith("__"):
                    yield selection.name


def _is_left_out(selection: Selection) -> bool:
    directives = selection.directives
    return bool(directives.get("skip", {}).get("if")) or not directives.get("include", {}).get("if", True)
