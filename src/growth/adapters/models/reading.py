"""From a file to a model. A file is whatever somebody sent: all of it is checked before any of it is used.

Sizes are bounded, numbers are finite, places are in range, and children of a node stand below it, so that every
walk through a tree ends.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Never, get_args

from growth.adapters.models.fields import Fields, Wrong
from growth.adapters.models.writing import FORMAT, FORMAT_VERSION, content_hash, described
from growth.domain.campaigns.entities.learned_models import (
    BadModelFile,
    Calibration,
    Column,
    Curve,
    Kind,
    LearnedModel,
    Levels,
    Tree,
)

LARGEST_FILE: Final = 16_000_000
_MOST_COLUMNS, _MOST_LEVELS, _MOST_KNOTS = 1_000, 1_000, 1_000
_MOST_TREES, _MOST_NODES, _DEEPEST = 2_000, 20_000, 64
_MOST_NODES_IN_ALL, _MOST_FACTS = 400_000, 50
_AGAIN: Final = "export the model again"


def load_model(path: Path) -> LearnedModel:
    """Return the model of a file. Raises `BadModelFile`."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as refused:
        raise BadModelFile(f"{path} cannot be read ({refused.strerror}): correct the path.") from None
    try:
        return parse_model(content)
    except Wrong as wrong:
        raise BadModelFile(f"{path} is no model that can be used: {wrong}.") from None


def read_model(content: bytes) -> LearnedModel:
    """Return the model that somebody sent. Raises `BadModelFile`."""
    try:
        model = parse_model(content)
    except Wrong as wrong:
        raise BadModelFile(f"This is no model that can be used: {wrong}.") from None
    if not _is_kept_as_it_is(model):
        raise BadModelFile(f"This was not written by `growth export-model`: {_AGAIN}.")
    return model


def _is_kept_as_it_is(model: LearnedModel) -> bool:
    """Tell whether the model, written and read again, has the version that it says, and nothing that cannot be kept."""
    try:
        text = json.dumps(described(model), ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\\u0000" not in text and content_hash(described(model)) == model.version


def parse_model(content: bytes) -> LearnedModel:
    """Return the model that a file's bytes are. Raises `Wrong`, which says where and what."""
    if len(content) > LARGEST_FILE:
        raise Wrong(f"it has more than {LARGEST_FILE // 1_000_000} MB")
    raw = _decoded(content)
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise Wrong(f'it does not say "format": "{FORMAT}"; give a file that `growth export-model` wrote')
    version = raw.get("format_version")
    if version != FORMAT_VERSION or isinstance(version, bool):
        said = version if isinstance(version, int) and abs(version) < 10**9 else "unknown"
        raise Wrong(f"its format has version {said}, and {FORMAT_VERSION} is read here; {_AGAIN}")
    fields = Fields(raw, "")
    fields.exactly("format", "format_version", "sha256", "model")
    model = fields.fields("model")
    try:
        hashed = content_hash(model.raw)
    except (ValueError, RecursionError):
        raise Wrong("model: has numbers that are not finite, or is nested too deep") from None
    if raw["sha256"] != hashed:
        raise Wrong(f"its content is not what was exported (the hash differs); {_AGAIN}")
    return _model(model, hashed)


def _decoded(content: bytes) -> Any:  # noqa: ANN401 - anything can stand in a file
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_no_number, object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise Wrong("it is not UTF-8 text") from None
    except RecursionError:
        raise Wrong("it is nested too deep") from None
    except Wrong:
        raise
    except json.JSONDecodeError as error:
        raise Wrong(f"it is not JSON from line {error.lineno}, column {error.colno} on; {_AGAIN}") from None
    except ValueError:
        raise Wrong("it has a number with too many digits") from None


def _no_number(name: str) -> Never:
    raise Wrong(f"{name} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Wrong("it names a key twice in one place")
    return found


def _model(fields: Fields, version: str) -> LearnedModel:
    fields.exactly("kind", "columns", "base", "parts", "trees", "calibration", "about")
    kind: Kind = fields.one_of("kind", get_args(Kind))
    columns = tuple(_column(each) for each in fields.each("columns", _MOST_COLUMNS))
    if len({column.name for column in columns}) < len(columns):
        raise Wrong("model.columns: name a column twice")
    parts = tuple(_part(each, columns) for each in fields.each("parts", _MOST_COLUMNS))
    trees = tuple(_tree(each, columns) for each in fields.each("trees", _MOST_TREES))
    if sum(len(tree.columns) for tree in trees) > _MOST_NODES_IN_ALL:
        raise Wrong(f"model.trees: have more than {_MOST_NODES_IN_ALL:,} nodes")
    line = fields.fields("calibration")
    line.exactly("slope", "intercept")
    calibration = Calibration(line.number("slope"), line.number("intercept"))
    return LearnedModel(version, kind, columns, fields.number("base"), parts, trees, calibration, _about(fields))


def _about(fields: Fields) -> dict[str, str | int | float]:
    about = fields.fields("about")
    about.at_most(_MOST_FACTS)
    return {name: about.fact(name) for name in about.raw}


def _column(fields: Fields) -> Column:
    if "levels" not in fields.raw:
        fields.exactly("name")
        return Column(fields.text("name"))
    fields.exactly("name", "levels")
    levels = fields.texts("levels", _MOST_LEVELS)
    if len(set(levels)) < len(levels):
        raise Wrong(f"{fields.at}.levels: name a level twice")
    return Column(fields.text("name"), levels)


def _part(fields: Fields, columns: tuple[Column, ...]) -> Curve | Levels:
    if "knots" not in fields.raw:
        fields.exactly("column", "values", "other")
        at = fields.whole("column", len(columns) - 1)
        levels = columns[at].levels
        if levels is None:
            raise Wrong(f"{fields.at}: gives words for a column of numbers")
        return Levels(at, fields.numbers("values", len(levels), len(levels)), fields.number("other"))
    fields.exactly("column", "knots", "values", "missing")
    at = fields.whole("column", len(columns) - 1)
    knots = fields.numbers("knots", 1, _MOST_KNOTS)
    if columns[at].levels is not None:
        raise Wrong(f"{fields.at}: gives a curve for a column of words")
    if any(after <= before for before, after in pairwise(knots)):
        raise Wrong(f"{fields.at}.knots: have to ascend")
    return Curve(at, knots, fields.numbers("values", len(knots), len(knots)), fields.number("missing"))


def _tree(fields: Fields, columns: tuple[Column, ...]) -> Tree:
    fields.exactly("columns", "thresholds", "missing_left", "left", "right", "values")
    asked = fields.wholes("columns", 1, _MOST_NODES, len(columns) - 1)
    size = len(asked)
    tree = Tree(
        asked,
        fields.numbers("thresholds", size, size),
        fields.switches("missing_left", size),
        fields.wholes("left", size, size, size - 1),
        fields.wholes("right", size, size, size - 1),
        fields.numbers("values", size, size),
    )
    depths = [0] * size
    for at in range(size):
        if tree.columns[at] >= 0:
            _check_node(tree, at, columns, fields.at)
            for child in (tree.left[at], tree.right[at]):
                depths[child] = max(depths[child], depths[at] + 1)
    if max(depths) > _DEEPEST:
        raise Wrong(f"{fields.at}: is deeper than {_DEEPEST}")
    return tree


def _check_node(tree: Tree, at: int, columns: tuple[Column, ...], where: str) -> None:
    if tree.left[at] <= at or tree.right[at] <= at:
        raise Wrong(f"{where}: node {at} has a child that does not stand below it")
    levels, threshold = columns[tree.columns[at]].levels, tree.thresholds[at]
    if levels is not None and (threshold != int(threshold) or not 0 <= threshold < len(levels)):
        raise Wrong(f"{where}: node {at} asks for a level that its column does not have")
