"""Reading from Salesforce by SOQL, as the integration user of a client-credentials app."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from growth.adapters.vendor_http import Answer, VendorHttp
from growth.domain.kernel.messages import GiveUp, OutcomeUnknown, TryLater

_DATA: Final = "/services/data/v63.0/"
_MOST_PAGES: Final = 50  # of up to 2,000 records
_CODE = re.compile(r"[A-Z_]{1,60}")
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_ESCAPED = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r"})

Row = Mapping[str, Any]


def quoted(text: str) -> str:
    """Return a text as it is written in SOQL; nothing in it ends the text."""
    return f"'{text.translate(_ESCAPED)}'"


@dataclass(frozen=True, slots=True)
class Credentials:
    client_id: str
    client_secret: str = field(repr=False)


class SalesforceQueries:
    """Speaks for one org. `http`: of its My Domain, the only host that gives tokens for client credentials.

    A token holds until it is refused, for its lifetime is a setting of the org; then a new one is asked for, once.
    """

    def __init__(self, http: VendorHttp, credentials: Credentials) -> None:
        self._http = http
        self._credentials = credentials
        self._token: str | None = None
        self._asking = asyncio.Lock()

    async def rows(self, soql: str) -> AsyncGenerator[Row, None]:
        """Yield what a query finds, page by page. Raises `TryLater` or `GiveUp`."""
        path, params = f"{_DATA}query", {"q": soql}
        for _ in range(_MOST_PAGES):
            page = await self._get(path, params)
            for row in page["records"]:
                yield row
            if page["done"]:
                return
            path, params = _following(page), {}
        raise GiveUp(f"Salesforce found more than {_MOST_PAGES} pages: narrow the query.")

    async def _get(self, path: str, params: Mapping[str, str]) -> Row:
        token = await self._bearer(refused=None)
        answer = await self._ask(path, params, token)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            answer = await self._ask(path, params, await self._bearer(refused=token))
        _raise_for_refusal(answer)
        page = answer.json()
        if isinstance(page, Mapping) and isinstance(page.get("records"), list) and "done" in page:
            return page
        raise OutcomeUnknown("Salesforce gave an unexpected answer: no page of records.")

    async def _ask(self, path: str, params: Mapping[str, str], token: str) -> Answer:
        return await self._http.call("GET", path, params=params, headers={"Authorization": f"Bearer {token}"})

    async def _bearer(self, refused: str | None) -> str:
        """Return the token; a new one where there is none, or only the refused one."""
        async with self._asking:
            if self._token is None or self._token == refused:
                self._token = await self._new_token()
            return self._token

    async def _new_token(self) -> str:
        given = self._credentials
        form = {"client_id": given.client_id, "client_secret": given.client_secret}
        content = urlencode({"grant_type": "client_credentials"} | form)
        answer = await self._http.call("POST", "/services/oauth2/token", content=content, headers=_FORM)
        if answer.status in range(400, 500):
            raise TryLater(
                f"{answer.host} gives no token ({answer.status}): check client id, secret and My Domain host."
            )
        told = answer.json()
        token = told.get("access_token") if isinstance(told, Mapping) else None
        if not isinstance(token, str) or not token:
            raise OutcomeUnknown("Salesforce gave an unexpected answer: no token.")
        return token


def _following(page: Row) -> str:
    """Return the path of the next page; nothing leads away from the data of this org."""
    path = page.get("nextRecordsUrl")
    if not isinstance(path, str) or not path.startswith("/services/data/") or {"..", "."} & set(path.split("/")):
        raise OutcomeUnknown("Salesforce gave an unexpected answer: no path of a next page.")
    return path


def _raise_for_refusal(answer: Answer) -> None:
    """Raise what a refusal means. The vendor's sentences repeat parts of the query, its codes do not."""
    codes = _codes(answer) if answer.status in range(400, 500) else []
    if "REQUEST_LIMIT_EXCEEDED" in codes:
        raise TryLater("Salesforce: the org's daily API requests are used up.")
    if codes and answer.status != HTTPStatus.UNAUTHORIZED:
        raise GiveUp(f"{answer.host} refused with {answer.status}: {', '.join(codes)}.")
    answer.raise_for_refusal()


def _codes(answer: Answer) -> list[str]:
    told = answer.json() if answer.content.lstrip().startswith(b"[") else []
    errors = [it.get("errorCode") for it in told if isinstance(it, Mapping)]
    return [code for code in errors if isinstance(code, str) and _CODE.fullmatch(code)]
