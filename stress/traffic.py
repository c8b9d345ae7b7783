"""The mix: which request comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Protocol

from stress.exchanges import Request
from stress.people import People
from stress.referrals import Referrals
from stress.visitors import Estimates, Events
from stress.webhooks import Partner, Stripe


class Source(Protocol):
    def next(self) -> Request: ...

    def bad(self) -> Request:
        """Return a request that has to be refused."""
        ...


@dataclass(frozen=True, slots=True)
class Mix:
    """`parts` of each kind. `bad`: the share of requests that are bad on purpose."""

    parts: Mapping[str, float]
    bad: float


@dataclass(frozen=True, slots=True)
class Secrets:
    """What to sign webhooks with; those without a secret are left out. `partner`: name and secret."""

    stripe: str | None = None
    partner: tuple[str, str] | None = None


class Traffic:
    """Requests of one run. `key`: of the role service, for what is not signed."""

    def __init__(self, people: People, key: str, mix: Mix, secrets: Secrets, chance: Random) -> None:
        referrals = Referrals(people, chance)
        signed: list[Source] = []
        if secrets.stripe:
            signed.append(Stripe(people, referrals.payers, secrets.stripe, chance))
        if secrets.partner:
            signed.append(Partner(people, *secrets.partner, chance))
        all_: dict[str, Sequence[Source]] = {
            "events": [Events(people, chance)],
            "estimates": [Estimates(people, chance)],
            "referrals": [referrals],
            "webhooks": signed,
        }
        self._sources = [(source, mix.parts.get(kind, 0) / len(them)) for kind, them in all_.items() for source in them]
        self._authorization = {"authorization": f"Bearer {key}"}
        self._bad, self._chance = mix.bad, chance

    def next(self) -> Request:
        sources, shares = zip(*self._sources, strict=True)
        source: Source = self._chance.choices(sources, shares)[0]
        request = source.bad() if self._chance.random() < self._bad else source.next()
        if request.path.startswith("/webhooks/"):
            return request
        return replace(request, headers={**request.headers, **self._authorization})
