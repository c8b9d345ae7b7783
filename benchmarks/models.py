"""Learned models: our evaluation against scikit-learn's own on the same rows, and how long a training takes.

Time is the process's own CPU time, the best of several: no server takes part, and others on the machine do not count.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.frame import Bar, Cluster, Plan, Result
from growth.adapters.dataset_files import Dataset, read_dataset
from growth.adapters.models import bulk_probabilities, sealed
from growth.adapters.training import Order
from growth.adapters.training.frames import Frame, frame_of, part_of
from growth.adapters.training.kinds import Candidate
from growth.adapters.training.training import train
from growth.container import EXAMPLES
from growth.domain.campaigns.business_rules.learning import probability
from growth.domain.campaigns.entities.learned_models import Calibration, LearnedModel

_FILE = EXAMPLES / "bank_marketing" / "bank-additional.csv"
_ORDER = Order("y", exclude=("duration",))
_ROWS, _SINGLE, _TRAINED = 50_000, 200, 41_000
_KINDS = (
    Candidate("tree", (("depth", 5), ("leaf", 0.01))),
    Candidate("logistic", (("knots", 30), ("C", 5e-4))),
    Candidate("boosting", (("depth", 3), ("trees", 100))),
)


def run(_: Cluster, plan: Plan) -> Result:
    result = Result("models")
    table = read_dataset(_FILE)
    frame = frame_of(table, _ORDER)
    many = np.random.default_rng(plan.seed).integers(0, table.rows, _ROWS)
    with threadpool_limits(1):
        for candidate in _KINDS:
            result.rows.append(_compared(candidate, frame, table.part(many), part_of(frame, many), plan))
    tree = result.rows[0]
    single, bulk = tree["one row, times faster"], tree["in bulk, times slower"]
    result.bars.append(Bar("a tree, one row", "≥ 3 times scikit-learn's rate", f"{single:.1f}", single >= 3))
    result.bars.append(Bar("a tree in bulk", "≤ 3 times scikit-learn's time", f"{bulk:.1f}", bulk <= 3))
    if (worst := max(row["largest difference"] for row in result.rows)) > 1e-12:
        result.errors.append(f"our probabilities are {worst} from scikit-learn's")
    rows = 4_000 if plan.quick else _TRAINED
    seconds = _training(table.part(many[np.arange(rows) % _ROWS]))
    result.bars.append(Bar(f"training on {rows:,} rows", "≤ 60 s", f"{seconds:.0f} s", seconds <= 60))
    return result


def _compared(candidate: Candidate, frame: Frame, table: Dataset, rows: Frame, plan: Plan) -> dict[str, float]:
    fitted = candidate.fit(frame, plan.seed)
    body = fitted.exported()
    columns, base, parts, trees = body.columns, body.base, body.parts, body.trees
    model = sealed(LearnedModel("", candidate.kind, columns, base, parts, trees, Calibration(), {}))
    encoded = fitted.curves if candidate.kind == "logistic" else fitted.inputs
    matrix = encoded.matrix(rows)
    read = {it.name: it.cells if it.words is None else [it.words[at] for at in it.cells] for it in rows.features}
    cells = read if trees else table.columns  # numbers as arrays, which only trees take
    people = [{name: column[at] for name, column in table.columns.items()} for at in range(_SINGLE)]
    theirs = fitted.learned.predict_proba
    single = _best(plan, lambda: [probability(model, row) for row in people]) / _SINGLE
    their_single = _best(plan, lambda: [theirs(matrix[at : at + 1]) for at in range(_SINGLE)]) / _SINGLE
    bulk, their_bulk = _best(plan, lambda: bulk_probabilities(model, cells, _ROWS)), _best(plan, lambda: theirs(matrix))
    apart = np.abs(np.array(bulk_probabilities(model, table.columns, _ROWS)) - theirs(matrix)[:, 1]).max()
    return {
        "model": candidate.kind,
        "one row, µs": single * 1e6,
        "scikit-learn's, µs": their_single * 1e6,
        "one row, times faster": their_single / single,
        "50,000 rows, ms": bulk * 1e3,
        "scikit-learn's, ms": their_bulk * 1e3,
        "in bulk, times slower": bulk / their_bulk,
        "largest difference": float(apart),
    }


def _best(plan: Plan, work: Callable[[], Sequence[object]]) -> float:
    found = []
    for _ in range(max(3, plan.rounds)):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def _training(table: Dataset) -> float:
    started = time.monotonic()
    train(table, _ORDER, lambda *_: None)
    return time.monotonic() - started
