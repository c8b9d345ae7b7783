"""A desk to call over HTTP that behaves like Intercom's REST API 2.16, with one workspace for each country.

The token of FR's is `sandbox-FR`, its app id `sandbox-fr`, the one admin that is there from the start `1`. Search
shows what was there `search_lag` seconds ago. Control routes: `PUT /_sandbox/workspaces/{country}/contacts/{id}`,
`…/conversations/{id}` and `…/admins/{id}` make one or change what is given of it; `PUT /_sandbox/settings`
(IntercomSettings); `GET /_sandbox/desk`; `GET /_sandbox/log`; `PUT /_sandbox/faults` (Faults); `POST /_sandbox/reset`.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from growth.adapters.sandbox import intercom_calls as calls
from growth.adapters.sandbox.intercom_calls import Call
from growth.adapters.sandbox.intercom_desk import State, Workspace, epoch
from growth.adapters.sandbox.intercom_search import CONTACTS, CONVERSATIONS, search
from growth.adapters.sandbox.intercom_wire import (
    Refused,
    Shape,
    admin_shape,
    contact_shape,
    conversation_shape,
    item_shape,
)

COUNTRIES: Final = ("FR", "BE")
VERSION: Final = "2.16"
_WINDOW = 10  # seconds: the vendor spreads a minute's calls over such windows
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Misgiven(Exception):
    pass


class IntercomSettings(_Given):
    """`search_lag`: in seconds. `rate_limit`: calls of a workspace in ten seconds."""

    search_lag: float = Field(default=0, ge=0)
    rate_limit: int = Field(default=1_666, ge=0)


class GivenAdmin(_Given):
    name: str = ""
    email: str = ""
    away_mode_enabled: bool = False
    team_ids: tuple[int, ...] = ()


class GivenContact(_Given):
    role: Literal["user", "lead"] = "user"
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    external_id: str | None = None
    custom_attributes: dict[str, Any] = {}
    created_at: int = 0
    updated_at: int = 0


class GivenAuthor(_Given):
    type: Literal["user", "lead", "admin", "bot"] = "user"
    id: str | None = None
    name: str | None = None
    email: str | None = None


class GivenSource(_Given):
    type: str = ""
    delivered_as: str = ""
    subject: str = ""
    body: str = ""
    url: str | None = None
    author: GivenAuthor = GivenAuthor()


class GivenConversation(_Given):
    """`tags` are names; the contacts are there already. Unless given, the source's author is the first contact."""

    contact_ids: tuple[str, ...] = ()
    state: State = "open"
    admin_assignee_id: int | None = None
    team_assignee_id: int | None = None
    tags: tuple[str, ...] = ()
    created_at: int = 0
    updated_at: int = 0
    waiting_since: int | None = None
    snoozed_until: int | None = None
    read: bool = False
    source: GivenSource = GivenSource()


Handler = Callable[[Call], Shape]
Endpoint = Callable[[Request], Awaitable[Response]]


def intercom_app() -> ASGIApp:
    """Build the sandbox. All state is inside."""
    return _Intercom().application()


class _Intercom:
    def __init__(self) -> None:
        self._request_ids = count(1)
        self._start_over()

    def _start_over(self) -> None:
        self._workspaces = {country: Workspace(f"sandbox-{country.lower()}") for country in COUNTRIES}
        self._settings = IntercomSettings()
        self._made: dict[str | None, tuple[int, int]] = {}  # start of the window, calls in it

    def application(self) -> Starlette:
        vendors: tuple[tuple[str, str, Handler], ...] = (
            ("POST", "/conversations/search", self._search_conversations),
            ("GET", "/conversations/{id}", calls.conversation),
            ("POST", "/conversations/{id}/reply", calls.reply),
            ("POST", "/conversations/{id}/parts", calls.change),
            ("POST", "/contacts/search", self._search_contacts),
            ("GET", "/contacts/{id}", calls.contact),
            ("DELETE", "/contacts/{id}", calls.delete_contact),
            ("GET", "/admins", calls.admins),
            ("GET", "/admins/{id}", calls.admin),
        )
        control = "/_sandbox/workspaces/{country}"
        return Starlette(
            routes=[
                Route(f"{control}/contacts/{{id}}", self._put_contact, methods=["PUT"]),
                Route(f"{control}/conversations/{{id:int}}", self._put_conversation, methods=["PUT"]),
                Route(f"{control}/admins/{{id:int}}", self._put_admin, methods=["PUT"]),
                Route("/_sandbox/settings", self._put_settings, methods=["PUT"]),
                Route("/_sandbox/desk", self._desk, methods=["GET"]),
                Route("/_sandbox/reset", self._reset, methods=["POST"]),
                Route("/_sandbox/{anything:path}", _no_control, methods=[*_METHODS]),
                *(Route(path, self._guarded(handler), methods=[method]) for method, path, handler in vendors),
                Route("/{anything:path}", self._guarded(calls.nothing_here), methods=[*_METHODS]),
            ],
            exception_handlers={ValidationError: _misgiven, _Misgiven: _misgiven},
        )

    def _guarded(self, handler: Handler) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            at, raw = request.state.at, await request.body()
            country = _country(request)
            headers, allowed = self._meter(country, at)
            try:
                workspace = self._admitted(request, country, allowed)
                workspace.wake(at)
                answer = handler(Call(workspace, request.path_params.get("id", ""), _json(raw), at))
            except Refused as refused:
                named = str(UUID(int=next(self._request_ids)))
                body = {"type": "error.list", "request_id": named, "errors": [refused.error]}
                return JSONResponse(body, refused.status, headers)
            return JSONResponse(answer, headers=headers)

        return endpoint

    def _admitted(self, request: Request, country: str | None, allowed: bool) -> Workspace:
        if country is None:
            raise Refused(401, "unauthorized", "Access Token Invalid")
        if not allowed:
            raise Refused(429, "rate_limit_exceeded", "The rate limit for the App has been exceeded")
        if request.headers.get("intercom-version") != VERSION:
            raise Refused(400, "intercom_version_invalid", "The requested version could not be found")
        return self._workspaces[country]

    def _meter(self, country: str | None, at: datetime) -> tuple[Mapping[str, str], bool]:
        """Count a call; return the headers that say how many are left, and whether this one is within the limit."""
        start = epoch(at) // _WINDOW * _WINDOW
        since, made = self._made.get(country, (start, 0))
        made = made + 1 if since == start else 1
        self._made[country] = (start, made)
        limit = self._settings.rate_limit
        said = {"Limit": limit, "Remaining": max(limit - made, 0), "Reset": start + _WINDOW}
        return {f"X-RateLimit-{name}": str(value) for name, value in said.items()}, made <= limit

    def _search_conversations(self, call: Call) -> Shape:
        seen = call.workspace.conversations.as_of(self._search_knows(call.at))
        return search([item_shape(call.workspace, it) for it in seen], call.body, CONVERSATIONS)

    def _search_contacts(self, call: Call) -> Shape:
        seen = call.workspace.contacts.as_of(self._search_knows(call.at))
        return search([contact_shape(call.workspace, it) for it in seen], call.body, CONTACTS)

    def _search_knows(self, at: datetime) -> datetime:
        return at - timedelta(seconds=self._settings.search_lag)

    async def _put_contact(self, request: Request) -> Response:
        workspace, given = self._workspace(request), await _given(request, GivenContact)
        contact = workspace.change_contact(request.path_params["id"], given, request.state.at)
        return JSONResponse(contact_shape(workspace, contact))

    async def _put_conversation(self, request: Request) -> Response:
        workspace, given = self._workspace(request), await _given(request, GivenConversation)
        if unknown := [it for it in given.get("contact_ids", ()) if workspace.contacts.get(it) is None]:
            raise _Misgiven(f"make the contact {unknown[0]} first")
        conversation = workspace.change_conversation(str(request.path_params["id"]), given, request.state.at)
        return JSONResponse(conversation_shape(workspace, conversation))

    async def _put_admin(self, request: Request) -> Response:
        workspace, given = self._workspace(request), await _given(request, GivenAdmin)
        return JSONResponse(admin_shape(workspace.change_admin(str(request.path_params["id"]), given)))

    def _workspace(self, request: Request) -> Workspace:
        country = request.path_params["country"]
        if country not in self._workspaces:
            raise _Misgiven(f"{country} has no workspace; there are those of {' and '.join(COUNTRIES)}")
        return self._workspaces[country]

    async def _put_settings(self, request: Request) -> Response:
        self._settings = IntercomSettings.model_validate_json(await request.body())
        return JSONResponse(self._settings.model_dump())

    async def _desk(self, _: Request) -> Response:
        desks = {country: _shown(workspace) for country, workspace in self._workspaces.items()}
        return JSONResponse({"settings": self._settings.model_dump(), "workspaces": desks})

    async def _reset(self, _: Request) -> Response:
        self._start_over()
        return Response(status_code=204)


def _country(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return next((it for it in COUNTRIES if scheme.lower() == "bearer" and token == f"sandbox-{it}"), None)


def _json(raw: bytes) -> Any:  # noqa: ANN401
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        raise Refused(400, "parameter_invalid", "the body must be JSON") from None


async def _given(request: Request, kind: type[_Given]) -> Mapping[str, Any]:
    return kind.model_validate_json(await request.body()).model_dump(exclude_unset=True)


def _shown(workspace: Workspace) -> Shape:
    return {
        "app_id": workspace.app_id,
        "admins": [admin_shape(it) for it in workspace.admins.values()],
        "contacts": [contact_shape(workspace, it) for it in workspace.contacts.all()],
        "deleted_contacts": workspace.contacts.gone(),
        "conversations": [conversation_shape(workspace, it) for it in workspace.conversations.all()],
    }


async def _misgiven(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


async def _no_control(_: Request) -> Response:
    return Response(status_code=404)
