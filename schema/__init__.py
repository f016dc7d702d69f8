"""The graph, defined once in Strawberry; schema.graphql beside this file is the served SDL."""

from operator import getitem

from graphql import GraphQLError
from strawberry import Schema
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.community import Comment
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription
from schema.trainings import Enrollment

DOCUMENTS_CACHED = 1024
"""Parsed and validated documents that are kept; the least recently used goes first."""


def build_schema() -> Schema:
    """The executable schema. A field without a resolver reads the column of its name off its row."""
    return _Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Comment, Enrollment],
        config=StrawberryConfig(default_resolver=getitem, scalar_map=SCALARS),
        extensions=[lambda: ParserCache(maxsize=DOCUMENTS_CACHED), lambda: ValidationCache(maxsize=DOCUMENTS_CACHED)],
    )


def sdl() -> str:
    """The served SDL."""
    return f"{build_schema().as_str()}\n"


class _Schema(Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing here: hub/graphql_errors.py logs bugs, once, with the reference that the client is given."""
