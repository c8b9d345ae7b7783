"""Training: our evaluation says what scikit-learn says, figures are those of scikit-learn, and rows held out are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import check_increasing
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve

from growth.adapters.dataset_files import Dataset, read_dataset
from growth.adapters.models import bulk_probabilities, load_model, save_model, sealed
from growth.adapters.training import BadTraining, Order
from growth.adapters.training.choosing import Judged, calibration_of, folds_of, winner
from growth.adapters.training.exporting import _in_64_bits
from growth.adapters.training.frames import frame_of, part_of
from growth.adapters.training.kinds import CANDIDATES, Candidate
from growth.adapters.training.measures import auc, better_half, measured
from growth.adapters.training.moving import moving_columns
from growth.adapters.training.training import learn, train
from growth.container import EXAMPLES
from growth.domain.campaigns.business_rules.learning import explain, probabilities, probability
from growth.domain.campaigns.entities.learned_models import Calibration, LearnedModel

BANK = EXAMPLES / "bank_marketing" / "bank-additional.csv"
BANK_ORDER = Order("y", exclude=("duration",))
ROWS, LEARNED = 50_000, 4_000
KINDS = [
    Candidate("logistic", (("knots", 12), ("C", 0.01))),
    Candidate("logistic", (("knots", 30), ("C", 0.01), ("rare", 0.75))),
    Candidate("tree", (("depth", 6), ("leaf", 0.005))),
    Candidate("boosting", (("depth", 4), ("trees", 30))),
]


def silent(*_):
    pass


def a_dataset(columns, name="made.csv"):
    return Dataset(name, columns, len(next(iter(columns.values()))), "0" * 64, ",", "utf-8")


@pytest.fixture(scope="session")
def made():
    """50,000 people: numbers on and off the grid of 32 bits, gaps, rare and new words; who buys hangs on all of it."""
    chance = np.random.default_rng(5)
    price, age = chance.normal(300, 90, ROWS), chance.integers(18, 80, ROWS)
    tenths = chance.integers(0, 30, ROWS) / 10
    zone = chance.choice(["north", "south", "east", "hamlet"], ROWS, p=[0.5, 0.3, 0.19, 0.01])
    score = (price - 300) / 120 + (zone == "south") - (age > 50) * tenths - 1
    won = chance.random(ROWS) < 1 / (1 + np.exp(-score))
    gap = chance.random(ROWS) < 0.07
    spread = price * np.where(np.arange(ROWS) % 97, 1, 50)
    late = np.arange(ROWS) >= LEARNED  # what training never saw: other words, gaps in other columns, far numbers
    return a_dataset({
        "price": ["" if g else repr(p) for g, p in zip(gap, spread, strict=True)],
        "age": ["n/a" if new and a == 33 else str(a) for new, a in zip(late, age, strict=True)],
        "tenths": [f"{t:.1f}".replace(".", ",") for t in tenths],
        "zone": [f"new {at}" if late[at] and at % 50 == 0 else zone[at] for at in range(ROWS)],
        "won": ["yes" if w else "no" for w in won],
        "same": ["x"] * ROWS,
        "id": [f"p{at}" for at in range(ROWS)],
    })  # fmt: skip


@pytest.mark.parametrize("candidate", KINDS, ids=lambda each: each.kind)
def test_our_few_lines_say_what_scikit_learn_says_of_50_000_rows(made, tmp_path, candidate):
    frame = frame_of(made, Order("won"))
    fitted = candidate.fit(part_of(frame, np.arange(LEARNED)), 1)
    body = fitted.exported()
    calibration = Calibration(1.25, -0.5)
    model = sealed(LearnedModel("", candidate.kind, body.columns, body.base, body.parts, body.trees, calibration, {}))
    save_model(tmp_path / "model.json", model)
    model = load_model(tmp_path / "model.json")
    theirs = fitted.margins(frame)
    plain = replace(model, version="plain", calibration=Calibration())
    ours = np.array(probabilities(plain, made.columns, ROWS))
    encoded = fitted.curves if candidate.kind == "logistic" else fitted.inputs
    assert len(body.parts) in (0, len(frame.features))  # the curves of one column are one
    assert np.abs(ours - fitted.learned.predict_proba(encoded.matrix(frame))[:, 1]).max() < 1e-12
    calibrated = np.array(bulk_probabilities(model, made.columns, ROWS))
    assert np.abs(calibrated - 1 / (1 + np.exp(-(1.25 * theirs - 0.5)))).max() < 1e-12
    for at in range(0, ROWS, 1999):
        row = {name: cells[at] for name, cells in made.columns.items()}
        assert probability(model, row) == calibrated[at]
        assert explain(model, row).probability == calibrated[at]


@given(st.floats(-1e30, 1e30))
def test_a_threshold_divides_64_bit_numbers_as_scikit_learn_divides_32_bit_ones(threshold):
    ours = _in_64_bits(threshold)
    for x in (ours, np.nextafter(ours, np.inf), np.nextafter(ours, -np.inf), threshold, float(np.float32(threshold))):
        assert (x <= ours) == (float(np.float32(x)) <= threshold)


def test_columns_that_teach_nothing_are_left_out_with_the_reason(made):
    frame = frame_of(made, Order("won", exclude=("age",)))
    assert [each.name for each in frame.features] == ["price", "tenths", "zone"]
    assert frame.left_out == {
        "age": "excluded", "same": "constant", "id": "almost every word of it is another",
    }  # fmt: skip


def test_figures_are_those_of_scikit_learn():
    chance = np.random.default_rng(3)
    p = np.round(chance.random(3_000), 2)  # with many equal ones
    won = (chance.random(3_000) < p).astype(int)
    found = measured(won, p, 1)
    assert found["auc"]["value"] == pytest.approx(roc_auc_score(won, p), abs=1e-12)
    assert found["brier"]["value"] == pytest.approx(brier_score_loss(won, p), abs=1e-12)
    assert found["log_loss"]["value"] == pytest.approx(log_loss(won, np.clip(p, 1e-15, 1 - 1e-15)), abs=1e-9)
    weights = chance.integers(0, 4, 3_000)
    assert auc(won, p, weights.astype(float)) == pytest.approx(roc_auc_score(won, p, sample_weight=weights))
    false, true, _ = roc_curve(won, p, drop_intermediate=False)
    assert {(round(x, 4), round(y, 4)) for x, y in zip(false, true, strict=True)} >= set(found["roc"])
    assert found["deciles"][-1]["gain"] == 1
    assert sum(each["successes"] for each in found["deciles"]) == won.sum()
    assert found["better_half"]["value"] == pytest.approx(better_half(won, np.argsort(-p, kind="stable")), abs=1e-3)
    for name in ("auc", "brier", "log_loss", "better_half"):
        low, high = found[name]["interval"]
        assert low < found[name]["value"] < high < low * 1.2
    assert found == measured(won, p, 1)
    assert found["auc"]["interval"] != measured(won, p, 2)["auc"]["interval"]


def test_calibration_finds_the_line_that_outcomes_were_drawn_by():
    chance = np.random.default_rng(4)
    margins = chance.normal(0, 1.5, 40_000)
    won = (chance.random(40_000) < 1 / (1 + np.exp(-(0.6 * margins - 1)))).astype(int)
    line = calibration_of(Judged(CANDIDATES[0], (0.5,), margins), won)
    assert (line.slope, line.intercept) == (pytest.approx(0.6, abs=0.03), pytest.approx(-1, abs=0.03))
    backwards = calibration_of(Judged(CANDIDATES[0], (0.5,), -margins), won)
    assert backwards == Calibration()  # never turns an order round


def test_folds_hold_out_every_row_once_and_in_time_only_later_ones():
    won = (np.arange(103) % 4 == 0).astype(int)
    stratified = folds_of(won, in_time=False, seed=1)
    assert sorted(np.concatenate([test for _, test in stratified])) == list(range(103))
    assert all(not set(learn) & set(test) and 4 <= won[test].sum() <= 6 for learn, test in stratified)
    blocks = folds_of(won, in_time=True, seed=1)
    assert len(blocks) == 5
    assert all(max(learn) < min(test) for learn, test in blocks)


@pytest.fixture(scope="session")
def bank():
    return train(read_dataset(BANK), replace(BANK_ORDER, kind="logistic"), silent)


def test_the_bank_calls_are_learned_without_knowing_how_long_a_call_took(bank):
    held_out = bank.report["held_out"]
    assert held_out["auc_mean_of_folds"] > 0.765
    assert held_out["better_half"]["value"] > 0.77
    assert held_out["calibration_error"]["value"] < 0.03
    assert held_out["rows"] == 4119
    assert bank.report["data"]["left_out"] == {"duration": "excluded"}
    assert "duration" not in [column.name for column in bank.model.columns]
    assert abs(held_out["against"]["arrival"]["auc"] - 0.5) < 0.03  # the file is in no order
    said = [each["came"] for each in held_out["calibration"]]
    assert check_increasing(np.arange(10), said)


def test_the_same_seed_gives_the_same_model_and_report(made):
    some = made.part(range(600))
    first, again = (train(some, Order("won", kind="tree"), silent) for _ in range(2))
    assert first.model == again.model
    assert first.report["made"].pop("seconds") >= 0 <= again.report["made"].pop("seconds")
    assert first.report == again.report


def test_a_column_of_after_the_call_is_suspected():
    table = read_dataset(BANK)
    some = table.part(range(0, table.rows, 2))
    report = train(some, Order("y", kind="tree"), silent).report
    (suspect,) = report["suspicious_columns"]
    assert suspect["column"] == "duration"
    assert "sounds like" in suspect["why"]
    assert suspect["auc_alone"] > 0.75
    told = a_dataset(
        {**some.columns, "leak": [str(int(y == "yes") * 3 + at % 2) for at, y in enumerate(some.column("y"))]}
    )
    leaked = train(told, Order("y", exclude=("duration",), kind="tree"), silent).report["suspicious_columns"]
    assert [each["column"] for each in leaked] == ["leak"]
    assert "alone it has an AUC of 1.000" in leaked[0]["why"]


def test_without_a_kind_the_best_of_the_three_is_taken_and_the_report_says_why(made):
    steps = []
    some = made.part(range(400))
    trained = train(some, Order("won"), lambda what, done, total: steps.append((done, total)))
    choice = trained.report["choice"]
    assert set(choice["kinds"]) == {"tree", "logistic", "boosting"}
    best = max(choice["kinds"], key=lambda kind: choice["kinds"][kind]["auc_mean"])
    assert trained.model.kind == choice["winner"] == best
    assert all(each["settings"] in choice["why"] for each in choice["kinds"].values())
    assert steps[-1] == (len(steps), len(steps))
    assert [done for done, _ in steps] == list(range(1, len(steps) + 1))


def test_in_the_order_of_time_a_model_is_judged_by_what_came_after_it(made):
    some = made.part(range(1_200))
    days = a_dataset({**some.columns, "day": [f"2026-01-{1 + at * 7 % 28:02}" for at in range(1_200)]})
    trained = train(days, Order("won", time_column="day", kind="tree"), silent)
    assert trained.report["choice"]["folds"] == "blocks of time"
    assert trained.report["held_out"]["rows"] == 1_000
    assert "day" not in [column.name for column in trained.model.columns]
    frame = frame_of(days, Order("won", time_column="day"))
    ordered = [days.column("day")[at] for at in frame.places]
    assert ordered == sorted(ordered)
    assert learn(days, Order("won", time_column="day", kind="tree"), silent).kind == "tree"


def test_rows_that_stand_in_order_are_noticed_though_nobody_says_so(made):
    some = made.part(range(600))
    told = a_dataset({**some.columns, "rate": [f"{10 - at // 20 / 10:.1f}" for at in range(600)]})
    shuffled = told.part(np.random.default_rng(7).permutation(600).tolist())
    assert moving_columns(frame_of(told, Order("won"))) == ("rate",)
    assert moving_columns(frame_of(shuffled, Order("won"))) == ()
    choice = train(told, Order("won", kind="tree"), silent).report["choice"]
    assert choice["moving_columns"] == ["rate"]
    assert "seem to stand in the order of time" in choice["why"]
    assert 0.4 < choice["kinds"]["tree"]["auc_later"] < 1


def test_the_kind_is_taken_that_is_best_where_it_is_weakest():
    def judged(kind, at_random, *later):
        return Judged(Candidate(kind, ()), (at_random,), np.zeros(0), later)

    steady, brilliant = judged("logistic", 0.70, 0.65), judged("boosting", 0.90, 0.50)
    assert winner([brilliant, steady]) is steady
    fine, coarse = judged("logistic", 0.72, 0.64), judged("logistic", 0.60, 0.66)
    assert winner([coarse, fine, brilliant]) is fine
    assert winner([judged("logistic", 0.70), best := judged("boosting", 0.90)]) is best


def test_a_kind_that_is_better_by_luck_alone_is_not_taken():
    def judged(kind, *aucs, later=()):
        return Judged(Candidate(kind, ()), aucs, np.zeros(0), later)

    plain = judged("logistic", 0.70, 0.72, 0.71)
    assert winner([plain, judged("boosting", 0.73, 0.70, 0.72)]) is plain
    assert winner([plain, steadily := judged("boosting", 0.71, 0.73, 0.72)]) is steadily
    earlier, later = judged("logistic", 0.70, later=(0.60, 0.62)), judged("tree", 0.69, later=(0.64, 0.66))
    assert winner([earlier, later]) is later


def table(target, **columns):
    rows = len(target)
    return a_dataset({"a": [str(at % 7) for at in range(rows)], **columns, "y": list(target)})


@pytest.mark.parametrize(
    ("dataset", "order", "said"),
    [
        (table(["yes"] * 60), Order("y"), "All rows have y = yes"),
        (table(["yes", "no"] * 60), Order("y", positive="si"), "No row has y = 'si': the column has yes, no"),
        (table(["yes", "no"] * 10), Order("y"), "at least 20 of each"),
        (table(["", " "] * 60), Order("y"), "is empty"),
        (table(["red", "blue"] * 60), Order("y"), "say with --positive"),
        (table(["1", "0", "2"] * 60), Order("y"), "say with --positive"),
        (table(["1", "0"] * 60), Order("y", exclude=("a",)), "no column to learn from"),
        (table(["1", "0"] * 60, t=["soon"] * 120), Order("y", time_column="t"), "no time in 120 rows, first in row 1"),
        (table(["0"] * 500 + ["1"] * 20), Order("y", time_ordered=True), "stand together"),
    ],
)  # fmt: skip
def test_what_nothing_can_be_learned_from_is_told_in_one_line(dataset, order, said):
    with pytest.raises(BadTraining) as refused:
        train(dataset, order, silent)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_hostile_cells_are_missing_and_nothing_breaks(made):
    some = made.part(range(800))
    odd = ["NaN", "inf", "-inf", "1e400", "1e39", "", "0", "1", "9" * 60]
    hostile = a_dataset({**some.columns, "odd": [odd[at % len(odd)] for at in range(800)], "gone": [""] * 800})
    for kind in ("tree", "logistic", "boosting"):
        model = learn(hostile, Order("won", kind=kind), silent)
        p = probabilities(model, hostile.columns, 800)
        assert all(0 < each < 1 for each in p)


def test_the_example_says_where_it_is_from():
    assert "CC BY 4.0" in (Path(BANK).parent / "README.md").read_text()
