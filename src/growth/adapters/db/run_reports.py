"""The accounting of runs: one statement, for transactions and for views."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import LateralFromClause

from growth.adapters.db.tables.campaigns import calls, decisions, runs
from growth.domain.campaigns.entities.calls import REACHED, CallState, WrapUp
from growth.domain.campaigns.entities.runs import Outcome, RunReport


def run_report(row: Sequence[Any]) -> RunReport:
    """Return the report of a row of `run_reports`."""
    return RunReport(*row)


def _made() -> LateralFromClause:
    """Return what became of a run's injected calls."""
    return (
        select(
            func.count().label("injected"),
            func.count().filter(calls.c.state == CallState.CALLED).label("called"),
            func.count().filter(calls.c.wrapup.in_(REACHED)).label("reached"),
            func.count().filter(calls.c.wrapup == WrapUp.ARGUEDPOSITIVE).label("appointments"),
            func.count().filter(calls.c.state == CallState.RECYCLED).label("recycled"),
            func.count().filter(calls.c.state == CallState.DROPPED).label("dropped"),
        )
        .where(calls.c.run_id == runs.c.id)
        .lateral("made")
    )


def _gates() -> ColumnElement[Any]:
    """Return how many candidates each gate of a run has stopped."""
    stopped = decisions.c.outcome == Outcome.STOPPED
    key = (decisions.c.run_id, decisions.c.gate)
    by_gate = select(*key, func.count().label("number")).where(stopped).group_by(*key).subquery()
    counted = func.jsonb_object_agg(by_gate.c.gate, by_gate.c.number)
    gates = select(func.coalesce(counted, cast(literal("{}"), JSONB)))
    return gates.where(by_gate.c.run_id == runs.c.id).scalar_subquery()


def run_reports() -> Select[Any]:
    """Return the query of `RunReport`'s fields, in their order; the caller says of which runs."""
    made = _made()
    decided = select(func.count().label("candidates")).where(decisions.c.run_id == runs.c.id).lateral("decided")
    return (
        select(
            runs.c.id,
            runs.c.campaign,
            runs.c.slot_start,
            runs.c.slot_end,
            runs.c.state,
            decided.c.candidates,
            made.c.injected,
            made.c.called,
            made.c.reached,
            made.c.appointments,
            made.c.recycled,
            made.c.dropped,
            _gates(),
        )
        .select_from(runs)
        .join(made, literal(True))
        .join(decided, literal(True))
    )
