"""Root fields over certification status."""

from datetime import date
from typing import Any

from hub.context import RequestContext
from hub.vocabulary import CertificationStatus
from loaders.certifications import CERTIFICATIONS_PAGES
from loaders.pages import Connection
from resolvers import arguments


def certifications(
    context: RequestContext,
    *,
    program: str | None = None,
    status: CertificationStatus | None = None,
    expires_before: date | None = None,
    **window: Any,
) -> Connection:
    """Who holds what, and what lapses when."""
    return Connection(
        context,
        CERTIFICATIONS_PAGES,
        today=context.today,
        program=arguments.text(program, "program"),
        status=status,
        expires_before=expires_before,
        **window,
    )
