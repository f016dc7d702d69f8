"""Subscriptions: the one root field of an operation opened once, then answered for the rows of many events in one run.

Every event has an answer of its own, which is exactly what graphql-core gives for its row; but what several events lead to is
read once for all of them. What two subscribers must have alike to be given the same bytes is in `Program.identity`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from graphql import GraphQLError, located_error

from engine.declarations import Root, Row
from engine.execution import Execution, shaped_at_once
from engine.operations import Operations, Ready
from engine.plan import Field, Object, Plan
from engine.results import FAILED, Path
from engine.shaping import NAMED
from hub import graphql_errors
from hub.begun import Begun
from hub.context import RequestContext
from hub.errors import BadRequest


class Program:
    """A subscription that is ready to be opened and run."""

    def __init__(self, operations: Operations, ready: Ready) -> None:
        self._operations = operations
        self._ready = ready
        self._plan = operations.plan(ready)
        # Validation sees to it that there is exactly one root field, in every case.

    @property
    def identity(self) -> Hashable:
        """What decides about the answer for an event, beside the viewer: the root field's own arguments only choose events."""
        ready = self._ready
        operation = ready.operation
        values = ready.values
        used = {name: values[name] for name in operation.used_below_root if name in values}
        name = operation.node.name.value if operation.node.name else None
        return ready.document.text, name, json.dumps(used, sort_keys=True)

    @property
    def is_same_for_all(self) -> bool:
        """Whether an event has one answer, whoever asks: nothing is read for it but its own row."""
        if self._plan is None:
            return False
        value = self._plan.fields[0].value
        return isinstance(value, Object) and not value.selection.joined and not value.selection.loads

    def open(self, context: RequestContext) -> Any:
        """What the root field's resolver says is to be followed; GraphQLError, located, where it refuses."""
        if self._plan is None:
            # An @include or @skip was given null: as graphql-core says where.
            raise BadRequest("variables: a variable of @include or @skip must not be null.")
        (field,) = self._plan.fields
        assert isinstance(field.declaration, Root)
        try:
            return field.declaration.resolver(context, **field.arguments(self._ready.variables))
        except Exception as error:
            raise self.located(error) from error

    def located(self, error: Exception) -> GraphQLError:
        """An error of the root field, which it was not opened for."""
        assert self._plan is not None
        (field,) = self._plan.fields
        return located_error(error, field.nodes, [field.response_key])

    async def answers(self, rows: Sequence[Row], context: RequestContext) -> tuple[list[dict[str, Any]], list[GraphQLError]]:
        """rows: n events -> n answers as they are sent, and all of their errors."""
        assert self._plan is not None, "it was opened"
        (field,) = self._plan.fields
        execution = Execution(context, self._ready.variables)
        completed = await execution.checked(field, rows, _places(field))
        answers: list[dict[str, Any]] = []
        for value in completed:
            data = None if value is FAILED and field.non_null else self._data(self._plan, field, value)
            answers.append({"data": data})
        for error in execution.errors:
            assert error.path is not None
            number, *path = error.path
            error.path = path
            answer = answers[int(number)]
            answer.setdefault("errors", []).append(graphql_errors.present(error, executed=True))
        return [_errors_first(answer) for answer in answers], execution.errors

    def answers_at_once(self, rows: Sequence[Row], context: Callable[[], RequestContext]) -> list[dict[str, Any]]:
        """As `answers`, where it `is_same_for_all`: there is nothing to wait for. context: for what does not fit."""
        assert self._plan is not None, "it was opened"
        (field,) = self._plan.fields
        assert field.selection is not None, "it is same for all"
        shaped = shaped_at_once(field.selection, rows, NAMED, {})
        if shaped is not None:
            return [{"data": self._data(self._plan, field, value)} for value in shaped]
        begun = Begun(self.answers(rows, context()))
        assert begun.done
        return begun.value[0]

    @staticmethod
    def _data(plan: Plan, field: Field, value: Any) -> dict[str, Any]:
        data: dict[str, Any] = dict.fromkeys(plan.response_keys, plan.type_name)
        data[field.response_key] = None if value is FAILED else value
        return data


def _places(field: Field) -> Any:
    def trace(index: int) -> Iterator[Path]:
        yield [index, field.response_key]

    return trace


def _errors_first(answer: dict[str, Any]) -> dict[str, Any]:
    return {"errors": answer["errors"], "data": answer["data"]} if "errors" in answer else answer
