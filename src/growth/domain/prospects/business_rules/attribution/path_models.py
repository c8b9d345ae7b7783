"""What channels were worth over many paths, by each model."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from growth.domain.prospects.business_rules.attribution.markov import removal_effects
from growth.domain.prospects.entities.channel_paths import (
    BadPathsFile,
    ChannelPath,
    ChannelResult,
    Credit,
    PathsResult,
    RemovalEffect,
)

MOST_CHANNELS: Final = 300
_NONE = RemovalEffect(0.0, 0.0)


def results_of(paths: Sequence[ChannelPath]) -> PathsResult:
    """Return each channel's first, last and linear credit, its removal effect, and the credit by removal effects.

    Each credit sums to all conversions and all value. Raises `BadPathsFile` with too many channels.
    """
    names = {channel for path in paths for channel in path.channels}
    if len(names) > MOST_CHANNELS:
        raise BadPathsFile(f"The paths have {len(names):,} different channels: put them into {MOST_CHANNELS} groups.")
    conversions, value = sum(path.conversions for path in paths), sum(path.value for path in paths)
    effects = removal_effects(paths)
    first, last, linear = (_credits(paths, weigh) for weigh in (_first, _last, _linear))
    markov = _by_effect(effects, conversions, value)
    results = [
        ChannelResult(name, first[name], last[name], linear[name], effects.get(name, _NONE), markov[name])
        for name in names
    ]
    results.sort(key=lambda result: (-result.markov.conversions, result.channel))
    return PathsResult(len(paths), conversions, value, sum(path.nulls for path in paths), results)


def _credits(
    paths: Iterable[ChannelPath], weigh: Callable[[tuple[str, ...]], Mapping[str, float]]
) -> dict[str, Credit]:
    conversions: dict[str, float] = defaultdict(float)
    value: dict[str, float] = defaultdict(float)
    for path in paths:
        for channel, weight in weigh(path.channels).items():
            conversions[channel] += path.conversions * weight
            value[channel] += path.value * weight
    return defaultdict(lambda: Credit(0.0, 0.0), {name: Credit(conversions[name], value[name]) for name in conversions})


def _first(channels: tuple[str, ...]) -> Mapping[str, float]:
    return {channels[0]: 1.0}


def _last(channels: tuple[str, ...]) -> Mapping[str, float]:
    return {channels[-1]: 1.0}


def _linear(channels: tuple[str, ...]) -> Mapping[str, float]:
    """Give each touch the same: a channel that came twice has two parts."""
    return {channel: times / len(channels) for channel, times in Counter(channels).items()}


def _by_effect(effects: Mapping[str, RemovalEffect], conversions: float, value: float) -> dict[str, Credit]:
    all_conversions = sum(effect.conversions for effect in effects.values())
    all_value = sum(effect.value for effect in effects.values())
    shared = {
        channel: Credit(
            conversions * effect.conversions / all_conversions,
            value * effect.value / all_value if all_value else 0.0,
        )
        for channel, effect in effects.items()
    }
    return defaultdict(lambda: Credit(0.0, 0.0), shared)
