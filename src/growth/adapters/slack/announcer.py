"""The announcer port by Slack's incoming webhooks. About a post a second is taken, then 429 with `Retry-After`.

A webhook's URL is all that is needed to post, so it is in no error and no log. What is posted cannot be taken back by
us, and has no key by which Slack would know it again: after an unknown outcome it may stand there twice.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import httpx2

from growth.adapters.vendor_http import Answer, VendorHttp
from growth.domain.kernel.messages import GiveUp
from growth.domain.prospects.entities.announcements import Announcement

_LONGEST_BLOCK: Final = 3_000  # characters of a section, Slack's
_LONGEST_VALUE: Final = 500
_WORD: Final = re.compile(r"[a-z_]{1,40}")
_JSON: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class _Webhook:
    http: VendorHttp
    path: str = field(repr=False)


class SlackAnnouncer:
    """Posts to channels by their `webhooks`. `sandbox`: where the others are played; None: they take no posts."""

    def __init__(self, webhooks: Mapping[str, str], sandbox: str | None) -> None:
        self._clients: dict[str, VendorHttp] = {}
        self._webhooks = {channel.removeprefix("#"): self._webhook(url) for channel, url in webhooks.items()}
        self._sandbox = sandbox

    async def close(self) -> None:
        for http in self._clients.values():
            await http.close()

    async def announce(self, channel: str, announcement: Announcement) -> None:
        name = channel.removeprefix("#")
        webhook = self._webhooks.get(name)
        if webhook is None and self._sandbox is not None:
            webhook = self._webhook(f"{self._sandbox}/services/{quote(name, safe='')}")
        if webhook is None:
            raise GiveUp(
                f"The channel {name} has no webhook: make one in Slack, add {name}=URL to GROWTH_SLACK_WEBHOOKS and "
                "send this again."
            )
        content = json.dumps(body_of(announcement))
        _raise_for_refusal(name, await webhook.http.call("POST", webhook.path, content=content, headers=_JSON))

    def _webhook(self, raw: str) -> _Webhook:
        url = httpx2.URL(raw)
        origin = str(url.copy_with(raw_path=b"/", fragment=None, userinfo=b""))
        http = self._clients.get(origin) or VendorHttp(origin, {})
        self._clients[origin] = http
        return _Webhook(http, url.raw_path.decode("ascii"))


def body_of(announcement: Announcement) -> dict[str, object]:
    """Return the post: blocks for people at Slack, a text for notifications. Nothing in it is taken for markup."""
    facts = [f"*{_plain(label)}:* {_plain(value)}" for label, value in announcement.facts]
    lines = [f"*{_plain(announcement.title)}*", *facts]
    if announcement.link:
        lines.append(f"<{_plain(announcement.link)}|Open>")
    shown = _whole_lines(lines)
    told = " · ".join(_plain(value) for _, value in announcement.facts)
    section = {"type": "section", "text": {"type": "mrkdwn", "text": shown, "verbatim": True}}
    return {
        "text": f"{_plain(announcement.title)} · {told}"[:_LONGEST_BLOCK],
        "blocks": [section],
        "unfurl_links": False,
    }


def _whole_lines(lines: list[str]) -> str:
    """Return as many lines as there is room for: one cut in two could end within an escaped character."""
    while len(text := "\n".join(lines)) > _LONGEST_BLOCK:
        lines = [*lines[:-2], lines[-1]]
    return text


def _plain(text: str) -> str:
    """Return the text on one line and as Slack shows it literally: these three characters are its markup."""
    line = " ".join(text.split())[:_LONGEST_VALUE]
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _raise_for_refusal(channel: str, answer: Answer) -> None:
    if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise GiveUp(
            f"Slack has no such channel or webhook any more for {channel} ({answer.status}): make a new webhook there, "
            "set it in GROWTH_SLACK_WEBHOOKS and send this again."
        )
    if answer.status == HTTPStatus.FORBIDDEN:
        raise GiveUp(
            f"Slack lets nobody post to {channel} by webhook (403): have the workspace allow it and send this again."
        )
    if answer.status == HTTPStatus.BAD_REQUEST:
        word = answer.text().strip()
        raise GiveUp(f"Slack does not understand the post ({word if _WORD.fullmatch(word) else 'no reason told'}).")
    answer.raise_for_refusal()
