from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.makers import (
    DAY,
    MONDAY,
    SEGMENT_TABLE,
    a_configuration,
    a_contactable,
    a_lead,
    some_answers,
)

from growth.domain.campaigns.business_rules.qualifying import (
    answered_again,
    covers,
    lead_type_of,
    property_key,
    same_lead,
    segment_of,
    snapshot,
    wrapup_key,
)
from growth.domain.campaigns.entities.leads import LeadSource, LeadType, PropertyType, Segment, SellTimeframe

SELLS = {"now": "PVI_NOW", "3_months": "PVI_SOON", "6_months": "PVS", "12_months": "PVM", "later": None, "none": None}
BUYS_FIRST = {
    "now": "PVB",
    "3_months": "PVB",
    "6_months": "PVB",
    "12_months": "PVB_LATER",
    "later": "PVB_LATER",
    "none": "PVB_LATER",
}


@pytest.mark.parametrize("timeframe", SellTimeframe)
def test_an_owner_has_the_segment_of_his_time_frame_and_of_whether_he_buys_first(timeframe):
    assert segment_of(True, timeframe, False, SEGMENT_TABLE) == SELLS[timeframe]
    assert segment_of(True, timeframe, True, SEGMENT_TABLE) == BUYS_FIRST[timeframe]


@pytest.mark.parametrize("timeframe", SellTimeframe)
def test_who_owns_nothing_has_no_segment(timeframe):
    assert segment_of(False, timeframe, False, SEGMENT_TABLE) is None
    assert segment_of(False, timeframe, True, SEGMENT_TABLE) is None


def test_the_first_row_of_the_table_that_fits_decides():
    assert segment_of(True, SellTimeframe.NOW, True, SEGMENT_TABLE[::-1]) is Segment.PVB_LATER


@pytest.mark.parametrize(
    ("source", "price", "postal_code", "insee", "expected"),
    [
        ("estimate", 200_000, "69003", None, "RDVVQ"),
        ("import", None, "69003", None, "RDVVQ"),
        ("pubsub", 250_000, "69003", None, "RDVVQ"),
        ("form", None, "69003", None, "DIRECT"),
        ("fsbo_callback", 200_000, "69003", None, "DIRECT"),
        ("estimate", 199_999, "69003", None, "PQSC"),
        ("form", 0, "69003", None, "PQSC"),
        ("fsbo_callback", 900_000, "59000", None, "PQSC"),
        ("estimate", None, "62000", "59350", "PQSC"),
        ("estimate", None, "69059", "69059", "RDVVQ"),
    ],
)
def test_cheap_or_in_a_media_zone_is_pre_qualified_whatever_it_came_by(source, price, postal_code, insee, expected):
    answers = some_answers(estimated_price_eur=price, postal_code=postal_code, insee_code=insee)
    assert lead_type_of(answers, LeadSource(source), a_configuration()) is LeadType(expected)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        pytest.param({}, True, id="the same again"),
        pytest.param({"estimated_price_eur": 1, "sell_timeframe": "none", "is_owner": False}, True, id="other answers"),
        pytest.param({"surface_m2": 101}, False, id="another surface"),
        pytest.param({"surface_m2": None}, False, id="no surface"),
        pytest.param({"postal_code": "69004"}, False, id="another postal code"),
        pytest.param({"property_type": PropertyType.APARTMENT}, False, id="another type"),
        pytest.param({"address": "3 rue de la Paix"}, False, id="an address"),
    ],
)
def test_without_an_address_a_property_is_its_place_type_and_surface(changes, same):
    assert (property_key(some_answers()) == property_key(some_answers(**changes))) is same


@pytest.mark.parametrize(
    ("address", "changes", "same"),
    [
        ("3, Rue de la Paix", {}, True),
        ("3 R. DE LA PAIX", {"surface_m2": 5, "property_type": PropertyType.LAND}, True),
        ("4 rue de la Paix", {}, False),
        ("3 rue de la Paix", {"postal_code": "75002"}, False),
    ],
)
def test_with_an_address_a_property_is_its_address_however_it_is_written(address, changes, same):
    known = property_key(some_answers(address="3 rue de la paix"))
    assert (property_key(some_answers(address=address, **changes)) == known) is same


@pytest.mark.parametrize(
    ("after", "same"),
    [
        (timedelta(), True),
        (30 * DAY, True),
        (30 * DAY + timedelta.resolution, False),
        (-30 * DAY, True),
        (-30 * DAY - timedelta.resolution, False),
    ],
)
def test_requests_within_thirty_days_are_one_lead(after, same):
    lead = a_lead(requested_at=MONDAY, property_key="here")
    assert same_lead(lead, "here", MONDAY + after) is same
    assert not same_lead(lead, "there", MONDAY)


def test_the_newest_answers_win_and_older_ones_only_count():
    lead = a_lead(requested_at=MONDAY, surface_m2=100, estimated_price_eur=1)
    newer = answered_again(lead, some_answers(estimated_price_eur=2), MONDAY + DAY)
    assert (newer.estimated_price_eur, newer.request_count, newer.requested_at) == (2, 2, MONDAY + DAY)
    older = answered_again(newer, some_answers(estimated_price_eur=3), MONDAY)
    assert (older.estimated_price_eur, older.request_count, older.requested_at) == (2, 3, MONDAY + DAY)


@given(st.lists(st.integers(0, 20), min_size=1))
def test_answers_in_any_order_end_in_the_newest(days):
    lead = a_lead(requested_at=MONDAY - DAY, estimated_price_eur=-1)
    for day in days:
        lead = answered_again(lead, some_answers(estimated_price_eur=day), MONDAY + day * DAY)
    assert (lead.estimated_price_eur, lead.request_count) == (max(days), 1 + len(days))


@pytest.mark.parametrize(
    ("zones", "covered"),
    [(("69",), True), (("6900", "75"), True), (("",), True), ((), False), (("70",), False), (("693",), True)],
)
def test_a_zone_covers_places_whose_postal_or_insee_code_begins_with_it(zones, covered):
    assert covers(zones, "69003", "69383") is covered


def test_a_snapshot_says_what_is_known_as_of_an_instant():
    who = a_contactable(
        estimates=3,
        page_views=4,
        requested_at=MONDAY - 2 * DAY,
        call_attempts=2,
        postal_code="59000",
        came_by="referral",
    )
    told = snapshot(who, a_configuration(), MONDAY - timedelta.resolution)
    assert (told.further_estimates, told.page_views, told.whole_days, told.call_attempts) == (2, 4, 1, 2)
    assert told.in_media_zone
    assert told.came_by == "referral"


@pytest.mark.parametrize(
    ("phone", "valid", "told"), [("+33199000001", True, True), ("123", False, False), (None, False, None)]
)
def test_no_telephone_is_another_fact_than_a_wrong_one(phone, valid, told):
    who = a_contactable(prospect={"phone": phone, "phone_valid": valid})
    assert snapshot(who, a_configuration(), MONDAY).phone_valid is told


def test_a_lead_of_no_estimate_has_no_further_ones():
    assert snapshot(a_contactable(estimates=0), a_configuration(), MONDAY).further_estimates == 0


@pytest.mark.parametrize("name", ["Faux numéro", "FAUX-NUMÉRO", " faux  numéro! "])
def test_wrap_ups_are_compared_by_letters(name):
    assert wrapup_key(name) == "faux numéro"
