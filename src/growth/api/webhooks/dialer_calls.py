"""Finished calls in the words of the domain."""

from collections.abc import Mapping
from hashlib import sha256

from growth.api.webhooks.told import Told, instant, needed, number, part, text
from growth.domain.campaigns.entities.calls import WrapUp
from growth.domain.campaigns.entities.dialing import CallNews, DialerContact
from growth.domain.kernel.inbox import InboxEvent, Unreadable

FINISHED = "call.finished"
_MOST_ATTEMPTS = 1_000
_READ = {"call_id", "attempts", "started_at", "callback_at", "outcome", "contact_id", "dialer_campaign_id"}
_READ_OF_OUTCOME = {"status", "code"}
_BIGGEST_CAMPAIGN = 2**31 - 1


def kept(body: Told) -> dict[str, object]:
    """Return a delivery as it is stored: what is read of it, and nothing of whom was called."""
    data = body.get("data")
    if isinstance(data, Mapping):
        outcome = data.get("outcome")
        data = {key: data[key] for key in _READ & data.keys()}
        if isinstance(outcome, Mapping):
            data["outcome"] = {key: outcome[key] for key in _READ_OF_OUTCOME & outcome.keys()}
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
    return CallNews(_campaign(data), contact)


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
