"""The description of the whole API. What holds for all routes, and `problems(…)` therefore does not say, is added."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from growth.api.errors import Problem, documented
from growth.api.routing import GrowthRoute

_DESCRIPTION = """
Prospects, referrals, scored leads, call campaigns and conversations.

Errors are `application/problem+json` (RFC 9457). Lists take `limit` and `cursor`. Every POST of the roles service, ops
and admin honours `Idempotency-Key` (1 to 255 printable ASCII characters, kept for 72 hours): the same key and body get
the first answer again, with `Idempotency-Replayed: true`.
"""
_KEYED = {401: ("unauthenticated", "No key, or an unknown one."), 403: ("wrong-role", "The key has another role.")}
_BODY = {
    413: ("body-too-large", "The body is too long."),
    415: ("unsupported-media-type", "The body is not `application/json`."),
}
_GENERAL = {
    422: ("invalid", "What was sent does not fit the route."),
    429: ("too-many-requests", "Too many requests."),
    503: ("database-unavailable", "The database does not answer; nothing was changed."),
}
_REPEATABLE = {409: ("idempotency-key-in-progress", "The first request with this key is still running.")}


def described(routes: Sequence[BaseRoute], version: str) -> dict[str, Any]:
    """Return the OpenAPI document of the routes."""
    document = get_openapi(title="Growth", version=version, description=_DESCRIPTION, routes=routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"), Problem=problem)
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}}
    for route in routes:
        if isinstance(route, GrowthRoute) and route.include_in_schema:
            for method in route.methods or ():
                _complete(document["paths"][route.path_format][method.lower()], route)
    return document


def _complete(operation: dict[str, Any], route: GrowthRoute) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422", "")):
        del responses["422"]
    for refusals in _refusals(route):
        for status, (code, summary) in refusals.items():
            _add(responses, str(status), code, summary)
    if not route.rule.open:
        operation["security"] = [{"key": []}]
        roles = ", ".join(sorted({*route.rule.roles, "admin"}))
        operation["x-roles"] = roles.split(", ")
        operation["description"] = f"{operation.get('description', '')}\n\nRoles: {roles}.".strip()


def _refusals(route: GrowthRoute) -> Iterable[Mapping[int, tuple[str, str]]]:
    methods = route.methods or set()
    yield _GENERAL
    if not route.rule.open:
        yield _KEYED
    if methods & {"POST", "PUT", "PATCH"}:
        yield _BODY
    if "POST" in methods and route.rule.repeatable:
        yield _REPEATABLE


def _add(responses: dict[str, Any], status: str, code: str, summary: str) -> None:
    example = {"summary": summary, "value": _example(int(status), code, summary)}
    response = responses.setdefault(status, documented(summary, {}))
    content = response.setdefault("content", {}).get("application/problem+json")
    if content is None:
        content = response["content"]["application/problem+json"] = documented("", {})["content"][
            "application/problem+json"
        ]
    content.setdefault("examples", {}).setdefault(code, example)


def _example(status: int, code: str, summary: str) -> dict[str, Any]:
    return {
        "type": f"urn:growth:problem:{code}",
        "title": summary,
        "status": status,
        "detail": summary,
        "code": code,
        "instance": "0190163d8694739baea5966c26f8ad91",
        "errors": [],
    }
