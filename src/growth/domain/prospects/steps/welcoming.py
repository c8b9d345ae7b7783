"""Making prospects of people who were unknown until now, and leaving out what erased people sent before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.arrivals import Comer, admit, may_come
from growth.domain.kernel.ids import NewId, ProspectId
from growth.domain.kernel.person import Email, Prospect, newcomer
from growth.domain.prospects.business_rules.recording import arrival_of, newcomers, told_of_before
from growth.domain.prospects.entities.events import EventNews
from growth.domain.prospects.entities.people import Met
from growth.domain.prospects.ports.stores import ProspectsTx

Fresh = tuple[EventNews, Met]


@dataclass(frozen=True, slots=True)
class Welcoming:
    """The step, with what it needs beside its transaction. It asks the database only for whom we do not know."""

    new_id: NewId

    async def __call__(
        self, tx: ProspectsTx, fresh: Sequence[Fresh], now: datetime
    ) -> tuple[Mapping[Email, Prospect], Sequence[Fresh]]:
        """Return the people of these events by address, and the events that are theirs to have."""
        people = {news.email: met.prospect for news, met in fresh if met.prospect}
        coming = newcomers(fresh)
        asked = [n for n, (news, met) in enumerate(fresh) if news.email in coming or told_of_before(news, met)]
        if not asked:
            return people, fresh
        arrivals = {n: arrival_of(fresh[n][0], now) for n in asked}
        memories = dict(zip(asked, await tx.tombstones.remembered(list(arrivals.values())), strict=True))
        barred = {
            n for n, it in memories.items() if (it.told if fresh[n][1].prospect else not may_come(arrivals[n], it))
        }
        kept = {n: it for n, it in enumerate(fresh) if n not in barred}
        first = newcomers(list(kept.values()))
        comers = [
            Comer(self._newcomer(first[news.email], now), arrivals[n], memories[n])
            for n, (news, _) in kept.items()
            if news.email in first
        ]
        return {**people, **await admit(tx, comers, now)}, list(kept.values())

    def _newcomer(self, news: EventNews, now: datetime) -> Prospect:
        return newcomer(ProspectId(self.new_id()), news.email, news.country_code, now)
