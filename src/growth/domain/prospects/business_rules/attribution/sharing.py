"""Sharing one success between the touches before it, by the known models."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from itertools import accumulate, chain, islice
from math import fsum
from typing import Final

from growth.domain.prospects.entities.attribution import Channel, Model, Touch

HALF_LIFE: Final = timedelta(days=7)
_ENDS, _MIDDLE = Fraction(2, 5), Fraction(1, 5)
_UNITS = 10**12  # shares have twelve decimals
_NUDGES = (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5)
_ORDERS = [_NUDGES[start:] + _NUDGES[:start] for start in range(len(_NUDGES))]
_MOST_TRIES = 100  # of each order


def shares_of(touches: Sequence[Touch]) -> Mapping[Model, Mapping[Channel, float]]:
    """Return each model's share of every channel that was touched; no shares without touches."""
    return {model: _by_channel(touches, weigh(touches)) if touches else {} for model, weigh in _MODELS.items()}


def _by_channel(touches: Sequence[Touch], weights: Sequence[Fraction]) -> Mapping[Channel, float]:
    whole = sum(weights)
    sums: dict[Channel, Fraction] = {}
    for touch, weight in zip(touches, weights, strict=True):
        sums[touch.channel] = sums.get(touch.channel, Fraction(0)) + weight / whole
    return dict(zip(sums, _summing_to_one(list(sums.values())), strict=True))


def _first(touches: Sequence[Touch]) -> list[Fraction]:
    return _one_of(touches, 0)


def _last(touches: Sequence[Touch]) -> list[Fraction]:
    return _one_of(touches, len(touches) - 1)


def _last_non_direct(touches: Sequence[Touch]) -> list[Fraction]:
    """All to the last touch that is not direct; to the last one where all are."""
    places = [at for at, touch in enumerate(touches) if touch.channel is not Channel.DIRECT]
    return _one_of(touches, places[-1] if places else len(touches) - 1)


def _one_of(touches: Sequence[Touch], place: int) -> list[Fraction]:
    return [Fraction(at == place) for at in range(len(touches))]


def _linear(touches: Sequence[Touch]) -> list[Fraction]:
    return [Fraction(1)] * len(touches)


def _position(touches: Sequence[Touch]) -> list[Fraction]:
    """40 % for the first and the last, 20 % for those between; without any between, both ends have the same."""
    if (between := len(touches) - len("ab")) <= 0:
        return _linear(touches)
    return [_ENDS, *[_MIDDLE / between] * between, _ENDS]


def _time_decay(touches: Sequence[Touch]) -> list[Fraction]:
    """Half for each half-life before the last touch."""
    last = touches[-1].at
    return [Fraction(2.0 ** -((last - touch.at) / HALF_LIFE)) for touch in touches]


_MODELS: Mapping[Model, Callable[[Sequence[Touch]], list[Fraction]]] = {
    Model.FIRST: _first,
    Model.LAST: _last,
    Model.LAST_NON_DIRECT: _last_non_direct,
    Model.LINEAR: _linear,
    Model.POSITION: _position,
    Model.TIME_DECAY: _time_decay,
}


def _summing_to_one(shares: Sequence[Fraction]) -> list[float]:
    """Round so that the sum is 1: of the decimals, and of the floats, added in this order or in any careful way.

    What is lost by rounding down goes to the largest remainders. Floats may still miss 1, as ten times 0.1 does;
    then shares change by a few units until they do not.
    """
    units = [int(share * _UNITS) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda at: units[at] - shares[at] * _UNITS)
    for at in by_remainder[: _UNITS - sum(units)]:
        units[at] += 1
    plain = [unit / _UNITS for unit in units]
    walks = (islice(_walks([*accumulate(units)], order), _MOST_TRIES) for order in _ORDERS)
    tried = chain([plain], chain.from_iterable(walks))
    return next((floats for floats in tried if [*accumulate(floats)][-1] == fsum(floats) == 1), plain)


def _walks(marks: Sequence[int], nudges: Sequence[int], before: int = 0) -> Iterator[list[float]]:
    """Yield shares near the given sums of units, whose sum as floats is at each step that of the decimals."""
    if not marks:
        yield from [[]] if before == _UNITS else []
        return
    for nudge in nudges:
        mark = marks[0] + nudge
        share = (mark - before) / _UNITS
        if before <= mark <= _UNITS and before / _UNITS + share == mark / _UNITS:
            yield from ([share, *others] for others in _walks(marks[1:], nudges, mark))
