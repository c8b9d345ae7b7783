import json
from contextlib import asynccontextmanager

import httpx2
import pytest
from tests.adapters.vendors_line import all_vendors

from growth.adapters.slack.announcer import SlackAnnouncer, body_of
from growth.domain.kernel.messages import GiveUp, OutcomeUnknown, TryLater
from growth.domain.prospects.entities.announcements import Announcement
from growth.settings import BadSettings, Settings

POST = Announcement("Somebody wants a quote", (("Country", "FR"), ("Company", "Engines")), "https://api.example/x")
SECRET = "services/T000/B000/s3cr3t"


@asynccontextmanager
async def a_slack(**faults):
    """A sandbox on a real socket; gives its address."""
    async with all_vendors() as vendors:
        if faults:
            await vendors.faults("slack", **faults)
        yield f"{vendors.url}/slack"


@asynccontextmanager
async def an_announcer(webhooks, sandbox=None):
    announcer = SlackAnnouncer(webhooks, sandbox)
    try:
        yield announcer
    finally:
        await announcer.close()


async def heard(url):
    async with httpx2.AsyncClient(trust_env=False) as client:
        entries = (await client.get(f"{url}/_sandbox/log")).json()["entries"]
    return [(entry["path"], json.loads(entry["body"])) for entry in entries]


async def refusing(url, **channels):
    async with httpx2.AsyncClient(trust_env=False) as client:
        assert (await client.put(f"{url}/_sandbox/channels", json=channels)).status_code == 200


async def test_a_post_goes_to_the_webhook_of_its_channel():
    async with a_slack() as url, an_announcer({"inbound": f"{url}/{SECRET}", "won": f"{url}/services/won"}) as slack:
        await slack.announce("inbound", POST)
        await slack.announce("#won", POST)
        posts = await heard(url)
    assert [path for path, _ in posts] == [f"/{SECRET}", "/services/won"]
    assert posts[0][1] == body_of(POST)


def test_a_post_has_a_text_for_notifications_and_a_block_for_people():
    assert body_of(POST) == {
        "text": "Somebody wants a quote · FR · Engines",
        "blocks": [
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": "*Somebody wants a quote*\n*Country:* FR\n*Company:* Engines\n<https://api.example/x|Open>",
                    "verbatim": True,
                },
            }
        ],
        "unfurl_links": False,
    }


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<!channel> & <https://evil.example|Open>", "&lt;!channel&gt; &amp; &lt;https://evil.example|Open&gt;"),
        ("a\n*Country:* BE\r\n\u2028x", "a *Country:* BE x"),
        ("&lt;", "&amp;lt;"),
    ],
)
def test_what_people_wrote_is_no_markup(written, shown):
    body = body_of(Announcement(written, ((written, written),), None))
    assert body["text"] == f"{shown} · {shown}"
    assert body["blocks"][0]["text"]["text"] == f"*{shown}*\n*{shown}:* {shown}"


def test_a_post_is_never_longer_than_slack_takes():
    facts = tuple((f"Label {number}", "&" * 500) for number in range(10))
    text = body_of(Announcement("t", facts, "https://api.example/x"))["blocks"][0]["text"]["text"]
    assert len(text) <= 3_000
    assert text.startswith("*t*\n*Label 0:* &amp;")
    assert text.endswith("&amp;\n<https://api.example/x|Open>")


@pytest.mark.parametrize(
    ("word", "kind", "said"),
    [
        ("channel_not_found", GiveUp, "GROWTH_SLACK_WEBHOOKS"),
        ("no_service", GiveUp, "GROWTH_SLACK_WEBHOOKS"),
        ("channel_is_archived", GiveUp, "410"),
        ("action_prohibited", GiveUp, "have the workspace allow it"),
        ("invalid_payload", GiveUp, "invalid_payload"),
        ("rollup_error", OutcomeUnknown, "500"),
    ],
)
async def test_a_refusal_says_what_to_do_and_no_secret(word, kind, said):
    async with a_slack() as url, an_announcer({"inbound": f"{url}/{SECRET}"}) as slack:
        await refusing(url, s3cr3t=word)
        with pytest.raises(kind, match=said) as refused:
            await slack.announce("inbound", POST)
    assert type(refused.value) is kind
    assert not [word for word in ("s3cr3t", "T000", "Engines") if word in str(refused.value)]
    assert "s3cr3t" not in repr(vars(slack))


async def test_a_busy_slack_is_obeyed():
    busy = {"probability": 1, "status": 429, "retry_after": 7}
    async with a_slack(refuse=busy) as url, an_announcer({"inbound": f"{url}/{SECRET}"}) as slack:
        with pytest.raises(TryLater) as refused:
            await slack.announce("inbound", POST)
    assert (refused.value.after.total_seconds(), refused.value.whole_vendor) == (7, True)


async def test_a_slack_that_is_not_there_is_tried_later():
    async with an_announcer({"inbound": f"http://127.0.0.1:1/{SECRET}"}) as slack:
        with pytest.raises(TryLater) as refused:
            await slack.announce("inbound", POST)
    assert "s3cr3t" not in str(refused.value)


async def test_a_channel_without_a_webhook_is_played_where_there_is_a_sandbox():
    async with a_slack() as url, an_announcer({}, sandbox=url) as slack:
        await slack.announce("inbound fr é", POST)
        assert [path for path, _ in await heard(url)] == ["/services/inbound fr é"]
    async with an_announcer({}, sandbox=None) as slack:
        with pytest.raises(GiveUp, match="add inbound=URL to GROWTH_SLACK_WEBHOOKS"):
            await slack.announce("inbound", POST)


@pytest.mark.parametrize(
    ("url", "env", "fits"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", "production", True),
        ("https://hooks.slack.com/services/T0/B0/x", "development", True),
        ("http://127.0.0.1:8090/slack/services/x", "test", True),
        ("http://127.0.0.1:8090/slack/services/x", "production", False),
        ("http://hooks.slack.com/services/T0/B0/x", "test", False),
        ("https://hooks.slack.com.evil.example/x", "test", False),
        ("https://hooks.slack.com@evil.example/x", "test", False),
        ("https://hooks.slack.com:8443/x", "test", False),
        ("http://127.0.0.1:80901/x", "test", False),
    ],
)
def test_a_webhook_that_leads_elsewhere_is_told_at_start(url, env, fits):
    given = {"GROWTH_ENV": env, "GROWTH_SECRET": "a-secret-of-our-own-0123", "GROWTH_SLACK_WEBHOOKS": f"won={url}"}
    if fits:
        assert Settings.from_environment(given).slack_webhooks == {"won": url}
        return
    with pytest.raises(BadSettings) as bad:
        Settings.from_environment(given)
    assert [error.split()[0].rstrip(":") for error in bad.value.errors] == ["GROWTH_SLACK_WEBHOOKS"]
    assert url not in str(bad.value)
