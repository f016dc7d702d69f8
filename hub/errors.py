"""Every error that the hub raises on purpose, in one tree; each has a stable `code` that clients may branch on.

HubError
├── ClientError             the caller can mend it; its message is shown as it is
│   ├── BadRequest          BAD_REQUEST         the HTTP request is no GraphQL request
│   │   ├── MethodNotAllowed      METHOD_NOT_ALLOWED      the operation needs another method; names it
│   │   ├── UnsupportedMediaType  UNSUPPORTED_MEDIA_TYPE  the body is of another type than JSON
│   │   ├── BodyTooLarge          BODY_TOO_LARGE          the body has more bytes than it may
│   │   ├── BodyTimeout           BODY_TIMEOUT            the body took longer to arrive than it may
│   │   └── TooManyOperations     TOO_MANY_OPERATIONS     one socket runs as many operations at once as it may
│   ├── Unauthenticated     UNAUTHENTICATED     no credentials, or bad ones
│   └── BadInput            BAD_INPUT           an argument is out of its range; names the argument
│       ├── BadId           BAD_ID              not an id that this server issues
│       ├── BadCursor       BAD_CURSOR          not a cursor of this connection in this order
│       └── BadPage         BAD_PAGE            first or last out of 1..100, or both
├── SourceUnavailable       SOURCE_UNAVAILABLE  one of the five systems does not answer; names it
│   └── SourceTimeout       SOURCE_TIMEOUT      it answers, but this read took longer than it may
├── IdentityUnavailable     IDENTITY_UNAVAILABLE the identity provider's keys cannot be had now; the token may be good
├── Overloaded              OVERLOADED          as many requests are in flight as the hub takes; later it may have room
├── RequestTimeout          REQUEST_TIMEOUT     the operation took longer than it may, and was ended
└── SetupError              SETUP               for operators, at the command line: a setting, a file, a database

Anything else that is raised is a bug: logged once with its trace, and shown to clients as INTERNAL with a reference.
"""

from typing import Any

INTERNAL = "INTERNAL"
GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_VARIABLES = "BAD_VARIABLES"


class HubError(Exception):
    """An expected failure; `extensions` is what a GraphQL answer says of it beside the message."""

    code = INTERNAL

    retry_after_seconds: float | None = None
    """When the same request may fare better; None where that does not depend on time."""

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code}


class ClientError(HubError):
    """What the caller can mend."""


class BadRequest(ClientError):
    """The HTTP request is no GraphQL request."""

    code = "BAD_REQUEST"


class MethodNotAllowed(BadRequest):
    """The operation needs another method; `allowed` names those that it can be sent by."""

    code = "METHOD_NOT_ALLOWED"

    def __init__(self, problem: str, allowed: str) -> None:
        super().__init__(problem)
        self.allowed = allowed


class UnsupportedMediaType(BadRequest):
    """The body is of another type than JSON."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class BodyTooLarge(BadRequest):
    """The body has more bytes than it may."""

    code = "BODY_TOO_LARGE"


class BodyTimeout(BadRequest):
    """The body took longer to arrive than it may."""

    code = "BODY_TIMEOUT"


class TooManyOperations(BadRequest):
    """One socket runs as many operations at once as it may."""

    code = "TOO_MANY_OPERATIONS"


class Unauthenticated(ClientError):
    """No credentials came along, or they do not hold."""

    code = "UNAUTHENTICATED"


class BadInput(ClientError):
    """An argument is out of its range; `field` is its path, for example filter.search."""

    code = "BAD_INPUT"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "field": self.field}


class BadId(BadInput):
    """Not an id that this server issues."""

    code = "BAD_ID"

    def __init__(self, field: str) -> None:
        super().__init__(field, "not an id of this graph; pass an id as an earlier answer gave it")


class BadCursor(BadInput):
    """Not a cursor of this connection in this order."""

    code = "BAD_CURSOR"

    def __init__(self, field: str) -> None:
        super().__init__(field, "not a cursor of this connection in this order; pass one as an earlier page gave it")


class BadPage(BadInput):
    """first or last is out of range, or both are given."""

    code = "BAD_PAGE"


class BadValue(ValueError):
    """A scalar's value is not one of its kind; GraphQL itself says where, so it has no code of its own."""


class SourceUnavailable(HubError):
    """One of the five systems does not answer; all fields of the others are unaffected."""

    code = "SOURCE_UNAVAILABLE"
    retry_after_seconds: float | None = 5

    def __init__(self, source: str, problem: str = "does not answer now; try again later") -> None:
        super().__init__(f"The source {source} {problem}.")
        self.source = source

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "source": self.source}


class SourceTimeout(SourceUnavailable):
    """The source answers, but this read took longer than it may."""

    code = "SOURCE_TIMEOUT"
    retry_after_seconds = None

    def __init__(self, source: str, query: str) -> None:
        super().__init__(source, f"took too long over {query}; ask for fewer rows or a narrower filter")
        self.query = query

    @property
    def extensions(self) -> dict[str, Any]:
        return {**super().extensions, "query": self.query}


class IdentityUnavailable(HubError):
    """The keys that would tell whether a token holds cannot be had now; nothing is said of the token."""

    code = "IDENTITY_UNAVAILABLE"
    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__("The identity provider's keys cannot be had now. Keep the token, and try again later.")


class Overloaded(HubError):
    """As many requests are in flight as the hub takes at once; nothing of this one was looked at."""

    code = "OVERLOADED"
    retry_after_seconds = 1

    def __init__(self) -> None:
        super().__init__("The hub has as many requests in flight as it takes; try again shortly.")

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "retryAfterSeconds": self.retry_after_seconds}


class RequestTimeout(HubError):
    """The operation took longer than it may; its reads under way were ended."""

    code = "REQUEST_TIMEOUT"

    def __init__(self, timeout_seconds: float) -> None:
        super().__init__(f"The operation took longer than {timeout_seconds:g} s; ask for less at once.")


class SetupError(HubError):
    """What an operator can mend: a setting, a file, a database; the message names it and the remedy."""

    code = "SETUP"
