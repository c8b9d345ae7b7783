"""Money, abuse and the webhook at full size: the scenarios are those of tests/api. Each test prints its figures."""

import os
from itertools import permutations
from random import Random

import pytest
from tests.api.conftest import service_on
from tests.api.programme import Programme
from tests.api.test_ledger import pay_in_parallel, walk
from tests.api.test_referral_abuse import claim_at_once, in_a_circle, pay_and_refund, rings_and_chains
from tests.api.test_referral_orders import SETS, end_of, refunded_at_once, reversals, tell_in_orders
from tests.api.test_stripe_webhook import send_mutants

SEED = int(os.environ.get("TORTURE_SEED", "1"))


@pytest.fixture
async def programme(database_url):
    async with service_on(database_url) as service:
        yield Programme(service)


def say(*figures):
    print(*figures, flush=True)


@pytest.mark.parametrize(
    ("news", "told", "expected"),
    [pytest.param(*it.values[:3], id=it.id) for it in SETS]
    + [pytest.param(["paid", "renewal", "refund", "failed", "opened", "lost"], {}, ("reversed", {}), id="all of it")],
)
async def test_every_order_comes_to_one_end(programme, news, told, expected):
    orders = list(permutations(news))
    ends = await tell_in_orders(programme, orders, told, Random(SEED))
    found = {(status, tuple(sorted(sums.items()))) for status, sums, *_ in ends}
    say(f"{' '.join(news)}: orders {len(orders)}, ends {found}")
    assert found == {(expected[0], tuple(sorted(expected[1].items())))}
    await programme.proved()


@pytest.mark.parametrize("before", [False, True], ids=["after its payment", "with its payment"])
async def test_a_refund_told_a_thousand_times_at_once_claws_back_once(programme, before):
    referral, answers = await refunded_at_once(programme, 1_000, before=before)
    status, sums, *_ = await end_of(programme, referral)
    times = await reversals(programme, referral)
    say(f"refunds 1000 at once, answers {dict(answers)}, reversals {times}, net {sums or 0}")
    assert (answers.keys(), status, sums, times) == ({200}, "reversed", {}, 1)
    await programme.proved()


@pytest.mark.parametrize("turn", range(5))
async def test_a_hundred_who_pay_at_once_give_their_referrer_4500_days(programme, turn):
    answers, hers, theirs = await pay_in_parallel(programme, 100)
    say(f"users 100 at once, answers {dict(answers)}, days of the referrer {hers}")
    assert (answers, hers) == ({200: 100}, {"credit": 4_500})
    assert theirs == [{"credit": 45}] * 100
    await programme.proved()


@pytest.mark.parametrize("at_once", [1, 5, 20])
@pytest.mark.parametrize("seed", range(SEED, SEED + 5))
async def test_everything_fits_at_every_step_of_a_random_walk(programme, seed, at_once):
    taken, reasons, _ = await walk(programme, seed, 200, at_once)
    say(f"seed {seed}, steps {taken.total()}, {at_once} at once, kinds of entries {len(reasons)}, faults 0")
    assert len(reasons) >= 10


async def test_a_thousand_claims_at_once_close_no_circle(programme):
    claims = rings_and_chains(Random(SEED), 1_000)
    reasons, graph = await claim_at_once(programme, claims, connections=100)
    say(f"claims 1000 at once, {dict(reasons)}, in a circle {len(in_a_circle(graph))}")
    assert in_a_circle(graph) == []
    assert len(graph) == len({referred for _, referred in graph}) == reasons[None]


async def test_to_pay_and_be_refunded_a_hundred_times_gains_nothing(programme):
    days, left = await pay_and_refund(programme, 100)
    say(f"rounds 100, days {days}, left {left}")
    assert (days, left) == ([{}, {}, {}], 0)
    await programme.proved()


async def test_only_authentic_bytes_pass(programme):
    answers, rows = await send_mutants(programme, 10_000, Random(SEED))
    say(f"mutants 10000, answers {dict(answers)}, rows {rows}")
    assert (answers, rows) == ({401: 10_000}, [0, 0])
