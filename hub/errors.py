"""Every error that the hub raises on purpose, in one tree; each has a stable `code` that clients may branch on.

HubError
├── ClientError             the caller can mend it; its message is shown as it is
│   ├── BadRequest          BAD_REQUEST         the HTTP request is no GraphQL request
│   │   ├── MethodNotAllowed      METHOD_NOT_ALLOWED      the operation needs another method; names it
│   │   ├── UnsupportedMediaType  UNSUPPORTED_MEDIA_TYPE  the body is of another type than JSON
│   │   ├── BodyTooLarge          BODY_TOO_LARGE          the body has more bytes than it may
│   │   ├── BodyTimeout           BODY_TIMEOUT            the body took longer to arrive than it may
│   │   ├── TooManyOperations     TOO_MANY_OPERATIONS     one socket runs as many operations at once as it may
│   │   ├── NotExportable         NOT_EXPORTABLE          the document, or a field of it, cannot be exported so; names it
│   │   ├── NotAcceptable         NOT_ACCEPTABLE          none of the formats that there are is one that the caller takes
│   │   ├── DocumentLimitExceeded   DOCUMENT_LIMIT_EXCEEDED   too many tokens, too deep, …; says by how much
│   │   └── PersistedQueryNotFound  PERSISTED_QUERY_NOT_FOUND a hash that is not known; send the document with it
│   ├── Unauthenticated     UNAUTHENTICATED     no credentials, or bad ones
│   ├── Forbidden           FORBIDDEN           the credential does not grant it; names the scope
│   │   ├── PlanNotShown            PLAN_NOT_SHOWN            the operator does not show this caller how operations run
│   │   ├── IntrospectionDisabled   INTROSPECTION_DISABLED    the operator does not let the schema be asked for
│   │   └── DocumentNotTrusted      DOCUMENT_NOT_TRUSTED      only documents of the client's manifest are run
│   ├── CostCeilingExceeded COST_CEILING_EXCEEDED   the operation costs more than one may; says what to narrow
│   ├── CostBudgetExhausted COST_BUDGET_EXHAUSTED   the caller has spent its minute; says when there is more
│   └── BadInput            BAD_INPUT           an argument is out of its range; names the argument
│       ├── BadId           BAD_ID              not an id that this server issues
│       ├── BadCursor       BAD_CURSOR          not a cursor of this connection in this order, or of the event log
│       ├── CursorExpired   CURSOR_EXPIRED      what followed on the cursor is not kept any more, or the log is another
│       ├── CursorAhead     CURSOR_AHEAD        the event log has not come as far as the cursor
│       └── BadPage         BAD_PAGE            first or last out of 1..100, or both
├── SourceUnavailable       SOURCE_UNAVAILABLE  one of the five systems does not answer; names it
│   └── SourceTimeout       SOURCE_TIMEOUT      it answers, but this read took longer than it may
├── OutcomeUnknown          OUTCOME_UNKNOWN     a change was sent to its source, and whether it was made was not heard
├── IdentityUnavailable     IDENTITY_UNAVAILABLE the identity provider's keys cannot be had now; the token may be good
├── Full                    as many are under way as may be; later there is room
│   ├── Overloaded          OVERLOADED          requests in flight
│   ├── TooManyExports      TOO_MANY_EXPORTS    exports
│   └── TooManySubscriptions TOO_MANY_SUBSCRIPTIONS  what one caller follows
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


class OfField(ClientError):
    """What is wrong with one part of what was sent, which `field` names."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "field": self.field}


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


class NotExportable(OfField, BadRequest):
    """The document, or a field of it, cannot be exported in this way; the message begins with the field."""

    code = "NOT_EXPORTABLE"


class NotAcceptable(BadRequest):
    """None of the formats that there are is one that the caller takes."""

    code = "NOT_ACCEPTABLE"


class Unauthenticated(ClientError):
    """No credentials came along, or they do not hold."""

    code = "UNAUTHENTICATED"


class DocumentLimitExceeded(BadRequest):
    """A document is larger than one may be, in one of its measures; `found` is None where it was not read to its end."""

    code = "DOCUMENT_LIMIT_EXCEEDED"

    def __init__(self, measure: str, found: int | None, most: int) -> None:
        words = measure.replace("_", " ")
        says = f"has more than {most} {words}" if found is None else f"{words}: {found}, at most {most}"
        super().__init__(f"The document is too large ({says}). Ask for less, or in several operations.")
        self.measure, self.found, self.most = measure, found, most

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "measure": self.measure, "found": self.found, "most": self.most}


class PersistedQueryNotFound(BadRequest):
    """A document is asked for by a hash that is not known."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound: no document of this hash is known; send the document with it.")


class Forbidden(ClientError):
    """The credential holds, but does not grant this."""

    code = "FORBIDDEN"


class PlanNotShown(Forbidden):
    """The operator does not show this caller how operations are run."""

    code = "PLAN_NOT_SHOWN"

    def __init__(self) -> None:
        super().__init__("extensions.plan: is not shown to this credential; leave it out, or ask the operator (HUB_SHOW_PLAN).")


class IntrospectionDisabled(Forbidden):
    """The operator does not let clients ask for the schema."""

    code = "INTROSPECTION_DISABLED"

    def __init__(self) -> None:
        super().__init__("The schema cannot be asked for here; ask the operator for its SDL.")


class DocumentNotTrusted(Forbidden):
    """Only documents of the client's manifest are run."""

    code = "DOCUMENT_NOT_TRUSTED"

    def __init__(self, sha256: str) -> None:
        super().__init__(f"The document {sha256} is not in the client's manifest; have the operator add it.")
        self.sha256 = sha256

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "sha256": self.sha256}


class CostCeilingExceeded(ClientError):
    """The operation would cost more than one of this caller may."""

    code = "COST_CEILING_EXCEEDED"

    def __init__(self, requested: int, ceiling: int, field: str) -> None:
        super().__init__(
            f"The operation costs {requested}, {requested - ceiling} more than the {ceiling} that one may. "
            f"Most of it is {field}: ask for fewer of it or of what is around it (`first`, `last`, `top`), or in several "
            "operations."
        )
        self.requested, self.ceiling, self.field = requested, ceiling, field

    @property
    def extensions(self) -> dict[str, Any]:
        cost = {"requested": self.requested, "ceiling": self.ceiling, "field": self.field}
        return {"code": self.code, "cost": cost}


class CostBudgetExhausted(ClientError):
    """The caller has spent what it may in a minute, or too much of it for this operation."""

    code = "COST_BUDGET_EXHAUSTED"

    def __init__(self, requested: int, remaining: int, budget: int, retry_after_seconds: float) -> None:
        super().__init__(
            f"The operation costs {requested}, and {remaining} of the {budget} for this minute are left; "
            f"there is more in {retry_after_seconds:.0f} s."
        )
        self.requested, self.remaining, self.budget = requested, remaining, budget
        self.retry_after_seconds: float = retry_after_seconds

    @property
    def extensions(self) -> dict[str, Any]:
        cost = {"requested": self.requested, "remaining": self.remaining, "budgetPerMinute": self.budget}
        return {"code": self.code, "cost": cost, "retryAfterSeconds": round(self.retry_after_seconds, 1)}


class BadInput(OfField):
    """An argument is out of its range; `field` is its path, for example filter.search."""

    code = "BAD_INPUT"


class BadId(BadInput):
    """Not an id that this server issues."""

    code = "BAD_ID"

    def __init__(self, field: str) -> None:
        super().__init__(field, "not an id of this graph; pass an id as an earlier answer gave it")


class BadCursor(BadInput):
    """Not a cursor of what it was given for."""

    code = "BAD_CURSOR"

    def __init__(self, field: str, of: str = "of this connection in this order") -> None:
        super().__init__(field, f"not a cursor {of}; pass one as an earlier page gave it")


class CursorExpired(BadInput):
    """What followed on a cursor of the event log cannot be given any more."""

    code = "CURSOR_EXPIRED"

    def __init__(self, problem: str, field: str = "after") -> None:
        super().__init__(
            field, f"{problem}; begin anew: take a cursor of now, read what you follow afresh, and go on from there"
        )


class CursorAhead(BadInput):
    """The event log has not come as far as a cursor: it has lost events, or the cursor is of another deployment."""

    code = "CURSOR_AHEAD"

    def __init__(self, field: str = "after") -> None:
        super().__init__(field, "the event log has not come so far; begin anew, and let the operator know")


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


class OutcomeUnknown(HubError):
    """The source was lost between a change and its answer."""

    code = "OUTCOME_UNKNOWN"
    retry_after_seconds = 5

    def __init__(self, source: str) -> None:
        super().__init__(
            f"The source {source} was lost before it said whether the change was made. Send it again with the same "
            "idempotencyKey: it is then made once. Without one, look first."
        )
        self.source = source

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "source": self.source}


class IdentityUnavailable(HubError):
    """The keys that would tell whether a token holds cannot be had now; nothing is said of the token."""

    code = "IDENTITY_UNAVAILABLE"
    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__("The identity provider's keys cannot be had now. Keep the token, and try again later.")


class Full(HubError):
    """As many are under way as may be at once; later there may be room."""

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "retryAfterSeconds": self.retry_after_seconds}


class Overloaded(Full):
    """As many requests are in flight as the hub takes at once; nothing of this one was looked at."""

    code = "OVERLOADED"
    retry_after_seconds = 1

    def __init__(self) -> None:
        super().__init__("The hub has as many requests in flight as it takes; try again shortly.")


class TooManyExports(Full):
    """As many exports are under way as the hub takes at once; nothing of this one was looked at."""

    code = "TOO_MANY_EXPORTS"
    retry_after_seconds = 10

    def __init__(self) -> None:
        super().__init__("The hub has as many exports under way as it takes (HUB_MAX_EXPORTS); try again later.")


class TooManySubscriptions(Full):
    """The caller has as many subscriptions open on this node as one caller may."""

    code = "TOO_MANY_SUBSCRIPTIONS"
    retry_after_seconds = 5

    def __init__(self, limit: int) -> None:
        super().__init__(f"One caller has at most {limit} subscriptions open at once; end one before the next.")


class RequestTimeout(HubError):
    """The operation took longer than it may; its reads under way were ended."""

    code = "REQUEST_TIMEOUT"

    def __init__(self, timeout_seconds: float) -> None:
        super().__init__(f"The operation took longer than {timeout_seconds:g} s; ask for less at once.")


class SetupError(HubError):
    """What an operator can mend: a setting, a file, a database; the message names it and the remedy."""

    code = "SETUP"
