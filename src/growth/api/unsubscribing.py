"""No more commercial mails: what our own pages call, and the page behind the link in each mail."""

from collections.abc import Callable
from typing import Annotated, Any

from dishka.integrations.fastapi import FromDishka
from fastapi import Path, Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from growth.api import unsubscribe_pages as pages
from growth.api.routing import Routes
from growth.api.schemas import Input, Output
from growth.api.security import Role, allow, unmetered
from growth.domain.prospects.entities.unsubscribing import Reader, TargetType
from growth.domain.prospects.use_cases import ReadUnsubscribeLink, Unsubscribe, UnsubscribeByLink

router = Routes(tags=["unsubscribing"])
_Token = Annotated[str, Path(description="As it stands in a mail: a prospect's token from us, or a user's own.")]
# Tokens are signed, mailbox providers click for many people from few addresses, and links get decorated on their way.
_LINK = [unmetered(lenient=True)]
_NOBODYS: dict[int | str, dict[str, Any]] = {
    404: {"description": "The link is nobody's, or nobody's any more.", "content": {"text/html": {}}}
}
_FORM: dict[str, Any] = {
    "requestBody": {
        "description": "What the page's form sends, or `List-Unsubscribe=One-Click` (RFC 8058); it is not looked at.",
        "content": {kind: {"schema": {}} for kind in ("application/x-www-form-urlencoded", "multipart/form-data")},
    }
}


# For the description: JSON with NUL in it is refused, whatever the field.
_ANY: dict[str, Any] = {"pattern": r"^[^\u0000]*$"}


class UnsubscribeIn(Input):
    """An empty or unknown `email` gets the answer that a wrong `token` gets."""

    email: Annotated[
        str,
        Field(description="Any address of the person, or of an invitation to work for one.", json_schema_extra=_ANY),
    ]
    token: Annotated[
        str,
        Field(description="A prospect's from our mails, a user's from the main application.", json_schema_extra=_ANY),
    ]
    target_type: TargetType


class UnsubscribeOut(Output):
    unsubscribed: bool = Field(description="Whether the two belong together; true also when it was so already.")


@router.post("/v1/unsubscribes", dependencies=[allow(Role.CAPTURE, Role.SERVICE)])
async def unsubscribe(body: UnsubscribeIn, unsubscribe: FromDishka[Unsubscribe]) -> UnsubscribeOut:
    """Send no more commercial mails to the user or prospect who has this address and this token."""
    return UnsubscribeOut(unsubscribed=await unsubscribe(body.email, body.token, body.target_type))


@router.head("/unsubscribe/{token}", response_class=HTMLResponse, include_in_schema=False, dependencies=_LINK)
@router.get("/unsubscribe/{token}", response_class=HTMLResponse, responses=_NOBODYS, dependencies=_LINK)
async def read_unsubscribe_page(token: _Token, request: Request, read: FromDishka[ReadUnsubscribeLink]) -> HTMLResponse:
    """Show the page with the button; nothing changes, for scanners of mails follow links."""
    return _page(request, await read(token), pages.asking)


@router.post(
    "/unsubscribe/{token}",
    response_class=HTMLResponse,
    responses=_NOBODYS,
    openapi_extra=_FORM,
    dependencies=_LINK,
)
async def unsubscribe_by_link(
    token: _Token, request: Request, unsubscribe: FromDishka[UnsubscribeByLink]
) -> HTMLResponse:
    """Send no more commercial mails to whoever the link is of: the page's button, and RFC 8058's one click."""
    await request.body()  # so that its limit holds
    return _page(request, await unsubscribe(token), pages.confirming)


def _page(request: Request, reader: Reader | None, page: Callable[[str], str]) -> HTMLResponse:
    country = reader.country_code if reader else None
    language = pages.language_for(country, request.headers.get("accept-language", ""))
    html = page(language) if reader else pages.regretting(language)
    headers = {**pages.HEADERS, "Content-Language": language}
    return HTMLResponse(html, 200 if reader else 404, headers)
