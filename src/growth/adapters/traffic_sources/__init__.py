"""What kind of site a source of traffic is: Google's published list as dbt-ga4 carries it (MIT, see LICENSE), and ours.

`more_sources.csv` is ours, in the same form: country domains, sites younger than Google's list, apps by their package,
webmail, AI assistants.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from growth.domain.prospects.entities.attribution import SourceKind, TrafficSources

_FOLDER = Path(__file__).parent
_GOOGLES, _OURS = _FOLDER / "ga4_source_categories.csv", _FOLDER / "more_sources.csv"
_CATEGORY = "SOURCE_CATEGORY_"


def load_traffic_sources(paths: Sequence[Path] = (_GOOGLES, _OURS)) -> TrafficSources:
    """Return the lists as one. A source that several name is what the first says. Raises `ValueError`."""
    kinds: dict[str, SourceKind] = {}
    for path in paths:
        for source, kind in _rows(path):
            kinds.setdefault(source, kind)
    return TrafficSources(kinds)


def _rows(path: Path) -> Iterator[tuple[str, SourceKind]]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            source, category = row["source"].strip().lower(), row["source_category"].strip()
            yield source, SourceKind(category.removeprefix(_CATEGORY).lower())
