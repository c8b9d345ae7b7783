"""When requests are due: a stream of strangers who do not wait for each other, or for the server."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

KINDS = ("events", "estimates", "referrals", "webhooks")
USUAL_MIX = "events=60,estimates=20,referrals=10,webhooks=10"


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate`: requests a second once the `ramp` is over. `seconds`: altogether, the ramp included."""

    rate: float
    ramp: float
    seconds: float

    @property
    def expected(self) -> float:
        """How many requests become due, on average."""
        return self.rate * (self.seconds - self.ramp / 2)


def arrivals(plan: Plan, chance: Random) -> Iterator[float]:
    """Yield when the next request is due, in seconds since the start: a Poisson process, as strangers arrive."""
    number = chance.expovariate(1)
    while (at := due(plan, number)) < plan.seconds:
        yield at
        number += chance.expovariate(1)


def due(plan: Plan, number: float) -> float:
    """Return by when so many requests are expected: the rate climbs evenly from nothing, then it stays."""
    while_climbing = plan.rate * plan.ramp / 2
    if number < while_climbing:
        return math.sqrt(2 * number * plan.ramp / plan.rate)
    return plan.ramp + (number - while_climbing) / plan.rate


def read_mix(text: str) -> Mapping[str, float]:
    """Read `events=60,estimates=20`: parts of any sum. Raises ValueError."""
    mix: dict[str, float] = {}
    for part in text.split(","):
        kind, _, share = part.strip().partition("=")
        if kind not in KINDS or kind in mix:
            raise ValueError(f"Write each of {', '.join(KINDS)} at most once, like {USUAL_MIX}.")
        mix[kind] = float(share)
    if not all(0 <= share < math.inf for share in mix.values()) or not sum(mix.values()):
        raise ValueError("Write shares that are not negative, and one that is not 0.")
    return {kind: share for kind, share in mix.items() if share}
