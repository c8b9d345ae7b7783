"""Writing down what happened to people, as a set: one question, one rule over all, one insert."""

from collections.abc import Sequence
from dataclasses import dataclass

from growth.domain.kernel.ids import NewId
from growth.domain.prospects.business_rules.event_rules import faults_of
from growth.domain.prospects.business_rules.recording import asked, is_from_the_future, once, recorded
from growth.domain.prospects.entities.events import BadEvent, EventFromTheFuture, EventNews, Outcome, Told
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.steps.welcoming import Welcoming


@dataclass(frozen=True, slots=True)
class Recording:
    """The step, with what it needs beside its transaction."""

    welcome: Welcoming
    new_id: NewId

    async def __call__(self, tx: ProspectsTx, told: Sequence[EventNews]) -> list[Outcome]:
        """Record events; return what became of each, in their order. One that is refused keeps no other back."""
        faults = [faults_of(news) for news in told]
        fitting = [news for news, wrong in zip(told, faults, strict=True) if not wrong]
        kept = iter(await self._record(tx, fitting) if fitting else [])
        return [BadEvent(*wrong) if wrong else next(kept) for wrong in faults]

    async def _record(self, tx: ProspectsTx, told: Sequence[EventNews]) -> list[Outcome]:
        questions = [asked(news) for news in told]
        if compared := {it.email for it in questions if it.compare}:
            await tx.people.lock_known(compared)  # nobody else tells newer parameters of theirs meanwhile
        now, met = await tx.people.meet(questions)
        late = [is_from_the_future(news, now) for news in told]
        fresh = once((news, found) for news, found, early in zip(told, met, late, strict=True) if not early)
        people, theirs = await self.welcome(tx, fresh, now)
        result = recorded(theirs, people, now, self.new_id)
        if result.phones:
            await tx.people.fill_phones(result.phones)
        if result.events:
            await tx.events.record(result.events)
        elif fresh:
            await tx.events.record_nothing()
        return [
            EventFromTheFuture() if early else Told.KEPT if found.told or news.email in people else Told.OF_NOBODY
            for news, found, early in zip(told, met, late, strict=True)
        ]
