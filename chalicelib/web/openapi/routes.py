"""`GET /openapi.json`: what the API promises, for people and tools; no secret in it, so no token either."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.web.http import SECURITY_HEADERS, guarded, trace_id

routes = Blueprint(__name__)
CACHED = "public, max-age=3600"


@routes.route("/openapi.json", methods=["GET"])
@guarded
def openapi() -> Response:
    """The document; 304 to who has it already."""
    from chalicelib.web.openapi.document import served  # the doors need none of it

    request = routes.current_request
    text, tag = served()
    headers: dict[str, str | list[str]] = {**SECURITY_HEADERS, "Cache-Control": CACHED, "ETag": tag}
    headers["X-Correlation-Id"] = trace_id(request)
    if request.headers.get("if-none-match") == tag:
        return Response(body="", status_code=304, headers=headers)
    return Response(body=text, status_code=200, headers=headers)
