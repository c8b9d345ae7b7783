"""How far the leads of now are from those of before."""

from hypothesis import given
from hypothesis import strategies as st

from growth.domain.campaigns.business_rules.learning.drifting import LEAST, stability

WORDS = ["now"] * 200 + ["later"] * 200


def test_what_is_the_same_has_not_moved():
    assert stability(WORDS, WORDS) < 0.001
    assert stability(list(range(1000)), list(range(1000))) < 0.001
    assert stability([None] * 200, [None] * 200) == 0


def test_the_index_is_the_one_of_the_books():
    half, quarter = ["a", "b"] * 5000, ["a", "b", "b", "b"] * 2500
    assert abs(stability(half, quarter) - 0.2746) < 0.001  # 0.25·ln(1.5) + 0.25·ln(2)


def test_new_words_and_numbers_beyond_are_movement():
    assert stability(WORDS, ["never"] * 300) > 1
    assert stability(list(range(1000)), list(range(2000, 3000))) > 1
    assert stability([None] * 300, list(range(300))) > 1
    assert stability([0] * 190 + [1] * 10, [1] * 200) > 1  # most are the same number


def test_too_few_say_nothing():
    assert stability(WORDS, ["now"] * (LEAST - 1)) is None
    assert stability([], []) is None


CELLS = st.lists(st.none() | st.sampled_from("abc") | st.integers(-5, 5), min_size=LEAST, max_size=LEAST + 50)


@given(CELLS, CELLS)
def test_it_is_never_below_zero(before, now):
    assert stability(before, now) >= 0
