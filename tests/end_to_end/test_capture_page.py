"""A website wired with the publishable key, just as docs/capture.md says, in a real browser."""

import asyncio
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from tests.api.conftest import served, service_on
from tests.end_to_end.browser import CHROMIUM, MISSING, browser

from growth.api.cors import CaptureCors

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
SNIPPET, FORM = re.findall(r"```html\n(.*?)```", (Path(__file__).parents[2] / "docs/capture.md").read_text(), re.DOTALL)
WHERE = "?utm_source=google&utm_medium=cpc&gclid=abc"


class Site:
    """A website of its own origin with the snippet and the form of the documentation; `growth` is where it calls."""

    def __init__(self):
        self.growth = ""
        self.title = "Shop"
        self.app = Starlette(routes=[Route("/", self.page)])

    async def page(self, _request):
        page = SNIPPET.replace("http://127.0.0.1:8000", self.growth) + FORM
        return HTMLResponse(f"<!doctype html><title>{self.title}</title><link rel=icon href='data:,'>{page}")


@pytest.fixture
async def shop(database_url):
    """The service and the website, which the service allows to call it."""
    site = Site()
    async with service_on(database_url) as service, served(site.app) as (ours, own, _):
        allowing = CaptureCors(service.app, origins=[f"http://{ours}:{own}"], routes=service.app.routes)
        async with served(allowing) as (host, port, _):
            site.growth = f"http://{host}:{port}"
            service.site = f"http://{ours}:{own}/"
            service.untitle = lambda: setattr(site, "title", "")
            yield service


async def until(check):
    async with asyncio.timeout(20):
        while not (found := await check()):  # noqa: ASYNC110 - another process makes it true
            await asyncio.sleep(0.05)
    return found


async def test_a_form_and_the_pages_after_it_arrive_with_how_the_visitor_came(shop, tmp_path):
    async with browser(tmp_path, scripts=True) as tab:
        await tab.go(shop.site + WHERE)
        await tab.read("document.querySelector('[name=email]').value = 'Ada@Example.org'")
        await tab.read("document.querySelector('[name=phone]').value = '06 12 34 56 78'")
        await tab.click("button")
        (event,) = await until(lambda: shop.world.rows("prospect_event"))
        assert await until(lambda: tab.read("document.body.innerText.includes('we call you back')"))
        await tab.go(shop.site)
        first, second = await until(lambda: two(shop))
        assert tab.troubles == []
    (person,) = await shop.world.rows("prospect")
    assert (person.email, person.phone) == ("ada@example.org", "+33612345678")
    assert first == event
    assert event.properties == {"form_name": "contact", "page_url": shop.site + WHERE}
    assert event.marketing_parameters["utms"] == {"source": "google", "medium": "cpc"}
    assert event.marketing_parameters["clids"] == {"gclid": "abc"}
    assert event.marketing_parameters["landing_page_url"] == shop.site + WHERE
    assert (second.event_name, second.properties["title"], second.marketing_parameters) == ("page_view", "Shop", None)


async def test_a_visitor_sees_that_a_form_did_not_arrive_and_may_send_it_again(shop, tmp_path):
    async with browser(tmp_path, scripts=True) as tab:
        await tab.go(shop.site)
        await tab.read("document.querySelector('[name=email]').value = 'ada@example.org'")
        await tab.read("window.told = growth.tell; growth.tell = () => Promise.reject(new Error('gone')); 1")
        await tab.click("button")
        assert await until(lambda: tab.read("document.querySelector('output').textContent.includes('try again')"))
        await tab.read("growth.tell = window.told; 1")
        await tab.click("button")
        assert await until(lambda: tab.read("document.body.innerText.includes('we call you back')"))
    assert len(await shop.world.rows("prospect_event")) == 1


async def test_a_page_without_a_title_is_viewed_all_the_same(shop, tmp_path):
    shop.untitle()
    async with browser(tmp_path, scripts=True) as tab:
        await tab.go(shop.site)
        await tab.read("localStorage.setItem('growth-email', 'ada@example.org'); 1")
        await tab.go(shop.site)
        asked = "performance.getEntriesByType('resource').map((it) => it.responseStatus).includes(202)"
        assert await until(lambda: tab.read(asked))
        assert tab.troubles == []


async def two(shop):
    found = await shop.world.rows("prospect_event", "received_at")
    return found if found[1:] else None


async def test_a_site_that_is_not_named_may_not_call(shop, tmp_path):
    async with browser(tmp_path, scripts=True) as tab:
        await tab.go(shop.site.replace("127.0.0.1", "localhost"))
        await tab.read("growth.tell({event_name: 'page_view'}).catch((error) => { window.refused = error.message })")
        assert await until(lambda: tab.read("window.refused")) == "Failed to fetch"
        assert any("CORS" in trouble for trouble in tab.troubles)
    assert await shop.world.rows("prospect_event") == []
