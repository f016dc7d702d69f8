"""The GraphiQL page: served from vendored files, and kept by its policy from asking any other host."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

_PAGE = Path(__file__).resolve().parent.parent / "web" / "graphiql" / "index.html"

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


async def graphiql(_request: Request) -> Response:
    """The page; the access token that it needs is pasted there or comes in the address's fragment."""
    headers = {
        "content-security-policy": _CONTENT_SECURITY_POLICY,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return FileResponse(_PAGE, headers=headers, media_type="text/html")
