"""The page behind the link in a mail, in a real browser."""

import os
from pathlib import Path

import pytest
from tests.api.conftest import served, service_on
from tests.api.test_unsubscribing import USER_TOKEN, Mailing
from tests.end_to_end.browser import CHROMIUM, MISSING, browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
KEPT = os.environ.get("GROWTH_TEST_PICTURES")  # a folder for pictures of the pages


@pytest.fixture
async def mailing(database_url):
    """The service on a port of its own; `url` leads there."""
    async with service_on(database_url) as service, served(service.app) as (host, port, _):
        mailing = Mailing(service)
        mailing.url = f"http://{host}:{port}"
        yield mailing


async def keep(tab, name):
    if KEPT:
        Path(KEPT, f"{name}.png").write_bytes(await tab.picture())  # noqa: ASYNC240 - a small file


async def test_one_click_on_the_button_unsubscribes(mailing, tmp_path):
    path = f"/unsubscribe/{(await mailing.prospect())[1]}"
    async with browser(tmp_path, language="en") as tab:
        await tab.go(mailing.url + path)
        await keep(tab, "asking")
        assert await mailing.opted_out() == set()
        spoken = await tab.spoken()
        assert [name for role, name in spoken if role == "button"] == ["Me désabonner"]
        assert ("heading", "Se désabonner de nos e-mails commerciaux") in spoken
        async with tab.loads():
            await tab.click("button")
        await keep(tab, "confirming")
        assert await tab.read("document.querySelector('h1').textContent") == "Votre désabonnement est enregistré"
        assert await tab.read("document.documentElement.lang") == "fr"
        assert await mailing.opted_out() == {"p1@example.org"}
        assert tab.requests == [("GET", mailing.url + path), ("POST", mailing.url + path)]
        assert tab.troubles == []
        assert (await tab.send("Network.getCookies"))["cookies"] == []


async def test_the_button_can_be_reached_and_seen_and_pressed_by_keyboard(mailing, tmp_path):
    await mailing.user("ana", country_code="BE")
    async with browser(tmp_path, language="fr, nl;q=0.5") as tab:
        await tab.go(f"{mailing.url}/unsubscribe/{USER_TOKEN}")
        style = "getComputedStyle(document.querySelector('button'))"
        assert await tab.read(f"{style}.backgroundColor") == "rgb(11, 74, 143)"  # our style may be used
        assert await tab.read(f"{style}.outlineStyle") == "none"
        await tab.press("Tab", 9)
        assert await tab.read(f"{style}.outlineWidth") == "3px"
        await keep(tab, "focused")
        async with tab.loads():
            await tab.press("Enter", 13, "\r")
        assert await tab.read("document.querySelector('h1').textContent") == "Votre désabonnement est enregistré"
    assert await mailing.opted_out() == {"ana@example.org"}


async def test_a_wrong_link_gets_a_friendly_page_that_fits_a_telephone(mailing, tmp_path):
    async with browser(tmp_path, language="nl-BE") as tab:
        await tab.send("Emulation.setDeviceMetricsOverride", width=320, height=568, deviceScaleFactor=2, mobile=True)
        await tab.go(f"{mailing.url}/unsubscribe/{USER_TOKEN}")
        await keep(tab, "regretting")
        assert await tab.read("document.querySelector('h1').textContent") == "Deze link werkt niet"
        assert await tab.read("document.querySelector('button')") is None
        assert await tab.read("document.documentElement.scrollWidth") <= 320
