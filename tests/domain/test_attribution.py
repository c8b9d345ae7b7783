"""Touches of one person, and the shares of their channels."""

from datetime import timedelta
from decimal import Decimal
from math import fsum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.makers import DAY, MONDAY

from growth.adapters.traffic_sources import load_traffic_sources
from growth.domain.kernel.marketing import cleaned
from growth.domain.kernel.prospect_events import EventName
from growth.domain.prospects.business_rules.attribution.sharing import shares_of
from growth.domain.prospects.business_rules.attribution.touches import attributed
from growth.domain.prospects.entities.attribution import Channel, Model, Touch, TouchEvent

SOURCES = load_traffic_sources()
OWN = ["shop.example"]
PAID, EMAIL = {"source": "google", "medium": "cpc"}, {"source": "news", "medium": "email", "campaign": " May "}
D, S, P, E = Channel.DIRECT, Channel.ORGANIC_SEARCH, Channel.PAID_SEARCH, Channel.EMAIL


def an_event(number, utms=None, name=EventName.FLOW_CAPTURE_SCREEN, referrer=None, **parameters):
    told = cleaned({"utms": utms or {}} | parameters) if utms is not None or parameters else None
    return TouchEvent(UUID(int=number), name, told, referrer, MONDAY + number * DAY)


def attribution(*events):
    return attributed(events, SOURCES, OWN)


def numbers(result):
    return [touch.event_id.int for touch in result.touches]


def a_touch(channel, days=0.0):
    return Touch(MONDAY + timedelta(days=days), channel, None, None, None, UUID(int=1))


def test_touches_are_told_as_they_were_tagged():
    result = attribution(an_event(1, {"source": "Google", "medium": "cpc"}), an_event(2, EMAIL))
    assert result.touches == [
        Touch(MONDAY + DAY, Channel.PAID_SEARCH, "Google", "cpc", None, UUID(int=1)),
        Touch(MONDAY + 2 * DAY, Channel.EMAIL, "news", "email", "May", UUID(int=2)),
    ]
    assert (result.first_touch, result.last_touch) == tuple(result.touches)


def test_without_tags_the_source_is_where_the_person_came_from():
    (touch,) = attribution(an_event(1, landing_referrer_url="https://www.bing.com/search?q=secret")).touches
    assert (touch.channel, touch.source, touch.medium) == (Channel.ORGANIC_SEARCH, "bing.com", None)


def test_direct_touches_do_not_hide_the_last_one_that_is_not():
    result = attribution(an_event(1, PAID), an_event(2, EMAIL), an_event(3))
    assert [touch.channel for touch in result.touches] == [P, E, D]
    assert result.last_touch == result.touches[2]
    assert result.last_non_direct_touch == result.touches[1]
    assert result.shares[Model.LAST_NON_DIRECT] == {P: 0, E: 1, D: 0}


def test_who_only_ever_came_directly_has_no_other_touch_and_all_shares_there():
    result = attribution(an_event(1), an_event(2, {}))
    assert result.last_non_direct_touch is None
    assert result.shares == {model: {D: 1} for model in Model}


def test_nobody_who_never_came_has_shares():
    result = attribution(an_event(1, name=EventName.FLOW_CONTRACT_SIGNED))
    assert (result.touches, result.first_touch, result.last_touch, result.last_non_direct_touch) == (
        [],
        None,
        None,
        None,
    )
    assert result.shares == {model: {} for model in Model}


@pytest.mark.parametrize(
    ("name", "facts", "touched"),
    [
        ("flow_capture_screen", {}, True),
        ("flow_account_creation", {}, True),
        ("flow_quote_request", {}, True),
        ("meeting_request", {}, True),
        ("website_capture_form", {}, True),
        ("website_capture_form", {"landing_referrer_url": "https://shop.example/"}, True),
        ("flow_attribution_survey", {}, False),
        ("flow_attribution_survey", {"utms": PAID}, True),
        ("nurturing_mail_clicked", {}, False),
        ("sales_inbound_chat_replied", {}, False),
        ("page_view", {}, False),
        ("page_view", {"utms": {}}, False),
        ("page_view", {"utms": {}, "cookie_status": "accepted"}, False),
        ("page_view", {"utms": PAID}, True),
        ("page_view", {"clids": {"gclid": "x"}}, True),
        ("page_view", {"landing_referrer_url": "https://www.google.com/"}, True),
        ("page_view", {"landing_page_url": "https://shop.example/a"}, True),
        (
            "page_view",
            {"landing_referrer_url": "https://shop.example/", "landing_page_url": "https://shop.example/a"},
            False,
        ),
        ("page_view", {"referrer": "https://shop.example/", "landing_page_url": "https://shop.example/a"}, False),
        ("page_view", {"referrer": "https://www.google.com/", "utms": {}}, True),
        ("page_view", {"referrer": "https://www.google.com/"}, False),
    ],
)
def test_a_touch_is_a_capture_or_says_how_somebody_came(name, facts, touched):
    assert numbers(attribution(an_event(1, name=EventName(name), **facts))) == [1] * touched


@pytest.mark.parametrize(
    ("model", "channels", "expected"),
    [
        (Model.FIRST, [P, E, D], {P: 1, E: 0, D: 0}),
        (Model.LAST, [P, E, D], {P: 0, E: 0, D: 1}),
        (Model.LAST_NON_DIRECT, [P, E, D, D], {P: 0, E: 1, D: 0}),
        (Model.LINEAR, [P, E, P, D], {P: 0.5, E: 0.25, D: 0.25}),
        (Model.LINEAR, [P, E, D], {P: 0.333333333334, E: 0.333333333333, D: 0.333333333333}),
        (Model.POSITION, [P], {P: 1}),
        (Model.POSITION, [P, E], {P: 0.5, E: 0.5}),
        (Model.POSITION, [P, E, D], {P: 0.4, E: 0.2, D: 0.4}),
        (Model.POSITION, [P, E, S, D], {P: 0.4, E: 0.1, S: 0.1, D: 0.4}),
        (Model.POSITION, [P, E, E, P], {P: 0.8, E: 0.2}),
    ],
)
def test_each_model_shares_as_it_is_known(model, channels, expected):
    assert shares_of([a_touch(each) for each in channels])[model] == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([0], [1]),
        ([0, 7], [1 / 3, 2 / 3]),
        ([0, 7, 14], [1 / 7, 2 / 7, 4 / 7]),
        ([0, 0], [1 / 2, 1 / 2]),
        ([0, 3.5], [1 / (1 + 2**0.5), 2**0.5 / (1 + 2**0.5)]),
        ([-40_000, 0], [0, 1]),
    ],
)
def test_seven_days_before_the_last_touch_a_touch_weighs_half(days, expected):
    touches = [a_touch(channel, at) for channel, at in zip([P, E, D], days, strict=False)]
    assert [*shares_of(touches)[Model.TIME_DECAY].values()] == pytest.approx(expected, abs=1e-11)


def test_ten_equal_shares_sum_to_one_where_ten_times_a_tenth_does_not():
    assert sum([0.1] * 10) != 1
    shares = shares_of([a_touch(channel) for channel in [*Channel][:10]])[Model.LINEAR]
    assert sum(shares.values()) == 1
    assert max(shares.values()) - min(shares.values()) <= 1e-11


touches = st.lists(
    st.builds(a_touch, st.sampled_from(Channel), st.floats(0, 400) | st.integers(0, 3)), min_size=1, max_size=40
).map(lambda them: sorted(them, key=lambda touch: touch.at))


@given(touches)
def test_shares_sum_to_exactly_one(touches):
    for model, shares in shares_of(touches).items():
        assert shares.keys() == {touch.channel for touch in touches}
        assert all(0 <= share <= 1 for share in shares.values())
        total = 0.0
        for share in shares.values():
            total += share
        assert total == fsum(shares.values()) == 1, model
        assert sum(Decimal(repr(share)) for share in shares.values()) == 1, model


@given(touches)
def test_a_share_is_what_the_weights_say_to_a_few_trillionths(touches):
    linear = shares_of(touches)[Model.LINEAR]
    for channel, share in linear.items():
        count = sum(touch.channel is channel for touch in touches)
        assert share == pytest.approx(count / len(touches), abs=2e-11)
