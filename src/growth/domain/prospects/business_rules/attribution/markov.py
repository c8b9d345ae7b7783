"""The Markov model of order 1: what would be lost if a channel led nowhere, solved and not simulated.

People go from a beginning over channels to a conversion or to nothing; it is counted how often each step follows on
another. A conversion is lost without a channel when its way leads over it. So the removal effect of a channel is the
chance to come over it, times the chance to convert from there, out of the chance to convert at all: the same that is
lost when the channel is taken out of the chain. Both chances are solutions of one linear system, inverted once.

That a channel follows on itself changes nothing: it only delays, and these steps are left out. Whoever comes to a
channel goes on to an end within his path, so what leaves any group of channels is no less than what came to it over
the length of a path: the system is never near to having no solution, whatever the numbers.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Final, TypeVar

from growth.domain.prospects.entities.channel_paths import ChannelPath, RemovalEffect

MOST_EXACT: Final = 20  # channels; with more of them fractions grow too long, and floats have to do
NumberT = TypeVar("NumberT", float, Fraction)


@dataclass(slots=True)
class _Chain:
    """How many people began at a channel, went from one to another, ended there, and with what."""

    begun: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    steps: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    ended: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    converted: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    worth: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def channels(self) -> list[str]:
        return sorted({*self.begun, *self.ended, *(there for _, there in self.steps)})


def removal_effects(paths: Iterable[ChannelPath]) -> Mapping[str, RemovalEffect]:
    """Return the effect of each channel that somebody touched."""
    chain = _counted(paths)
    return _effects(chain, Fraction) if len(chain.channels) <= MOST_EXACT else _effects(chain, float)


def _counted(paths: Iterable[ChannelPath]) -> _Chain:
    chain = _Chain()
    for path in paths:
        people = path.conversions + path.nulls
        if not people:  # nobody went this way
            continue
        chain.begun[path.channels[0]] += people
        for here, there in pairwise(path.channels):
            if here != there:
                chain.steps[here, there] += people
        chain.ended[path.channels[-1]] += people
        chain.converted[path.channels[-1]] += path.conversions
        chain.worth[path.channels[-1]] += path.value
    return chain


def _effects(chain: _Chain, kind: type[NumberT]) -> dict[str, RemovalEffect]:
    channels = chain.channels
    inverse = _inverse(_system(chain, channels, kind))
    begun: list[NumberT] = [kind(chain.begun[channel]) for channel in channels]
    over = [_product(begun, column) / column[at] for at, column in enumerate(zip(*inverse, strict=True))]
    found = []
    for numbers in (chain.converted, chain.worth):
        ends: list[NumberT] = [kind(numbers[channel]) for channel in channels]
        reached: list[NumberT] = [_product(row, ends) for row in inverse]
        whole = _product(begun, reached)
        lost = [float(way * end / whole) if whole else 0.0 for way, end in zip(over, reached, strict=True)]
        found.append([min(each, 1.0) for each in lost])  # floats may pass it by a hair
    return {channel: RemovalEffect(*both) for channel, both in zip(channels, zip(*found, strict=True), strict=True)}


def _system(chain: _Chain, channels: Sequence[str], kind: type[NumberT]) -> list[list[NumberT]]:
    """Return, for each channel, who leaves it in all, less who goes to each other one."""
    places = {channel: at for at, channel in enumerate(channels)}
    rows = [[kind(0)] * len(channels) for _ in channels]
    for channel, people in chain.ended.items():
        rows[places[channel]][places[channel]] = kind(people)
    for (here, there), people in chain.steps.items():
        rows[places[here]][places[there]] = -kind(people)
        rows[places[here]][places[here]] += kind(people)
    return rows


def _inverse(rows: Sequence[Sequence[NumberT]]) -> list[list[NumberT]]:
    """Eliminate by Gauss and Jordan, in place and without a search for pivots, which diagonal dominance allows."""
    work = [list(row) for row in rows]
    for at, pivot_row in enumerate(work):
        pivot, pivot_row[at] = pivot_row[at], type(pivot_row[at])(1)
        pivot_row[:] = [number / pivot for number in pivot_row]
        for other in work:
            if other is not pivot_row and (factor := other[at]):
                other[at] = type(factor)(0)
                other[:] = [number - factor * above for number, above in zip(other, pivot_row, strict=True)]
    return work


def _product(left: Sequence[NumberT], right: Sequence[NumberT]) -> NumberT:
    total = left[0] * right[0]
    for one, other in zip(left[1:], right[1:], strict=True):
        total += one * other
    return total
