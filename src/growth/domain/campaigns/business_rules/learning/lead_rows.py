"""A lead as a row of the table that models are learned from: the fields of its snapshot, as a file has them."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

from growth.domain.campaigns.entities.learned_models import Cell, LearnedModel, Row
from growth.domain.campaigns.entities.scoring import ABSENT, LeadSnapshot

LEAD_COLUMNS: Final = tuple(field.name for field in fields(LeadSnapshot))


def row_of(snapshot: LeadSnapshot) -> Row:
    """Return the row: yes or no for what is true or not, the word for what is none, nothing for what is unknown."""
    return {name: _cell(name, getattr(snapshot, name)) for name in LEAD_COLUMNS}


def _cell(name: str, value: object) -> Cell:
    if value is None:
        return ABSENT.get(name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str | int | float) else str(value)


def foreign_columns(model: LearnedModel) -> Sequence[str]:
    """Return the columns of a model that leads do not have: it would never see them."""
    return [column.name for column in model.columns if column.name not in LEAD_COLUMNS]
