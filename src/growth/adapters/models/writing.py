"""From a model to its file. Numbers are written so that they are read back to the last bit."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from growth.adapters.whole_files import write_whole
from growth.domain.campaigns.entities.learned_models import Curve, LearnedModel, Levels

FORMAT: Final = "growth-model"
FORMAT_VERSION: Final = 1


def save_model(path: Path, model: LearnedModel) -> None:
    """Write the model's file in one piece."""
    write_whole(path, json.dumps(file_of(model), ensure_ascii=False, allow_nan=False) + "\n")


def file_of(model: LearnedModel) -> dict[str, Any]:
    """Return what a model's file says."""
    return {"format": FORMAT, "format_version": FORMAT_VERSION, "sha256": model.version, "model": described(model)}


def sealed(model: LearnedModel) -> LearnedModel:
    """Return the model under the version that its content makes."""
    return replace(model, version=content_hash(described(model)))


def content_hash(described: Mapping[str, Any]) -> str:
    canonical = json.dumps(described, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def described(model: LearnedModel) -> dict[str, Any]:
    """Return the model as JSON has it, without its version."""
    return {
        "kind": model.kind,
        "columns": [
            {"name": column.name} | ({} if column.levels is None else {"levels": list(column.levels)})
            for column in model.columns
        ],
        "base": model.base,
        "parts": [_part(part) for part in model.parts],
        "trees": [{name: list(values) for name, values in asdict(tree).items()} for tree in model.trees],
        "calibration": asdict(model.calibration),
        "about": dict(model.about),
    }


def _part(part: Curve | Levels) -> dict[str, Any]:
    if isinstance(part, Curve):
        lines = {"knots": list(part.knots), "values": list(part.values), "missing": part.missing}
        return {"column": part.column, **lines}
    return {"column": part.column, "values": list(part.values), "other": part.other}
