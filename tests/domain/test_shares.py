"""Shares of leads: as large as they are said to be, one inside the other, and strangers to those of other names."""

from tests.domain.makers import number

from growth.domain.campaigns.business_rules.shares import in_share

LEADS = [number(count) for count in range(20_000)]


def drawn(percent, name="hold-out"):
    return {lead for lead in LEADS if in_share(lead, percent, name)}


def test_a_share_is_as_large_as_it_is_said_to_be():
    assert drawn(0) == set()
    assert drawn(100) == set(LEADS)
    for percent in (1, 5, 33, 50):
        assert abs(len(drawn(percent)) / len(LEADS) - percent / 100) < 0.01  # three standard deviations


def test_a_larger_share_keeps_who_was_in_a_smaller_one():
    assert drawn(1) < drawn(5) < drawn(50) < drawn(100)


def test_who_is_in_one_share_is_as_likely_in_another_as_anybody_else():
    both = drawn(50) & drawn(50, "model")
    assert abs(len(both) / len(LEADS) - 0.25) < 0.01


def test_a_share_is_the_same_for_ever():
    assert [count for count in range(1, 101) if in_share(number(count), 5, "hold-out")] == [32, 33, 52, 54, 59, 70]
