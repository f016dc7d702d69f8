"""The HTTP status of each refusal, and the headers that go with it: the one table."""

import math

from hub.errors import (
    BodyTimeout,
    BodyTooLarge,
    CostBudgetExhausted,
    Forbidden,
    HubError,
    IdentityUnavailable,
    MethodNotAllowed,
    NotAcceptable,
    OutcomeUnknown,
    Overloaded,
    RequestTimeout,
    SourceTimeout,
    SourceUnavailable,
    TooManyExports,
    TooManySubscriptions,
    Unauthenticated,
    UnsupportedMediaType,
)

STATUSES: dict[type[HubError], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    MethodNotAllowed: 405,
    NotAcceptable: 406,
    BodyTimeout: 408,
    BodyTooLarge: 413,
    UnsupportedMediaType: 415,
    CostBudgetExhausted: 429,
    TooManySubscriptions: 429,
    IdentityUnavailable: 503,
    Overloaded: 503,
    TooManyExports: 503,
    SourceUnavailable: 503,
    OutcomeUnknown: 503,
    RequestTimeout: 504,
    SourceTimeout: 504,
    # Every other refusal: the request is not one that can be answered.
    HubError: 400,
}

INTERNAL_STATUS = 500


def status_of(refusal: type[HubError]) -> int:
    """The status of a kind of refusal: its own, or that of the nearest kind above it."""
    return next(STATUSES[kind] for kind in refusal.__mro__ if kind in STATUSES)


def headers_of(refusal: HubError) -> dict[str, str]:
    """What HTTP says beside the status: how to authenticate, which methods there are, when to come again, that it hangs up."""
    headers: dict[str, str] = {}
    if isinstance(refusal, Unauthenticated):
        headers["www-authenticate"] = "Bearer"
    if isinstance(refusal, MethodNotAllowed):
        headers["allow"] = refusal.allowed
    if refusal.retry_after_seconds is not None:
        headers["retry-after"] = str(math.ceil(refusal.retry_after_seconds))
    if isinstance(refusal, BodyTimeout):
        # Nobody waits for what is left of the body.
        headers["connection"] = "close"
    return headers
