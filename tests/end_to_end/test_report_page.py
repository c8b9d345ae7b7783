"""The report on campaigns as a page, opened from a file in a real browser: it loads nothing and runs nothing."""

import re
import sys
from dataclasses import replace
from html import escape
from zoneinfo import ZoneInfo

import pytest
from tests.adapters.campaign_days import a_region, live_through
from tests.adapters.campaign_world import world_on
from tests.domain.makers import MONDAY
from tests.end_to_end.browser import CHROMIUM, MISSING, browser

from growth.cli.report_page import report_page
from growth.domain.campaigns.use_cases import ReportCampaigns
from growth.pages import Chart, Column, Figure, Figures, Section, Table, Words, bars, curves, page

HOSTILE = '</title></style><script src="http://evil.example/x.js"></script><img src=x onerror="document.title=1">&amp;'
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)


@pytest.fixture(scope="module")
async def report(cluster, administrator, template):
    from tests.conftest import url_of  # noqa: PLC0415

    await administrator.execute(f"CREATE DATABASE reported TEMPLATE {template}")
    async with world_on(url_of(cluster, database="reported"), a_region()) as world:
        await live_through(world)
        yield await (await world.get(ReportCampaigns))()
    await administrator.execute("DROP DATABASE reported WITH (FORCE)")


@pytest.fixture
async def file(report, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(report_page(report, ZoneInfo("Europe/Paris")), encoding="utf-8")
    return path


def hostile_page():
    """A page that has the same hostile text wherever text can be."""
    series = {HOSTILE: [1, 2]}
    blocks = (
        Words(HOSTILE),
        Figures((Figure(HOSTILE, HOSTILE, HOSTILE),)),
        Table((Column(HOSTILE), Column(HOSTILE, number=True)), ((HOSTILE, HOSTILE),)),
        Table((Column("a"),), (), HOSTILE),
        bars(HOSTILE, [HOSTILE, "b"], series),
        bars(HOSTILE, [HOSTILE, "b"], series, across=True),
        curves(HOSTILE, {HOSTILE: [(0, 0), (1, 1)], "other": [(0, 1)]}, x_title="<b>x", y_title="&lt;"),
    )
    return page(HOSTILE, (Section(HOSTILE, blocks, HOSTILE),), HOSTILE)


@needs_browser
async def test_the_page_opens_from_a_file_and_asks_for_nothing_else(file, report, tmp_path):
    async with browser(tmp_path / "profile", scripts=True) as tab:
        await tab.go(file.as_uri())
        assert tab.requests == [("GET", file.as_uri())]
        assert tab.troubles == []
        headings = await tab.read("[...document.querySelectorAll('h2')].map((it) => it.textContent).join('|')")
        assert headings.startswith("At a glance|Who is waiting|Slot by slot|")
        called = sum(run.called for run in report.slots)
        assert await tab.read("document.querySelector('.figures .value').textContent") == f"{called:,}"
        assert await tab.read("document.querySelectorAll('figure svg').length") == 4
        assert await tab.read("[...document.querySelectorAll('figure svg')].every((it) => it.clientHeight > 50)")
        assert await tab.read("document.scripts.length") == 0


@needs_browser
@pytest.mark.parametrize("dark", [False, True])
async def test_the_page_fits_a_phone_in_light_and_dark(file, tmp_path, dark):
    async with browser(tmp_path / "profile", scripts=True) as tab:
        await tab.send("Emulation.setDeviceMetricsOverride", width=375, height=800, deviceScaleFactor=1, mobile=True)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await tab.send("Emulation.setEmulatedMedia", features=[scheme])
        await tab.go(file.as_uri())
        assert await tab.read("document.documentElement.scrollWidth") <= 375
        seen = await tab.read("getComputedStyle(document.documentElement).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", seen)[:3])) < 200) == dark
        drawn = await tab.read("getComputedStyle(document.querySelector('svg .axis text')).fill")
        assert (sum(map(int, re.findall(r"\d+", drawn)[:3])) > 500) == dark


@needs_browser
async def test_nothing_that_is_written_in_it_becomes_part_of_the_page(tmp_path):
    path = tmp_path / "hostile.html"
    path.write_text(hostile_page(), encoding="utf-8")
    async with browser(tmp_path / "profile", scripts=True) as tab:
        await tab.go(path.as_uri())
        assert tab.requests == [("GET", path.as_uri())]
        assert tab.troubles == []
        assert await tab.read("document.querySelectorAll('script, img').length") == 0
        assert await tab.read("document.title") == HOSTILE
        for place in ("h1", "h2", "nav a", "dt", "th", "td", "figcaption", ".empty"):
            assert await tab.read(f"document.querySelector('{place}').textContent") == HOSTILE


async def test_a_page_names_no_address_and_has_no_script(report):
    for written in (report_page(report, ZoneInfo("Europe/Paris")), hostile_page()):
        own = written.replace("http://www.w3.org/2000/svg", "")
        for text in (escape(HOSTILE), escape(HOSTILE, quote=False)):
            own = own.replace(text, "")
        assert not re.findall(r"https?:|//\w|<script|<!--|<\?|@import|url\(", own)
        links = re.findall(r"\s(?:src|href|xlink:href)=\S+", own)
        assert links
        assert all(it.startswith(' href="#part-') for it in links)
        assert "default-src 'none'" in own


async def test_the_same_report_is_the_same_page(report):
    assert report_page(report, ZoneInfo("UTC")) == report_page(report, ZoneInfo("UTC"))
    later = replace(report, made_at=MONDAY)
    assert report_page(later, ZoneInfo("UTC")) != report_page(report, ZoneInfo("UTC"))


def test_charts_have_as_many_series_as_colours_and_parts_that_tell_what_they_are():
    drawn = bars("Calls", ["Monday", "Tuesday"], {"made": [3, None], "planned": [4, 5]})
    assert isinstance(drawn, Chart)
    assert re.findall("<title>([^<]*: [^<]*)</title>", drawn.svg) == ["Monday: 3", "Monday: 4", "Tuesday: 5"]
    assert len(re.findall(r"\bid=", drawn.svg)) == 1
    with pytest.raises(ValueError, match="7 series"):
        curves("x", {str(number): [(0, 0)] for number in range(7)})


def test_drawing_leaves_nothing_behind_in_how_python_imports():
    """Python 3.11 warns of a finder without `find_spec`, which pygal installs, at every import that finds nothing."""
    assert [finder for finder in sys.meta_path if not hasattr(finder, "find_spec")] == []
