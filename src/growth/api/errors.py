"""Every refusal as `application/problem+json` (RFC 9457). The only place that knows which HTTP status an error has."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from growth.api.schemas import Output
from growth.api.strict_json import MOST_FAULTS, pointer
from growth.domain.kernel.errors import Conflict, Fault, Forbidden, GrowthError, Invalid, NotFound

MEDIA_TYPE = "application/problem+json"
_STATUS: Mapping[type[GrowthError], int] = {NotFound: 404, Conflict: 409, Invalid: 422, Forbidden: 403}
_CODES: Mapping[int, str] = {404: "no-such-route", 405: "method-not-allowed", 500: "internal-error"}
_DETAILS: Mapping[int, str] = {
    404: "Nothing is here: look the route up in /openapi.json.",
    405: "The route does not know this method: use one of those in the Allow header.",
    500: "This is our fault, and it is in our log under the id in `instance`. Try again later.",
}
# Messages of pydantic's that would repeat what was sent.
_MESSAGES: Mapping[str, str] = {
    "uuid_parsing": "Write a UUID, like 0190163d-8694-739b-aea5-966c26f8ad91.",
    "string_pattern_mismatch": "Write it in the form that /openapi.json gives for it.",
    "union_tag_invalid": "Write one of the known kinds.",
    "url_parsing": "Write a URL.",
    "date_parsing": "Write a day like 2026-11-21.",
    "date_from_datetime_parsing": "Write a day like 2026-11-21.",
    "datetime_parsing": "Write a time with its zone, like 2026-11-21T09:30:00Z.",
    "datetime_from_date_parsing": "Write a time with its zone, like 2026-11-21T09:30:00Z.",
}


class ProblemFault(Output):
    pointer: str = Field(description="JSON pointer into the body, `?name` in the query, `{name}` in the path.")
    code: str
    message: str


class Problem(Output):
    type: str = Field(description="`urn:growth:problem:` and the code.")
    title: str
    status: int
    detail: str = Field(description="What to do next.")
    code: str
    instance: str = Field(description="The request id.")
    errors: list[ProblemFault]


class Refused(HTTPException):
    """A refusal of the HTTP frame itself: no key, too many requests, too long a body."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        faults: Iterable[Fault] = (),
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code
        self.faults = tuple(faults)


def problems(*errors: type[GrowthError]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route that may refuse with these; several of one status become its examples."""
    responses: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        example = {"summary": error.title(), "value": _body(error, error.title())}
        content = responses.setdefault(status_of(error), documented("", {}))["content"][MEDIA_TYPE]
        content["examples"][error.code] = example
    for response in responses.values():
        examples = response["content"][MEDIA_TYPE]["examples"]
        response["description"] = " ".join(example["summary"] for example in examples.values())
    return responses


def documented(description: str, examples: dict[str, Any]) -> dict[str, Any]:
    """Return one response for OpenAPI with the problem schema."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}}}


def status_of(error: type[GrowthError]) -> int:
    return next(status for kind, status in _STATUS.items() if issubclass(error, kind))


async def refuse(request: Request, error: Exception) -> Response:
    """Answer a refusal. Anything that is not one is a defect of ours and stays an exception."""
    instance = request.scope["state"]["request_id"]
    if isinstance(error, GrowthError):
        faults = error.faults if isinstance(error, Invalid) else ()
        title = type(error).title()
        return problem(status_of(type(error)), error.code, str(error), instance=instance, title=title, faults=faults)
    if isinstance(error, RequestValidationError):
        detail = "What was sent does not fit the route: see `errors`."
        return problem(422, "invalid", detail, instance=instance, faults=_faults(error))
    if isinstance(error, Refused):
        return problem(
            error.status_code, error.code, str(error.detail),
            instance=instance, headers=error.headers, faults=error.faults,
        )  # fmt: skip
    if isinstance(error, HTTPException):
        status = error.status_code
        code = _CODES.get(status, "refused")
        headers = {"Allow": _allowed(request)} if status == HTTPStatus.METHOD_NOT_ALLOWED else error.headers
        return problem(status, code, _DETAILS.get(status, "Refused."), instance=instance, headers=headers)
    raise error


def _allowed(request: Request) -> str:
    # Each of several routes of one path only knows its own methods.
    there = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    there = [route for route in there if route.path == request.url.path] or there  # a path in full goes first
    return ", ".join(sorted({method for route in there for method in route.methods or ()}))


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    instance: str,
    title: str | None = None,
    headers: Mapping[str, str] | None = None,
    faults: Iterable[Fault] = (),
) -> Response:
    body = {
        "type": f"urn:growth:problem:{code}",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": instance,
        "errors": [{"pointer": it.pointer, "code": it.code, "message": it.message} for it in faults],
    }
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def internal_error(instance: str) -> Response:
    return problem(500, _CODES[500], _DETAILS[500], instance=instance)


def database_gone(instance: str) -> Response:
    detail = "The database does not answer. Nothing was changed: send the request again."
    return problem(503, "database-unavailable", detail, instance=instance, headers={"Retry-After": "2"})


def two_lengths(instance: str) -> Response:
    """Answer a request that says twice, and perhaps differently, where it ends; its connection is not used again."""
    detail = "Send either Content-Length or Transfer-Encoding, not both."
    return problem(400, "bad-request", detail, instance=instance, headers={"Connection": "close"})


def _body(error: type[GrowthError], detail: str) -> dict[str, Any]:
    return {
        "type": f"urn:growth:problem:{error.code}",
        "title": error.title(),
        "status": status_of(error),
        "detail": detail,
        "code": error.code,
        "instance": "0190163d8694739baea5966c26f8ad91",
        "errors": [],
    }


def first_fault(error: ValidationError) -> Fault:
    """Return the first fault of something that was validated by itself."""
    fault = error.errors()[0]
    return _fault(pointer(*fault["loc"]), fault)


def _faults(error: RequestValidationError) -> list[Fault]:
    return [_fault(_place(fault["loc"]), fault) for fault in error.errors()[:MOST_FAULTS]]


def _fault(place: str, fault: Mapping[str, Any]) -> Fault:
    message = _MESSAGES.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    return Fault(place, fault["type"].replace("_", "-"), message)


def _place(where: tuple[object, ...]) -> str:
    kind, *path = where
    if kind == "body":
        return pointer(*path)
    name = pointer(*path)[1:]
    return {"query": f"?{name}", "path": f"{{{name}}}"}.get(str(kind), name)
