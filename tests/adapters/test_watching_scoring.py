"""Once a day it is measured whether leads and a model's promises are what they were."""

import pytest
from tests.adapters.campaign_world import a_submission
from tests.adapters.test_scoring_models import called, use
from tests.adapters.test_scoring_models import world as world  # noqa: PLC0414 - a fixture
from tests.domain.learned_maker import a_model
from tests.domain.makers import DAY, MONDAY, TEN

from growth.domain.campaigns.entities.drifts import Measure
from growth.domain.campaigns.ports.models import Drifts
from growth.domain.campaigns.use_cases import AddModel, PromoteModel, WatchScoring
from growth.domain.kernel.ticks import Tick

MODEL = a_model(now=1.0, later=1.0, days=False)  # half of all, whoever they are


async def watched(world, at):
    await world.at(at)
    await (await world.get(WatchScoring))(Tick("watch-scoring", at))
    return {(it.measure, it.of): it.value for it in await (await world.get(Drifts)).list()}


async def a_slot(world, at, number, **answers):
    await world.at(at - DAY)
    first = len(await world.rows("lead"))
    await world.take(*(a_submission(first + n, **answers) for n in range(number)))
    await world.at(at)
    await world.start(type="PVI")


async def test_columns_that_moved_are_told_and_the_others_are_calm(world):
    await a_slot(world, TEN, 150, sell_timeframe="now", estimated_price_eur=300_000)
    await a_slot(world, TEN + 14 * DAY, 150, sell_timeframe="6_months", estimated_price_eur=300_000)
    found = await watched(world, TEN + 15 * DAY)
    assert found[Measure.INPUT, "sell_timeframe"] > 1
    assert found[Measure.INPUT, "estimated_price_eur"] < 0.01
    assert await watched(world, TEN + 60 * DAY) == {}  # nobody was judged lately


async def test_few_leads_say_nothing(world):
    await a_slot(world, TEN, 20)
    await a_slot(world, TEN + 14 * DAY, 20)
    assert await watched(world, TEN + 15 * DAY) == {}


@pytest.mark.parametrize(("every", "ratio"), [(2, 1.0), (5, 0.4)])
async def test_a_live_models_promises_are_compared_with_what_came(world, every, ratio):
    await use(world, AddModel, MODEL)
    await use(world, PromoteModel, MODEL.version, 100, reason="a test")
    await a_slot(world, TEN, 100)
    await called(world, lambda _frame, n: n % every == 0)
    found = await watched(world, MONDAY + 2 * DAY)
    assert found[Measure.CALIBRATION, MODEL.version] == pytest.approx(ratio)


async def test_the_same_tick_measures_once(world):
    await a_slot(world, TEN, 150)
    await a_slot(world, TEN + 14 * DAY, 150)
    assert await watched(world, TEN + 15 * DAY)
    await world.execute("DELETE FROM scoring_drift")
    assert await watched(world, TEN + 15 * DAY) == {}
