"""Analysed calls in the words of the domain."""

import math
from collections.abc import Mapping
from uuid import UUID

from growth.api.strict_json import is_storable
from growth.api.webhooks.dialer_calls import one_spelling
from growth.api.webhooks.told import Told, needed, part, text
from growth.domain.campaigns.business_rules.analysing import leads_outside
from growth.domain.campaigns.entities.calls import CallId
from growth.domain.campaigns.entities.speech import AnalysisNews, Score
from growth.domain.kernel.inbox import InboxEvent, Unreadable

_READ = {"job_id", "status", "transcript_url", "scores"}
_STATUSES = {"done": True, "failed": False}
_LONGEST_URL, _LONGEST_NAME, _LONGEST_SCORE, _MOST_SCORES = 2_048, 64, 100, 50
_BIGGEST = 2**53


def kept(body: Told) -> dict[str, object]:
    """Return a delivery as it is stored: what is read of it, and nothing where it names no call that could be ours."""
    data = body.get("data")
    stored: dict[str, object] = one_spelling(data) if isinstance(data, Mapping) else {}
    if stored and isinstance(data, Mapping):
        stored |= {key: data[key] for key in _READ & data.keys()}
    return {**{key: body[key] for key in ("type", "timestamp") if key in body}, "data": stored}


class AnalysisReader:
    """Reads kept events of the speech vendor."""

    def call_of(self, event: InboxEvent) -> CallId | None:
        data = event.body.get("data")
        try:
            return CallId(UUID(str(data["call_id"]))) if isinstance(data, Mapping) else None
        except (KeyError, ValueError):
            return None

    def __call__(self, event: InboxEvent) -> AnalysisNews:
        data = needed(part(event.body, "data"), "data")
        status = needed(text(data, "status"), "data.status")
        if status not in _STATUSES:
            raise Unreadable("data.status is none of " + ", ".join(_STATUSES))
        url = text(data, "transcript_url", _LONGEST_URL)
        if url is not None and not leads_outside(url):
            raise Unreadable("data.transcript_url is no https address in the open Internet")
        scores = part(data, "scores") or {}
        if len(scores) > _MOST_SCORES:
            raise Unreadable(f"data.scores are more than {_MOST_SCORES}")
        read = {_name(name): _score(value) for name, value in scores.items()}
        return AnalysisNews(text(data, "job_id"), _STATUSES[status], url, read)


def _name(name: str) -> str:
    if not name.strip() or len(name) > _LONGEST_NAME or not is_storable(name):
        raise Unreadable(f"data.scores has a name that is no text of 1 to {_LONGEST_NAME} characters")
    return name


def _score(value: object) -> Score:
    match value:
        case bool():
            pass
        case int() | float() if math.isfinite(value) and abs(value) <= _BIGGEST:
            return value
        case str() if len(value) <= _LONGEST_SCORE and is_storable(value):
            return value
    raise Unreadable(f"data.scores has a value that is neither a number nor a text of at most {_LONGEST_SCORE} letters")
