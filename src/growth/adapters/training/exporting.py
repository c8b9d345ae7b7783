"""From scikit-learn's models to ours. Thresholds are moved to where its 32-bit numbers divide 64-bit ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from growth.adapters.training.encodings import Block, Curves, Inputs
from growth.adapters.training.frames import Array, Feature
from growth.domain.campaigns.entities.learned_models import Column, Curve, Levels, Tree


@dataclass(frozen=True, slots=True)
class Exported:
    """The body of a model."""

    columns: tuple[Column, ...]
    base: float
    parts: tuple[Curve | Levels, ...]
    trees: tuple[Tree, ...]


def straight(learned: Any, curves: Curves) -> Exported:  # noqa: ANN401 - scikit-learn has no types
    """Return a logistic model; each part is moved so that it adds 0 on average, and the base takes what it had."""
    base, start = float(learned.intercept_[0]), 0
    columns, parts = [], []
    for at, blocks in enumerate(curves.by_feature()):
        weighted = []
        for block in blocks:
            weights = learned.coef_[0][start : start + block.width] / block.scales
            start += block.width
            average = float(weights @ block.means)
            base += average
            weighted.append((block, weights - average))
        columns.append(_column(curves.features[at], blocks[0].width - 1))
        parts.append(_part(at, weighted))
    return Exported(tuple(columns), base, tuple(parts), ())


def _part(at: int, weighted: Sequence[tuple[Block, Array]]) -> Curve | Levels:
    """Return the sum of a feature's blocks: straight lines between the knots of all of them."""
    rest = math.fsum(weights[-1] for block, weights in weighted if block.rest_seen)
    hats = [(block.knots, weights[:-1]) for block, weights in weighted if block.knots is not None]
    if not hats:
        return Levels(at, tuple(weighted[0][1][:-1].tolist()), rest)
    knots = np.unique(np.concatenate([places for places, _ in hats]))
    values = np.sum([np.interp(knots, places, weights) for places, weights in hats], axis=0)
    return Curve(at, tuple(knots.tolist()), tuple(values.tolist()), rest)


def grown(learned: Any, inputs: Inputs) -> Exported:  # noqa: ANN401
    nodes = learned.tree_
    p = nodes.value[:, 0, 1]
    thresholds = [_in_64_bits(each) for each in nodes.threshold]
    missing = nodes.missing_go_to_left.astype(bool)
    leaf = nodes.children_left < 0
    shape = _Shape(nodes.feature, thresholds, missing, nodes.children_left, nodes.children_right, leaf)
    return _exported(inputs, 0.0, [_tree(inputs, shape, np.log(p / (1 - p)), nodes.n_node_samples)])


def boosted(learned: Any, inputs: Inputs) -> Exported:  # noqa: ANN401
    trees = []
    for (one,) in learned._predictors:  # noqa: SLF001 - there is no other way to them; a test compares what they say
        nodes = one.nodes
        shape = _Shape(
            nodes["feature_idx"],
            nodes["num_threshold"].tolist(),
            nodes["missing_go_to_left"].astype(bool),
            nodes["left"],
            nodes["right"],
            nodes["is_leaf"].astype(bool),
        )
        trees.append(_tree(inputs, shape, nodes["value"], nodes["count"]))
    return _exported(inputs, float(learned._baseline_prediction[0, 0]), trees)  # noqa: SLF001


@dataclass(frozen=True, slots=True)
class _Shape:
    asked: Array
    thresholds: Sequence[float]
    missing: Array
    left: Array
    right: Array
    leaf: Array


def _tree(inputs: Inputs, shape: _Shape, values: Array, rows: Array) -> Tree:
    """Return the tree; inner nodes get the mean of what is below them."""
    means = np.array(values, dtype=float)
    asked, thresholds = [-1] * len(means), [0.0] * len(means)
    for at in range(len(means) - 1, -1, -1):
        if shape.leaf[at]:
            continue
        left, right = shape.left[at], shape.right[at]
        means[at] = (means[left] * rows[left] + means[right] * rows[right]) / (int(rows[left]) + int(rows[right]))
        read = inputs.inputs[shape.asked[at]]
        asked[at] = read.feature
        thresholds[at] = shape.thresholds[at] if read.level is None else float(read.level)
    below = [[0 if shape.leaf[at] else int(side[at]) for at in range(len(means))] for side in (shape.left, shape.right)]
    missing = (shape.missing & ~shape.leaf).tolist()
    return Tree(
        tuple(asked), tuple(thresholds), tuple(missing), tuple(below[0]), tuple(below[1]), tuple(means.tolist())
    )


def _exported(inputs: Inputs, base: float, trees: Sequence[Tree]) -> Exported:
    levels = dict.fromkeys(range(len(inputs.features)), 0)
    for each in inputs.inputs:
        if each.level is not None:
            levels[each.feature] = max(levels[each.feature], each.level + 1)
    columns = tuple(_column(feature, levels[at]) for at, feature in enumerate(inputs.features))
    return Exported(columns, base, (), tuple(trees))


def _column(feature: Feature, levels: int) -> Column:
    return Column(feature.name, None if feature.words is None else feature.words[:levels])


def _in_64_bits(threshold: float) -> float:
    """Return the largest number that scikit-learn, which rounds to 32 bits first, does not find above the threshold."""
    below = np.float32(threshold)
    if float(below) > threshold:
        below = np.nextafter(below, np.float32(-np.inf))
    above = np.nextafter(below, np.float32(np.inf))
    middle = (float(below) + float(above)) / 2
    return middle if float(np.float32(middle)) <= threshold else float(np.nextafter(middle, -np.inf))
