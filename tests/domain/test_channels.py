"""Channels, held against Google's published definitions and against what browsers really send."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth.adapters import traffic_sources
from growth.adapters.traffic_sources import load_traffic_sources
from growth.domain.prospects.business_rules.attribution.channels import arrival_of, channel_of, host_of, kind_of
from growth.domain.prospects.entities.attribution import Channel, SourceKind

FOLDER = Path(traffic_sources.__file__).parent
SOURCES = load_traffic_sources()
OWN = ["shop.example"]
PAID = ["cpc", "CPC", "ppc", "cpm", "cpv", "retargeting", "paid", "paidsocial", "Paid-Search", "xcpx"]


def channel(source="", medium="", campaign="", *clicks, referrer="", **more):
    parameters = {
        "utms": {"source": source, "medium": medium, "campaign": campaign},
        "clids": dict.fromkeys(clicks, "Cj0KCQ"),
        "landing_referrer_url": referrer,
    } | more
    return channel_of(arrival_of(parameters, SOURCES, OWN))


GOOGLES_DEFINITIONS = [
    ("(direct)", "(none)", "", "Direct"),
    ("(direct)", "(not set)", "", "Direct"),
    ("direct", "", "summer", "Direct"),
    ("", "", "", "Direct"),
    ("(not set)", "(none)", "(not set)", "Direct"),
    ("(direct)", "(none)", "cross-network", "Direct"),
    ("some", "some", "a-Cross-Network-b", "Cross-network"),
    ("google", "cpc", "cross-network", "Cross-network"),
    ("alibaba", "cpc", "", "Paid Shopping"),
    ("Google Shopping", "ppc", "", "Paid Shopping"),
    ("some", "retargeting", "shopping", "Paid Shopping"),
    ("google", "cpc", "eshop spring", "Paid Shopping"),
    ("google", "cpc", "shop", "Paid Shopping"),
    ("google", "cpc", "2-shop-x", "Paid Shopping"),
    ("google", "cpc", "workshop", "Paid Search"),
    ("google", "cpc", "photoshap", "Paid Search"),
    ("google", "ppc", "", "Paid Search"),
    ("google", "cpm", "", "Paid Search"),
    ("bing", "paid_search", "", "Paid Search"),
    ("facebook", "retargeting", "", "Paid Social"),
    ("linkedin.com", "cpc", "", "Paid Social"),
    ("youtube.com", "paid-something", "", "Paid Video"),
    ("youtube.com", "display", "", "Display"),
    ("some", "banner", "", "Display"),
    ("some", "expandable", "", "Display"),
    ("some", "interstitial", "", "Display"),
    ("some", "cpm", "", "Display"),
    ("some", "cpc", "", "Paid Other"),
    ("", "paid", "", "Paid Other"),
    ("Google Shopping", "", "", "Organic Shopping"),
    ("some", "", "some-shopping-campaign", "Organic Shopping"),
    ("alibaba", "", "", "Organic Shopping"),
    ("facebook", "", "", "Organic Social"),
    ("facebook", "email", "", "Organic Social"),
    ("some", "social", "", "Organic Social"),
    ("some", "social-network", "", "Organic Social"),
    ("some", "Social Media", "", "Organic Social"),
    ("some", "sm", "", "Organic Social"),
    ("youtube.com", "", "", "Organic Video"),
    ("some", "video", "", "Organic Video"),
    ("some", "a-video-b", "", "Organic Video"),
    ("bing", "", "", "Organic Search"),
    ("cn.bing.com", "", "", "Organic Search"),
    ("some", "organic", "", "Organic Search"),
    ("some", "organics", "", "Unassigned"),
    ("some", "referral", "", "Referral"),
    ("some", "app", "", "Referral"),
    ("some", "link", "", "Referral"),
    ("email", "", "", "Email"),
    ("e_mail", "foo", "", "Email"),
    ("", "e mail", "", "Email"),
    ("news", "E-Mail", "", "Email"),
    ("news", "emailing", "", "Unassigned"),
    ("some", "affiliate", "", "Affiliates"),
    ("some", "affiliates", "", "Affiliates"),
    ("some", "audio", "", "Audio"),
    ("sms", "", "", "SMS"),
    ("", "sms", "", "SMS"),
    ("some", "something-push", "", "Mobile Push Notifications"),
    ("some", "pushed", "", "Unassigned"),
    ("some", "mobile-x", "", "Mobile Push Notifications"),
    ("some", "a notification", "", "Mobile Push Notifications"),
    ("firebase", "", "", "Mobile Push Notifications"),
    ("some", "some", "some", "Unassigned"),
    ("some", "", "", "Unassigned"),
    ("", "", "summer", "Unassigned"),
]


@pytest.mark.parametrize(("source", "medium", "campaign", "expected"), GOOGLES_DEFINITIONS)
def test_tags_are_read_as_google_reads_them(source, medium, campaign, expected):
    assert channel(source, medium, campaign) == expected
    assert channel(f" {source.upper()} ", medium.upper(), campaign.upper()) == expected


with (FOLDER / "ga4_source_categories.csv").open(encoding="utf-8") as lines:
    GOOGLES_LIST = [(row["source"], row["source_category"].rpartition("_")[2].title()) for row in csv.DictReader(lines)]


def test_every_source_of_googles_list_is_what_it_says():
    assert len(GOOGLES_LIST) == 819
    for source, kind in GOOGLES_LIST:
        assert channel(source) == f"Organic {kind}", source
        assert {channel(source, medium) for medium in PAID} == {f"Paid {kind}"}, source


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (("", "", "", "gclid"), "Paid Search"),
        (("google", "organic", "", "gclid"), "Paid Search"),
        (("google", "cpc", "", "gclid"), "Paid Search"),
        (("newsletter", "cpc", "", "gclid"), "Paid Search"),
        (("(direct)", "(none)", "", "gclid"), "Paid Search"),
        (("", "", "", "gbraid"), "Paid Search"),
        (("", "", "", "wbraid"), "Paid Search"),
        (("bing", "organic", "", "msclkid"), "Paid Search"),
        (("", "", "", "gclid", "fbclid"), "Paid Search"),
        (("google", "display", "", "gclid"), "Display"),
        (("google", "banner", "", "msclkid"), "Display"),
        (("google", "video", "", "gclid"), "Paid Video"),
        (("youtube", "", "", "gclid"), "Paid Video"),
        (("", "", "shopping", "gclid"), "Paid Shopping"),
        (("google", "", "x cross-network", "gclid"), "Cross-network"),
        (("", "", "", "dclid"), "Display"),
        (("", "", "", "fbclid"), "Organic Social"),
        (("facebook", "social", "", "fbclid"), "Organic Social"),
        (("facebook", "paid", "", "fbclid"), "Paid Social"),
        (("", "cpc", "", "fbclid"), "Paid Social"),
        (("", "cpm", "", "fbclid"), "Paid Social"),
        (("google", "cpc", "", "fbclid"), "Paid Search"),
        (("", "", "", "ttclid"), "Paid Social"),
        (("", "", "", "li_fat_id"), "Paid Social"),
        (("linkedin", "social", "", "li_fat_id"), "Paid Social"),
        (("", "cpc", "", "twclid"), "Paid Social"),
    ],
)
def test_the_click_ids_of_ads_beat_an_organic_guess(given_, expected):
    assert channel(*given_) == expected


@pytest.mark.parametrize("text", ["", "  ", None, 7, [], "null"])
def test_a_click_id_without_a_value_is_none(text):
    assert channel(clids={"gclid": text}) == "Direct"


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("https://www.google.com/", "Organic Search"),
        ("https://www.google.co.uk/search?q=x", "Organic Search"),
        ("https://google.fr", "Organic Search"),
        ("https://google.com.br./", "Organic Search"),
        ("HTTPS://WWW.BING.COM/", "Organic Search"),
        ("https://duckduckgo.com/", "Organic Search"),
        ("https://uk.search.yahoo.com/", "Organic Search"),
        ("https://www.ecosia.org/", "Organic Search"),
        ("https://l.facebook.com/", "Organic Social"),
        ("https://fr.linkedin.com/in/x", "Organic Social"),
        ("https://t.co/abc", "Organic Social"),
        ("https://x.com/", "Organic Social"),
        ("https://www.pinterest.fr/", "Organic Social"),
        ("https://m.youtube.com/watch?v=1", "Organic Video"),
        ("https://www.amazon.fr/dp/1", "Organic Shopping"),
        ("https://www.ebay.co.uk", "Organic Shopping"),
        ("https://mail.google.com/", "Email"),
        ("https://chatgpt.com/", "AI Assistant"),
        ("https://chat.openai.com/c/1", "AI Assistant"),
        ("https://www.perplexity.ai/", "AI Assistant"),
        ("https://claude.ai/", "AI Assistant"),
        ("https://gemini.google.com/app", "AI Assistant"),
        ("https://copilot.microsoft.com/", "AI Assistant"),
        ("android-app://com.google.android.googlequicksearchbox/", "Organic Search"),
        ("android-app://com.google.android.gm/", "Email"),
        ("android-app://com.facebook.katana", "Organic Social"),
        ("android-app://com.linkedin.android", "Organic Social"),
        ("android-app://com.google.android.youtube/", "Organic Video"),
        ("android-app://com.openai.chatgpt", "AI Assistant"),
        ("android-app://org.example.reader/", "Referral"),
        ("https://blog.example.org/post", "Referral"),
        ("https://docs.google.com/document", "Referral"),
        ("https://google.com.evil.example/", "Referral"),
        ("https://notgoogle.com/", "Referral"),
        ("https://evil-t.co/", "Referral"),
        ("https://line.fr/", "Referral"),
        ("https://user:pw@blog.example.org:8443/", "Referral"),
        ("http://intranet/", "Referral"),
        ("www.google.com", "Organic Search"),
        ("https://shop.example/", "Direct"),
        ("https://www.shop.example/a", "Direct"),
        ("https://app.shop.example/a", "Direct"),
        ("https://notshop.example/", "Referral"),
        ("", "Direct"),
        ("about:blank", "Direct"),
        ("$direct", "Direct"),
        ("chrome-extension://abc/", "Direct"),
        ("https://[", "Direct"),
        ("https://", "Direct"),
    ],
)
def test_without_tags_the_referrer_decides(referrer, expected):
    assert channel(referrer=referrer) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"source": "newsletter", "medium": "email", "referrer": "https://www.google.com/"}, "Email"),
        ({"source": "partner-blog", "referrer": "https://www.google.com/"}, "Unassigned"),
        ({"medium": "cpc", "referrer": "https://www.google.com/"}, "Paid Search"),
        ({"medium": "ppc", "referrer": "https://www.ebay.co.uk/"}, "Paid Shopping"),
        ({"campaign": "summer", "referrer": "https://blog.example.org/"}, "Referral"),
        ({"source": "chatgpt.com"}, "AI Assistant"),
        ({"source": "chatgpt.com", "medium": "referral"}, "AI Assistant"),
        ({"source": "chatgpt.com", "medium": "cpc"}, "Paid Other"),
        ({"source": "x", "medium": "ai-assistant"}, "AI Assistant"),
        ({"source": "https://www.facebook.com/page", "medium": "cpc"}, "Paid Social"),
        ({"source": "google", "medium": "cpc", "referring_user_token": "t"}, "User Referral"),
        ({"source": "google", "medium": "cpc", "referring_partner": "bank"}, "Partner"),
        ({"partner_code": "bank"}, "Partner"),
        ({"partner_code": "bank", "referring_user_token": "t"}, "User Referral"),
        ({"partner_code": " "}, "Direct"),
        ({"referrer": "https://a.example/1", "landing_page_url": "https://www.a.example/2"}, "Direct"),
    ],
)
def test_who_sent_somebody_goes_before_tags_and_tags_before_the_referrer(facts, expected):
    assert channel(**facts) == expected


def test_our_list_only_adds_to_googles():
    ours = load_traffic_sources([FOLDER / "more_sources.csv"]).kinds
    assert not ours.keys() & {source.lower() for source, _ in GOOGLES_LIST}
    assert SOURCES.kinds == ours | load_traffic_sources([FOLDER / "ga4_source_categories.csv"]).kinds
    assert set(ours.values()) == set(SourceKind)


def test_a_list_with_an_unknown_kind_is_refused(tmp_path):
    (tmp_path / "list.csv").write_text("source,source_category\nx.example,SOURCE_CATEGORY_MAGIC\n")
    with pytest.raises(ValueError, match="magic"):
        load_traffic_sources([tmp_path / "list.csv"])


def test_every_channel_can_be_reached():
    reached = {channel(*tags) for *tags, _ in GOOGLES_DEFINITIONS}
    reached |= {channel(referring_user_token="x"), channel(partner_code="x"), channel("claude.ai")}
    assert reached == set(Channel)


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=40) | st.sampled_from(["google", "cpc", "https://["]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["utms", "clids", "all_utms", "landing_referrer_url", "landing_page_url", "partner_code", "referring_partner"]
utms = st.dictionaries(st.sampled_from(["source", "medium", "campaign", "term"]), anything)


@given(st.dictionaries(st.sampled_from(FIELDS), anything | utms))
def test_whatever_stands_in_the_parameters_there_is_a_channel(parameters):
    assert channel_of(arrival_of(parameters, SOURCES, OWN)) in set(Channel)


@given(st.text(max_size=300))
def test_whatever_a_source_is_called_it_is_of_one_kind_or_none(name):
    assert kind_of(name, SOURCES) in {None, *SourceKind}
    assert host_of(host_of(name)) in {host_of(name), ""}


@pytest.mark.parametrize(
    "text", ["shop" * 99_999, "c" * 99_999, "\n" * 9_999, "a." * 99_999, "cp" * 9_999, "-" * 99_999]
)
def test_long_and_hostile_texts_take_no_time(text):
    began = time.perf_counter()
    for _ in range(20):
        channel(text, text, text, referrer=f"https://{text}/", partner_code=" ")
        kind_of(text, SOURCES)
    assert time.perf_counter() - began < 1
