"""Paths of channels to a success or to none, over many people, and what each channel was worth on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from growth.domain.kernel.errors import Invalid


class BadPathsFile(Invalid):
    """The file of paths cannot be used."""

    code = "bad-paths-file"


@dataclass(frozen=True, slots=True)
class ChannelPath:
    """The channels that people touched, in order; a channel may come again.

    `conversions` of them succeeded with `value` in all, `nulls` went away.
    """

    channels: tuple[str, ...]
    conversions: float
    value: float
    nulls: float


@dataclass(frozen=True, slots=True)
class Credit:
    """What a model gives to one channel."""

    conversions: float
    value: float


@dataclass(frozen=True, slots=True)
class RemovalEffect:
    """The parts of all conversions and of all value, from 0 to 1, that would be lost without a channel."""

    conversions: float
    value: float


@dataclass(frozen=True, slots=True)
class ChannelResult:
    channel: str
    first: Credit
    last: Credit
    linear: Credit
    removal_effect: RemovalEffect
    markov: Credit


@dataclass(frozen=True, slots=True)
class PathsResult:
    """`channels`: those with the most conversions by the Markov model first."""

    paths: int
    conversions: float
    value: float
    nulls: float
    channels: Sequence[ChannelResult]
