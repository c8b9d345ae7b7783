"""A workspace to call over HTTP that behaves like Customer.io's Track API.

200 means accepted, not applied. Control routes: `GET /_sandbox/log`; `GET /_sandbox/people`, with what was suppressed
and what was not applied; `PUT /_sandbox/faults` (Faults); `POST /_sandbox/reset`.
"""

import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hmac import compare_digest
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from growth.adapters.sandbox.customerio_people import Identifier, People, identifier

KEY: Final = "sandbox"
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_LONGEST_ID, _LONGEST_VALUE, _MOST_ATTRIBUTES, _LONGEST_EVENT_NAME = 150, 1_000, 300, 100
_BIGGEST_EVENT, _BIGGEST_OPERATION, _BIGGEST_BATCH = 100_000, 32_000, 500_000
_KINDS = {"id", "email", "phone", "cio_id"}
_ACTIONS = {"identify", "event", "delete", "suppress", "unsuppress"}

Fault = dict[str, Any]
Handler = Callable[[Request, Any], Sequence[str]]


def customerio_app(site_id: str = KEY, api_key: str = KEY) -> ASGIApp:
    """Build the sandbox. All state is inside."""
    return _Workspace(site_id, api_key).application()


class _Workspace:
    def __init__(self, site_id: str, api_key: str) -> None:
        self._credentials = base64.b64encode(f"{site_id}:{api_key}".encode()).decode()
        self._people = People()

    def application(self) -> Starlette:
        person = "/api/v1/customers/{identifier:path}"
        first: Sequence[tuple[str, str, Handler]] = (
            ("POST", f"{person}/events", self._track),
            ("POST", f"{person}/suppress", self._suppress),
            ("POST", f"{person}/unsuppress", self._unsuppress),
            ("PUT", person, self._identify),
            ("DELETE", person, self._delete),
        )
        return Starlette(
            routes=[
                *(Route(path, self._first_version(handler), methods=[method]) for method, path, handler in first),
                Route("/api/v2/entity", self._guarded(self._entity), methods=["POST"]),
                Route("/api/v2/batch", self._guarded(self._batch), methods=["POST"]),
                Route("/_sandbox/people", self._shown, methods=["GET"]),
                Route("/_sandbox/reset", self._reset, methods=["POST"]),
            ]
        )

    def _guarded(self, answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "basic" or not compare_digest(given, self._credentials):
                return JSONResponse({"meta": {"error": "Unauthorized request"}}, 401)
            return await answer(request)

        return endpoint

    def _first_version(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            raw = await request.body()
            try:
                body = json.loads(raw) if raw else {}
            except ValueError:
                return JSONResponse({"meta": {"errors": ["malformed JSON"]}}, 400)
            errors = handler(request, body) if isinstance(body, dict) else ["body must be an object"]
            return JSONResponse({"meta": {"errors": errors}}, 400) if errors else JSONResponse({})

        return self._guarded(answer)

    def _identify(self, request: Request, body: Mapping[str, Any]) -> Sequence[str]:
        named = _named(request)
        if errors := [*_wrong_name(named), *_wrong_attributes(body)]:
            return errors
        self._people.identify(named, body)
        return ()

    def _track(self, request: Request, body: Mapping[str, Any]) -> Sequence[str]:
        named = _named(request)
        if errors := [*_wrong_name(named), *_wrong_event(body, body.get("data"))]:
            return errors
        self._people.track(named, body)
        return ()

    def _delete(self, request: Request, _: Any) -> Sequence[str]:  # noqa: ANN401
        self._people.delete(_named(request))
        return ()

    def _suppress(self, request: Request, _: Any) -> Sequence[str]:  # noqa: ANN401
        self._people.suppress(_named(request))
        return ()

    def _unsuppress(self, request: Request, _: Any) -> Sequence[str]:  # noqa: ANN401
        self._people.unsuppress(_named(request))
        return ()

    async def _entity(self, request: Request) -> Response:
        operation = _json(await request.body())
        fault = self._apply(operation)
        return JSONResponse({"errors": [fault]}, 400) if fault else JSONResponse({})

    async def _batch(self, request: Request) -> Response:
        raw = await request.body()
        batch = _json(raw)
        operations = batch.get("batch") if isinstance(batch, dict) else None
        if not isinstance(operations, list) or not operations or len(raw) > _BIGGEST_BATCH:
            return JSONResponse({"errors": [_fault("invalid", "batch", "batch must hold operations")]}, 400)
        faults = [(index, self._apply(operation)) for index, operation in enumerate(operations)]
        listed = [{"batch_index": index, **fault} for index, fault in faults if fault]
        return JSONResponse({"errors": listed}, 207) if listed else JSONResponse({})

    def _apply(self, operation: Any) -> Fault | None:  # noqa: ANN401 - whatever came
        """Do one operation of version 2; return what is wrong with it."""
        if not isinstance(operation, dict) or operation.get("type") != "person":
            return _fault("invalid", "type", "type must be person")
        if len(json.dumps(operation, ensure_ascii=False, separators=(",", ":")).encode()) > _BIGGEST_OPERATION:
            return _fault("too_large", "", "operation is larger than 32kb")
        given, action = operation.get("identifiers"), operation.get("action")
        if not isinstance(given, dict) or len(given) != 1 or not given.keys() <= _KINDS or not all(given.values()):
            return _fault("required", "identifiers", "identifiers must be set")
        if action not in _ACTIONS:
            return _fault("invalid", "action", "action is not known")
        ((kind, value),) = given.items()
        return self._do(action, (kind, value.lower() if kind == "email" else value), operation)

    def _do(self, action: str, named: Identifier, operation: Mapping[str, Any]) -> Fault | None:
        attributes = operation.get("attributes") or {}
        wrong = _wrong_event(operation, attributes) if action == "event" else _wrong_attributes(attributes)
        if wrong:
            return _fault("invalid", "attributes", wrong[0])
        match action:
            case "identify":
                self._people.identify(named, attributes)
            case "event":
                told = {name: operation[name] for name in ("name", "id", "timestamp") if name in operation}
                self._people.track(named, told | {"data": attributes})
            case "delete":
                self._people.delete(named)
            case "suppress":
                self._people.suppress(named)
            case "unsuppress":
                self._people.unsuppress(named)
        return None

    async def _shown(self, _: Request) -> Response:
        return JSONResponse(self._people.shown())

    async def _reset(self, _: Request) -> Response:
        self._people = People()
        return Response(status_code=204)


def _json(raw: bytes) -> Any:  # noqa: ANN401
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _named(request: Request) -> Identifier:
    return identifier(request.path_params["identifier"])


def _wrong_name(named: Identifier) -> list[str]:
    fits = 0 < len(named[1].encode()) <= _LONGEST_ID
    return [] if fits else ["id must be at most 150 bytes"]


def _wrong_attributes(given: Mapping[str, Any]) -> list[str]:
    errors = [] if len(given) <= _MOST_ATTRIBUTES else ["at most 300 attributes"]
    errors += ["attribute name is too long" for name in given if len(name.encode()) > _LONGEST_ID]
    sizes = (len(it.encode()) if isinstance(it, str) else len(json.dumps(it)) for it in given.values())
    return errors + ["attribute value is too long" for size in sizes if size > _LONGEST_VALUE]


def _wrong_event(event: Mapping[str, Any], data: Any) -> list[str]:  # noqa: ANN401
    name, id_, at = (event.get(it) for it in ("name", "id", "timestamp"))
    errors = []
    if not isinstance(name, str) or not 0 < len(name.encode()) <= _LONGEST_EVENT_NAME:
        errors.append("name is required")
    if id_ is not None and not (isinstance(id_, str) and _ULID.fullmatch(id_)):
        errors.append("id must be a ULID")
    if at is not None and (not isinstance(at, int) or isinstance(at, bool)):
        errors.append("timestamp must be in seconds")
    if len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()) > _BIGGEST_EVENT:
        errors.append("data is too long")
    return errors


def _fault(reason: str, field: str, message: str) -> Fault:
    return {"reason": reason, "field": field, "message": message}
