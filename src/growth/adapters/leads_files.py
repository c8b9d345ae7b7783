"""Files of leads on disk, and the example data. A mapping names other files, and only those beside it are read."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from growth.domain.campaigns.business_rules.importing import mapped_texts, parse_mapping, read_leads
from growth.domain.campaigns.business_rules.importing.csv_rows import parse_csv
from growth.domain.campaigns.entities.calls import WrapUp
from growth.domain.campaigns.entities.importing import BadLeadsFile, BadMapping, LeadMapping, LeadsFile
from growth.domain.kernel.person import Email, parse_email

_EXAMPLE_LEADS, _EXAMPLE_MAPPING = "dubai_Leads.csv", "mapping.toml"
_NOT_RESPONSIVE = "Not responsive / went cold"
_OUTCOMES: Mapping[str, WrapUp] = {
    "Sold": WrapUp.ARGUEDPOSITIVE,
    "Booking": WrapUp.ARGUEDPOSITIVE,
    "Qualified": WrapUp.ARGUED,
    "Negotiation": WrapUp.ARGUED,
    "Site Visit": WrapUp.ARGUED,
    "Lost": WrapUp.NONARGUED,
    "Contacted": WrapUp.TOCALL,
    "Lead": WrapUp.TOCALL,
}


def read_leads_file(leads: Path, mapping: Path | None = None) -> LeadsFile:
    """Return the rows of a CSV file, filled as the mapping file says where there is one.

    Raises `BadLeadsFile`, `BadMapping`.
    """
    content = _content(leads, BadLeadsFile)
    if mapping is None:
        return read_leads(content)
    return read_leads(content, *read_mapping(mapping))


def read_mapping(path: Path) -> tuple[LeadMapping, dict[str, bytes]]:
    """Return a mapping, and the content of each file that it looks things up in. Raises `BadMapping`."""
    try:
        raw = tomllib.loads(_content(path, BadMapping).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadMapping(f"{path} is not UTF-8: save the file as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise BadMapping(f"{path} is not TOML, mend this: {error}") from None
    mapping = parse_mapping(raw)
    names = sorted({lookup.file for lookup in mapping.lookups})
    return mapping, {name: _content(path.parent / name, BadMapping) for name in names}


def recorded_outcomes(folder: Path) -> dict[Email, WrapUp]:
    """Return what became of each lead of the example data in `folder`, by email address."""
    table = parse_csv(_content(folder / _EXAMPLE_LEADS, BadLeadsFile))
    texts = mapped_texts(table, *read_mapping(folder / _EXAMPLE_MAPPING))
    outcomes = {}
    for record in table.records:
        cold = record.cells["Lost_Reason"] == _NOT_RESPONSIVE
        email = parse_email(texts(record)[0]["email"])
        outcomes[email] = WrapUp.UNREACHABLE if cold else _OUTCOMES[record.cells["Lead_Status"]]
    return outcomes


def _content(path: Path, error: type[BadLeadsFile | BadMapping]) -> bytes:
    try:
        return path.read_bytes()
    except OSError as refused:
        raise error(f"{path} cannot be read ({refused.strerror}): correct the path.") from None
