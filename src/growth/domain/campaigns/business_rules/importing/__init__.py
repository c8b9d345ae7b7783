"""Reads a file of leads: from bytes, and perhaps a mapping, to rows that can be taken and rows that cannot."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from growth.domain.campaigns.business_rules.importing.csv_rows import parse_csv
from growth.domain.campaigns.business_rules.importing.fields import FIELDS, REQUIRED, submission_of
from growth.domain.campaigns.business_rules.importing.filling import filled, indexed
from growth.domain.campaigns.business_rules.importing.mapping import parse_mapping
from growth.domain.campaigns.entities.importing import (
    BadLeadsFile,
    CsvFile,
    LeadMapping,
    LeadRow,
    LeadsFile,
    Record,
)
from growth.domain.campaigns.entities.leads import Submission
from growth.domain.kernel.errors import Fault
from growth.domain.kernel.toml_tables import did_you_mean

__all__ = ["arriving", "mapped_texts", "parse_mapping", "read_leads"]

Texts = tuple[dict[str, str], tuple[Fault, ...]]


def read_leads(
    content: bytes, mapping: LeadMapping | None = None, files: Mapping[str, bytes] | None = None
) -> LeadsFile:
    """Return the rows of a CSV file: with the fields of a lead as its columns, or as the mapping fills them.

    `files`: the content of each file that the mapping looks things up in, by name. Raises `BadLeadsFile` when nothing
    can be read at all (no UTF-8, a column twice or missing), `BadMapping` when a looked-up file does not fit.
    """
    table = parse_csv(content)
    if mapping is None:
        texts, notes = _plain(table)
    else:
        texts, notes = mapped_texts(table, mapping, files or {}), ()
    if not table.records:
        notes = (*notes, "The file names its columns and has no rows: there is nothing to import.")
    return LeadsFile(tuple(_row(record, texts) for record in table.records), notes)


def mapped_texts(table: CsvFile, mapping: LeadMapping, files: Mapping[str, bytes]) -> Callable[[Record], Texts]:
    """Return the function that fills the fields of a row as texts. Raises `BadLeadsFile`, `BadMapping`."""
    _all_there(table, mapping.columns)
    tables = indexed(mapping, files)
    return lambda record: filled(record, mapping, tables)


def arriving(submission: Submission, at: datetime) -> Submission:
    """Return the same submission as if the person had sent it, and given consent, at `at` (aware, UTC)."""
    consent = submission.consent
    if consent is not None:
        consent = {**consent, "given_at": at.isoformat()}
    return replace(submission, requested_at=at, consent=consent)


def _plain(table: CsvFile) -> tuple[Callable[[Record], Texts], tuple[str, ...]]:
    names = {column: column.casefold() for column in table.columns}
    known = {column: name for column, name in names.items() if name in FIELDS}
    if len(set(known.values())) < len(known):
        raise BadLeadsFile("The first line names a column twice, in upper and lower case: remove one of the two.")
    _all_there(replace(table, columns=tuple(known.values())), REQUIRED)
    ignored = [column for column in table.columns if column not in known]
    notes = tuple(
        f'The column "{column[:100]}" is ignored: no field of a lead has this name.{did_you_mean(column, FIELDS)}'
        for column in ignored
    )
    return lambda record: ({name: record.cells[column] for column, name in known.items()}, ()), notes


def _all_there(table: CsvFile, columns: tuple[str, ...]) -> None:
    if missing := [column for column in columns if column not in table.columns]:
        listed = ", ".join(missing)
        message = "Add this column: every lead needs it."
        raise BadLeadsFile(
            f"The first line does not name {listed}: add the columns, or use a mapping file that fills them.",
            *(Fault(column, "missing-column", message) for column in missing),
        )


def _row(record: Record, texts: Callable[[Record], Texts]) -> LeadRow:
    if record.faults:
        return LeadRow(record.line, None, record.faults)
    found, unfilled = texts(record)
    submission, faults = submission_of(found)
    if unfilled:
        empty = {fault.pointer for fault in unfilled}  # that they are missing follows from why
        return LeadRow(record.line, None, (*unfilled, *(f for f in faults if f.pointer not in empty)))
    return LeadRow(record.line, submission, faults)
