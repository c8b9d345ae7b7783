"""Many paths at once: first, last and linear credit, and removal effects held against chains solved in another way."""

from collections import defaultdict
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from growth.domain.prospects.business_rules.attribution import markov
from growth.domain.prospects.business_rules.attribution.markov import removal_effects
from growth.domain.prospects.business_rules.attribution.path_models import MOST_CHANNELS, results_of
from growth.domain.prospects.entities.channel_paths import BadPathsFile, ChannelPath, Credit


def a_path(channels, conversions=1.0, value=0.0, nulls=0.0):
    return ChannelPath(tuple(channels), conversions, value, nulls)


def effects(*paths):
    return {channel: effect.conversions for channel, effect in removal_effects(paths).items()}


def by_channel(*paths):
    return {result.channel: result for result in results_of(paths).channels}


def test_a_chain_solved_by_hand():
    # Begin: A 2/3, B 1/3. A: half to B. B: all to C. C: half convert. In all 1/3 convert; without A, 1/6 do.
    result = results_of([a_path("ABC", value=30), a_path("A", 0, nulls=1), a_path("BC", 0, nulls=1)])
    assert (result.paths, result.conversions, result.value, result.nulls) == (3, 1, 30, 2)
    found = {each.channel: each for each in result.channels}
    assert {name: each.removal_effect.conversions for name, each in found.items()} == {"A": 0.5, "B": 1, "C": 1}
    assert {name: each.markov.conversions for name, each in found.items()} == {"A": 0.2, "B": 0.4, "C": 0.4}
    assert [each.channel for each in result.channels] == ["B", "C", "A"]
    assert found["B"].linear == Credit(pytest.approx(1 / 3), pytest.approx(10))
    assert (found["A"].first, found["A"].last) == (Credit(1, 30), Credit(0, 0))
    assert (found["C"].first, found["C"].last) == (Credit(0, 0), Credit(1, 30))


def test_a_chain_with_a_way_back_solved_by_hand():
    # A leads to B (1/2) or conversion (1/2); B leads to A (1/2) or nothing (1/2); all begin at A.
    # From A: a = 1/2 + b/2, b = a/2, so a = 2/3. Without B: a = 1/2, a quarter less.
    paths = [a_path("A"), a_path("AB", 0, nulls=1), a_path("ABA", 1, nulls=0)]
    assert effects(*paths) == {"A": 1, "B": 0.25}
    weighted = [a_path("A", 2), a_path("ABA", 1), a_path("AB", 0, nulls=1)]
    # Of 5 at A, 2 go on to B and 3 convert; half of B comes back. a = 3/5 + 2/5 * a/2 = 3/4; without B, 3/5.
    assert effects(*weighted) == {"A": 1, "B": 0.2}


def test_a_channel_that_comes_again_counts_again_in_linear_credit():
    found = by_channel(a_path("AAB", 3, 6))
    assert (found["A"].linear, found["B"].linear) == (Credit(2, 4), Credit(1, 2))


def test_value_goes_to_the_ways_that_bring_it():
    found = by_channel(a_path("A", 1, 100), a_path("B", 1, 300))
    assert (found["A"].removal_effect.conversions, found["A"].removal_effect.value) == (0.5, 0.25)
    assert (found["A"].markov, found["B"].markov) == (Credit(1, 100), Credit(1, 300))


def test_a_path_that_nobody_took_changes_nothing_but_its_channels_are_listed():
    found = by_channel(a_path("A"), a_path("AZ", 0))
    assert (found["A"].removal_effect.conversions, found["A"].markov.conversions) == (1, 1)
    assert (found["Z"].removal_effect.conversions, found["Z"].markov) == (0, Credit(0, 0))


def test_too_many_channels_are_refused():
    paths = [a_path([str(number)]) for number in range(MOST_CHANNELS + 1)]
    with pytest.raises(BadPathsFile, match="301 different channels"):
        results_of(paths)


def test_numbers_however_far_apart_are_solved():
    many = [a_path([str(number)], 0, nulls=1e15) for number in range(markov.MOST_EXACT)]
    found = effects(*many, a_path("xyxyxyz", 0, nulls=1e15), a_path("xyz", 1e-15), a_path("yz", 1e-15))
    assert len(found) > markov.MOST_EXACT
    assert {"x", "y", "z"} == {channel for channel, effect in found.items() if effect}
    assert found["z"] == pytest.approx(1)


def counted(paths, without=None):
    """The chain as a table of chances; the channel `without` leads to nothing."""
    counts = defaultdict(lambda: defaultdict(Fraction))
    for path in paths:
        people = Fraction(path.conversions) + Fraction(path.nulls)
        walk = ["begin", *path.channels]
        for here, there in pairwise(walk):
            counts[here][there] += people
        counts[walk[-1]]["conversion"] += Fraction(path.conversions)
        counts[walk[-1]]["nothing"] += Fraction(path.nulls)
    chances = {}
    for here, nexts in counts.items():
        if whole := sum(nexts.values()):
            chances[here] = {there: number / whole for there, number in nexts.items() if number}
    if without is not None:
        chances[without] = {"nothing": Fraction(1)}
    return chances


def eliminated(chances):
    """The chance to convert, by taking one channel after the other out of the chain and closing the ways over it."""
    chances = {here: dict(nexts) for here, nexts in chances.items()}
    for gone in [each for each in chances if each != "begin"]:
        ways = chances.pop(gone)
        stay = ways.pop(gone, Fraction(0))
        for nexts in chances.values():
            come = nexts.pop(gone, Fraction(0))
            for there, chance in ways.items() if come else ():
                nexts[there] = nexts.get(there, Fraction(0)) + come * chance / (1 - stay)
    return chances["begin"].get("conversion", Fraction(0))


def walked(chances, steps=20_000):
    """The same, by sending everybody on step after step until nobody is left on the way."""
    chances = {here: {there: float(chance) for there, chance in nexts.items()} for here, nexts in chances.items()}
    there_now, arrived = {"begin": 1.0}, 0.0
    for _ in range(steps):
        moved = defaultdict(float)
        for here, part in there_now.items():
            for there, chance in chances.get(here, {}).items():
                moved[there] += part * chance
        arrived += moved.pop("conversion", 0.0)
        moved.pop("nothing", None)
        there_now = moved
        if sum(moved.values()) < 1e-15:
            return arrived
    raise AssertionError("still on the way")


people = st.integers(0, 20)
some_paths = st.lists(
    st.builds(a_path, st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=6), people, people, people),
    min_size=1,
    max_size=12,
).filter(lambda paths: any(path.conversions for path in paths))


@given(some_paths)
def test_removal_effects_are_what_a_chain_without_the_channel_loses(paths):
    whole = eliminated(counted(paths))
    for channel, effect in effects(*paths).items():
        assert effect == pytest.approx(float(1 - eliminated(counted(paths, channel)) / whole), abs=1e-12)


@settings(max_examples=25)
@given(some_paths)
def test_removal_effects_are_what_people_who_walk_lose(paths):
    whole = walked(counted(paths))
    for channel, effect in effects(*paths).items():
        assert effect == pytest.approx(1 - walked(counted(paths, channel)) / whole, abs=1e-9)


@given(some_paths)
def test_floats_find_what_fractions_find(paths):
    exact = effects(*paths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markov, "MOST_EXACT", 0)
        assert effects(*paths) == pytest.approx(exact, abs=1e-12)


@given(some_paths)
def test_that_a_channel_follows_on_itself_changes_nothing(paths):
    doubled = [
        a_path([each for each in path.channels for _ in "12"], path.conversions, 0, path.nulls) for path in paths
    ]
    assert effects(*doubled) == pytest.approx(effects(*paths), abs=1e-12)


@given(some_paths)
def test_the_chain_converts_as_many_as_there_were(paths):
    converted, gone = sum(path.conversions for path in paths), sum(path.nulls for path in paths)
    assert eliminated(counted(paths)) == Fraction(converted, converted + gone)


@given(some_paths)
def test_every_model_shares_all_conversions_and_all_value(paths):
    result = results_of(paths)
    for model in ("first", "last", "linear"):
        shares = [getattr(each, model) for each in result.channels]
        assert sum(each.conversions for each in shares) == pytest.approx(result.conversions)
        assert sum(each.value for each in shares) == pytest.approx(result.value)
    assert sum(each.markov.conversions for each in result.channels) == pytest.approx(result.conversions)
    brought = sum(path.value for path in paths if path.conversions + path.nulls)
    assert sum(each.markov.value for each in result.channels) == pytest.approx(result.value if brought else 0)
    assert all(0 <= each.removal_effect.conversions <= 1 for each in result.channels)


@given(some_paths, st.randoms(use_true_random=False))
def test_neither_the_order_of_lines_nor_how_they_are_grouped_matters(paths, chance):
    split = [a_path(path.channels, 1, path.value / path.conversions) for path in paths for _ in range(path.conversions)]
    split += [a_path(path.channels, 0, 0, 1) for path in paths for _ in range(path.nulls)]
    chance.shuffle(split)
    assert effects(*split) == pytest.approx(effects(*paths), abs=1e-12)
