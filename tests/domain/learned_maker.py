"""Learned models that are small enough to be worked out by hand."""

from growth.adapters.models import sealed
from growth.domain.campaigns.entities.learned_models import Calibration, Column, Curve, LearnedModel, Levels


def a_model(now=2.0, later=-1.0, *, base=-1.0, column="sell_timeframe", days=True, rows=100):
    """Whoever sells now has log-odds of 1 by default, others of minus 2; less by 0.01 for each day."""
    curve = (Curve(1, (0.0, 30.0), (0.0, -0.3), 0.0),) if days else ()
    return sealed(
        LearnedModel(
            version="",
            kind="logistic",
            columns=(Column(column, ("now",)), *((Column("whole_days"),) if days else ())),
            base=base,
            parts=(Levels(0, (now,), later), *curve),
            trees=(),
            calibration=Calibration(),
            about={"rows": rows},
        )
    )
