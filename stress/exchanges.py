"""One request as it will be sent, and what its answer means."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from benchmarks.line import Answer

_OF_SUCCESS = range(200, 300)


def _nothing(_: Answer) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Request:
    """`refusal`: status and problem code with which a body that is bad on purpose has to be refused.

    `then`: hears the answer of a success.
    """

    name: str
    method: str
    path: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    refusal: tuple[int, str] | None = None
    then: Callable[[Answer], None] = _nothing


@dataclass(frozen=True, slots=True)
class Verdict:
    error: str | None = None
    refused: bool = False


def as_json(body: Any) -> bytes:
    return json.dumps(body).encode()


def judge(request: Request, answer: Answer) -> Verdict:
    """Tell what became of a request: it was answered, refused as it has to be, or something is wrong."""
    found = (answer.status, code_of(answer))
    if request.refusal is None:
        return Verdict() if answer.status in _OF_SUCCESS else Verdict(_named(*found))
    if found == request.refusal:
        return Verdict(refused=True)
    return Verdict(f"{_named(*found)} where {_named(*request.refusal)} was due")


def code_of(answer: Answer) -> str:
    """Return the code of a problem, nothing where the answer is none."""
    if answer.status in _OF_SUCCESS:
        return ""
    told = answer.told()
    code = told.get("code") if isinstance(told, Mapping) else None
    return code if isinstance(code, str) else ""


def _named(status: int, code: str) -> str:
    known = status in {it.value for it in HTTPStatus}
    return f"{status} {code or (HTTPStatus(status).phrase if known else '')}".strip()
