"""An org to query over HTTP that behaves like Salesforce, for the SOQL that this service writes.

Control routes: `GET /_sandbox/log`; `PUT /_sandbox/contacts`, the Contacts with their Accounts, newest first;
`PUT /_sandbox/settings`, `page_size` and `requests_left`; `POST /_sandbox/expire`, all tokens; `PUT /_sandbox/faults`
(Faults); `POST /_sandbox/reset`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from hmac import compare_digest
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

VERSION: Final = "v63.0"
CLIENT: Final = "sandbox"
_TEXT = r"'(?:[^'\\]|\\.)*'"
_NAME = r"[A-Za-z_][A-Za-z0-9_.]*"
_QUERY = re.compile(
    rf"SELECT\s+(?P<fields>{_NAME}(?:\s*,\s*{_NAME})*)\s+FROM\s+(?P<object>{_NAME})"
    rf"(?:\s+WHERE\s+(?P<where>(?:{_TEXT}|[^'])+?))?(?:\s+ORDER\s+BY\s+[A-Za-z0-9_.,\s]+)?",
    re.IGNORECASE,
)
_CONDITION = re.compile(rf"({_NAME})\s*(=\s*({_TEXT})|!=\s*null)", re.IGNORECASE)
_AND = re.compile(r"\s+AND\s+", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(.)")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
_FIRM: Final = {"Name": "Cabinet Durand", "Accounting_Firm_Partner_Code__c": "DURAND"}
EXAMPLE: Final[Sequence[Mapping[str, Any]]] = (
    {"Email": "claire.durand@cabinet-durand.example", "Name": "Claire Durand", "Account": _FIRM},
    {"Email": "no.partner@elsewhere.example", "Name": "Noah Partner", "Account": None},
)

Contact = Mapping[str, Any]


class SalesforceSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    page_size: int = Field(default=2_000, ge=1, le=2_000)
    requests_left: int = Field(default=1_000_000, ge=0)


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def salesforce_app(client_id: str = CLIENT, client_secret: str = CLIENT) -> ASGIApp:
    """Build the sandbox. All state is inside."""
    return _Salesforce(client_id, client_secret).application()


class _Salesforce:
    def __init__(self, client_id: str, client_secret: str) -> None:
        self._client = (client_id, client_secret)
        self._numbers = count(1)
        self._start_over()

    def _start_over(self) -> None:
        self._contacts: Sequence[Contact] = EXAMPLE
        self._tokens: set[str] = set()
        self._cursors: dict[str, list[dict[str, Any]]] = {}
        self._settings = SalesforceSettings()

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/services/oauth2/token", self._token, methods=["POST"]),
                Route(f"/services/data/{VERSION}/query", self._query, methods=["GET"]),
                Route(f"/services/data/{VERSION}/query/{{cursor}}", self._more, methods=["GET"]),
                Route("/_sandbox/contacts", self._put_contacts, methods=["PUT"]),
                Route("/_sandbox/settings", self._put_settings, methods=["PUT"]),
                Route("/_sandbox/expire", self._expire, methods=["POST"]),
                Route("/_sandbox/reset", self._reset, methods=["POST"]),
            ],
            exception_handlers={_Refused: _refusal},
        )

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return _no_token("unsupported_grant_type", "grant type not supported")
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        if not all(compare_digest(*pair) for pair in zip(given, self._client, strict=True)):
            return _no_token("invalid_client", "invalid client credentials")
        token = f"00Dsandbox!{next(self._numbers)}"
        self._tokens.add(token)
        home = str(request.base_url).rstrip("/")
        rest = {"token_type": "Bearer", "issued_at": "1700000000000", "signature": "sandbox", "scope": "api"}
        return JSONResponse({"access_token": token, "instance_url": home, "id": f"{home}/id/00D/005"} | rest)

    async def _query(self, request: Request) -> Response:
        self._admit(request)
        rows = list(_found(request.query_params.get("q", ""), self._contacts))
        return self._page(rows, len(rows))

    async def _more(self, request: Request) -> Response:
        self._admit(request)
        cursor = request.path_params["cursor"]
        if cursor not in self._cursors:
            raise _Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(self._cursors[cursor], int(cursor.rpartition("-")[2]))

    def _page(self, rows: list[dict[str, Any]], total: int) -> Response:
        size = self._settings.page_size
        page: dict[str, Any] = {"totalSize": total, "done": len(rows) <= size, "records": rows[:size]}
        if rows[size:]:
            cursor = f"01gSANDBOX{next(self._numbers)}-{total}"
            self._cursors[cursor] = rows[size:]
            page["nextRecordsUrl"] = f"/services/data/{VERSION}/query/{cursor}"
        return JSONResponse(page)

    def _admit(self, request: Request) -> None:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            raise _Refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self._settings.requests_left == 0:
            raise _Refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        left = self._settings.requests_left - 1
        self._settings = self._settings.model_copy(update={"requests_left": left})

    async def _put_contacts(self, request: Request) -> Response:
        self._contacts = await request.json()
        return JSONResponse(self._contacts)

    async def _put_settings(self, request: Request) -> Response:
        try:
            self._settings = SalesforceSettings.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(self._settings.model_dump())

    async def _expire(self, _: Request) -> Response:
        self._tokens.clear()
        return Response(status_code=204)

    async def _reset(self, _: Request) -> Response:
        self._start_over()
        return Response(status_code=204)


def _found(query: str, contacts: Sequence[Contact]) -> Iterator[dict[str, Any]]:
    parts = _QUERY.fullmatch(query.strip())
    if parts is None:
        raise _Refused(400, "MALFORMED_QUERY", "unexpected token")
    if parts["object"].lower() != "contact":
        raise _Refused(400, "INVALID_TYPE", f"sObject type '{parts['object']}' is not supported.")
    fields = [field.strip() for field in parts["fields"].split(",")]
    conditions = [_condition(text) for text in _AND.split(parts["where"])] if parts["where"] else []
    known = {"Id", "Email", "Name", "Account.Name", "Account.Accounting_Firm_Partner_Code__c"}
    if unknown := {*fields, *(name for name, _ in conditions)} - known:
        raise _Refused(400, "INVALID_FIELD", f"No such column '{min(unknown)}' on entity 'Contact'.")
    for contact in contacts:
        values = [(_value(contact, name), wanted) for name, wanted in conditions]
        # Texts are compared without regard to case; null is no text.
        if all(it is not None and wanted in {None, str(it).lower()} for it, wanted in values):
            yield _record(contact, fields)


def _condition(text: str) -> tuple[str, str | None]:
    """Return the field and the text that it equals; None: any."""
    parts = _CONDITION.fullmatch(text.strip())
    if parts is None:
        raise _Refused(400, "MALFORMED_QUERY", "unexpected token")
    written = parts[3]
    if written is None:
        return parts[1], None
    return parts[1], _ESCAPE.sub(lambda found: _LETTERS.get(found[1], found[1]), written[1:-1]).lower()


def _value(contact: Contact, path: str) -> object:
    value: Any = contact
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _record(contact: Contact, fields: Sequence[str]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "attributes": {"type": "Contact", "url": f"/services/data/{VERSION}/sobjects/Contact/003"}
    }
    for field in fields:
        parent, _, name = field.rpartition(".")
        if not parent:
            record[name] = contact.get(name)
        elif contact.get(parent) is None:
            record[parent] = None
        else:
            record.setdefault(parent, {"attributes": {"type": parent}})[name] = _value(contact, field)
    return record


async def _refusal(_: Request, refused: Exception) -> Response:
    assert isinstance(refused, _Refused)  # noqa: S101 - it is registered for these only
    return JSONResponse([{"message": str(refused), "errorCode": refused.code}], refused.status)


def _no_token(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)
