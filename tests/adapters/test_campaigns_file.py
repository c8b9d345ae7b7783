import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from growth.adapters.campaigns_file import load_campaigns, read_campaigns, remember
from growth.adapters.db.engine import create_engine
from growth.adapters.db.tables.campaigns import configurations
from growth.domain.campaigns.business_rules.configuring import DEFAULT_SEGMENTS
from growth.domain.campaigns.entities.configuration import BadConfiguration, CampaignType
from growth.domain.campaigns.entities.scoring import DEFAULT_RULES

EXAMPLES = Path(__file__).parents[2] / "examples"
EXAMPLE = EXAMPLES / "campaigns.toml"


@pytest.fixture
def source():
    return EXAMPLE.read_text(encoding="utf-8")


def test_the_example_can_be_used(source):
    configuration, text = load_campaigns(EXAMPLE)
    assert text == source
    assert {campaign.type for campaign in configuration.campaigns} == set(CampaignType)
    assert configuration.segments == DEFAULT_SEGMENTS
    assert configuration.rules == DEFAULT_RULES


def test_the_example_takes_the_scoring_rules_at_its_end(source):
    rules = (EXAMPLES / "scoring.toml").read_text(encoding="utf-8").replace("base = 10\n", "base = 20\n")
    assert read_campaigns(source + rules, "both").rules.base == 2 * DEFAULT_RULES.base


def test_comments_blanks_and_order_make_no_new_version(source):
    pqsc = '[pqsc]\nbelow_eur = 200_000\nmedia_zones = ["59", "62"]\n'
    assert pqsc in source
    moved = source.replace(pqsc, "") + "\n  # PQSC\n" + pqsc
    version = read_campaigns(source, "one").version
    assert read_campaigns(moved, "other").version == version
    assert len(version) == 12


@pytest.mark.parametrize(
    ("old", "new"), [("maximum = 120", "maximum = 121"), ("2026-12-31", "2026-12-30"), ("Hugo", "Ugo")]
)
def test_any_change_makes_a_new_version(source, old, new):
    changed = source.replace(old, new)
    assert read_campaigns(changed, "x").version != read_campaigns(source, "x").version


def test_a_file_that_is_not_there_says_which_setting_to_change(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(BadConfiguration, match=rf"{path} cannot be read .*GROWTH_CAMPAIGNS_FILE"):
            load_campaigns(path)


def test_a_file_in_another_encoding_is_named_with_the_line(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes(b"# one\n# two\nwrong_number_wrapups = ['Faux num\xe9ro']\n")
    with pytest.raises(BadConfiguration, match=r"latin\.toml, line 3: .*UTF-8"):
        load_campaigns(path)


def test_a_byte_order_mark_does_not_matter(tmp_path, source):
    path = tmp_path / "marked.toml"
    path.write_text(source, encoding="utf-8-sig")
    assert load_campaigns(path) == load_campaigns(EXAMPLE)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[pqsc]\nbelow_eur = = 2", r"line 2, column 13"),
        ("[pqsc]\nbelow_eur = 1\nbelow_eur = 2\n", r"line 3"),
        ("[[groups]]\nday = 2026-02-30\n", r"line 2"),
        ("n = " + "9" * 5000, r"not TOML"),
        ("n = " + "[" * 5000, r"not TOML"),
    ],
)
def test_a_slip_of_the_pen_is_named_with_line_and_column(tmp_path, text, place):
    path = tmp_path / "slip.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration, match=rf"slip\.toml is not TOML.*{place}" if "line" in place else place):
        load_campaigns(path)


def test_all_errors_of_a_file_are_listed_under_its_name(tmp_path, source):
    path = tmp_path / "wrong.toml"
    path.write_text(source.replace("maximum = 120", "maximum = 0").replace('"mon 10', '"mon 09'), "utf-8")
    with pytest.raises(BadConfiguration) as refused:
        load_campaigns(path)
    assert str(refused.value).startswith(f"{path}: ")
    pointers = [fault.pointer for fault in refused.value.faults]
    assert pointers == ["campaigns[0].maximum", "campaigns[0].slots[0]", "campaigns[3].slots[0]"]


async def test_a_version_is_kept_once_with_the_text_it_came_from(database_url, source):
    configuration = read_campaigns(source, "file")
    commented = source + "# the same\n"
    engine = create_engine(database_url)
    new = await asyncio.gather(*(remember(engine, configuration, source) for _ in range(5)))
    later = await remember(engine, read_campaigns(commented, "file"), commented)
    async with engine.connect() as connection:
        rows = (await connection.execute(select(configurations))).all()
    await engine.dispose()
    assert (sorted(new), later) == ([False] * 4 + [True], False)
    assert [(row.version, row.source) for row in rows] == [(configuration.version, source)]


@pytest.mark.parametrize(
    "text",
    [
        ".".join(["a"] * 60_000) + " = 1",
        "[" + " . ".join(["a"] * 60_000) + "]",
        "a = {" + ".".join(["a"] * 60_000) + " = 1}",
        "a = " + "[" * 900 + "]" * 900,
    ],
)
def test_a_file_made_to_take_long_is_refused_at_once(text):
    started = time.monotonic()
    with pytest.raises(BadConfiguration):
        read_campaigns(text, "it")
    assert time.monotonic() - started < 5
