"""Finished calls in the words of the domain."""

import re
from collections.abc import Mapping
from hashlib import sha256
from uuid import UUID

from growth.api.webhooks.told import Told, instant, needed, number, part, text
from growth.domain.campaigns.entities.calls import WrapUp
from growth.domain.campaigns.entities.dialing import CallNews, DialerContact
from growth.domain.campaigns.entities.speech import ToldRecording
from growth.domain.kernel.inbox import InboxEvent, Unreadable

FINISHED = "call.finished"
_MOST_ATTEMPTS = 1_000
_READ = {"call_id", "attempts", "started_at", "callback_at", "outcome", "contact_id", "dialer_campaign_id"} | {
    *("duration_s", "recording", "interaction_id"),
}
_READ_OF = {
    "outcome": {"status", "code"},
    "recording": {"url", "content_type", "channels", "expires_at"},
}
_INTERACTION = re.compile(r"[A-Za-z0-9_:-]+")
_LONGEST_URL, _LONGEST_TYPE, _MOST_CHANNELS = 2_048, 100, 64
_LONGEST_CALL = 86_400  # seconds
_BIGGEST_CAMPAIGN = 2**31 - 1


def kept(body: Told) -> dict[str, object]:
    """Return a delivery as it is stored: what is read of it, and nothing of whom was called."""
    data = body.get("data")
    if isinstance(data, Mapping):
        told = data
        data = {key: told[key] for key in _READ & told.keys()} | one_spelling(told)
        for name, fields in _READ_OF.items():
            if isinstance(inner := told.get(name), Mapping):
                data[name] = {key: inner[key] for key in fields & inner.keys()}
    return {**{key: body[key] for key in ("type", "timestamp") if key in body}, "data": data}


def read_call_news(event: InboxEvent) -> CallNews | None:
    """Return what a kept event tells, None where it is about something else. Raises `Unreadable`."""
    if event.topic != FINISHED:
        return None
    data = needed(part(event.body, "data"), "data")
    call, outcome = needed(text(data, "call_id"), "data.call_id"), part(data, "outcome") or {}
    told_at = needed(instant(event.body, "timestamp"), "timestamp")
    attempts = number(data, "attempts")
    if not 0 <= attempts <= _MOST_ATTEMPTS:
        raise Unreadable("data.attempts is not how often it was tried")
    contact = DialerContact(
        contact_id=number(data, "contact_id") if data.get("contact_id") is not None else _stand_in(call),
        call_ref=call,
        attempts=attempts,
        in_progress=False,
        wrapup=_wrapup(outcome),
        wrapup_name=text(outcome, "code"),
        excluded=None,
        callback_at=instant(data, "callback_at"),
        last_attempt_at=instant(data, "started_at"),
        agent_id=None,
        updated_at=told_at,
    )
    return CallNews(_campaign(data), contact, _recording(data))


def one_spelling(data: Told) -> dict[str, object]:
    """Return the id of a call of ours as we write it: by it, what was told of a call is found again."""
    try:
        return {"call_id": str(UUID(str(data["call_id"]).strip()))}
    except (KeyError, ValueError):
        return {}


def _recording(data: Told) -> ToldRecording | None:
    told = part(data, "recording") or {}
    url, interaction = text(told, "url", _LONGEST_URL), text(data, "interaction_id")
    duration, channels = _limited(data, "duration_s", _LONGEST_CALL), _limited(told, "channels", _MOST_CHANNELS)
    if url is None and interaction is None:
        return None
    if interaction is not None and not _INTERACTION.fullmatch(interaction):
        raise Unreadable("data.interaction_id is not made of letters, digits, colons and dashes")
    content_type = text(told, "content_type", _LONGEST_TYPE)
    return ToldRecording(url, interaction, content_type, channels, instant(told, "expires_at"), duration)


def _limited(holder: Told, key: str, most: int) -> int | None:
    if holder.get(key) is None:
        return None
    if not 0 <= (value := number(holder, key)) <= most:
        raise Unreadable(f"{key} is not a number from 0 to {most}")
    return value


def _campaign(data: Told) -> int:
    told = number(data, "dialer_campaign_id") if data.get("dialer_campaign_id") is not None else 0
    if not 0 <= told <= _BIGGEST_CAMPAIGN:
        raise Unreadable("data.dialer_campaign_id is no number of a campaign")
    return told


def _wrapup(outcome: Told) -> WrapUp | None:
    status = text(outcome, "status")
    if status is not None and status not in set(WrapUp):
        raise Unreadable("data.outcome.status is none of " + ", ".join(WrapUp))
    return WrapUp(status) if status else None


def _stand_in(call: str) -> int:
    """Return a number below zero for a contact whose id was not told: the same for the same call."""
    return -int.from_bytes(sha256(call.encode()).digest()[:7]) - 1
