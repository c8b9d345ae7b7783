"""The frontend tells where a self-serve flow stands."""

from dataclasses import dataclass, replace
from datetime import datetime

from growth.domain.kernel.arrivals import Arrival, meet
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId, ProspectId
from growth.domain.kernel.messages import MessageId
from growth.domain.kernel.person import newcomer
from growth.domain.prospects.business_rules.mailing import person_to_tell
from growth.domain.prospects.entities.requests import FlowNews, SelfServeFlow
from growth.domain.prospects.ports.stores import ProspectsTx


@dataclass(frozen=True, slots=True)
class SaveFlow:
    """Keep a flow, new or changed. With an address it becomes that person's, whosever it was.

    What was in it of somebody else does not go with it.
    """

    begin: Begin[ProspectsTx]
    new_id: NewId

    async def __call__(self, news: FlowNews) -> None:
        async with self.begin() as tx:
            now = await tx.now()
            owner = await self._owner(tx, news, now)  # people are locked before flows
            known = await tx.flows.lock_or_add(_flow(news, owner, now))
            if known is not None:
                await tx.flows.save(_changed(known, news, owner, now))

    async def _owner(self, tx: ProspectsTx, news: FlowNews, now: datetime) -> ProspectId | None:
        if news.email is None:
            return None
        new = newcomer(ProspectId(self.new_id()), news.email, news.country_code, now)
        person = (await meet(tx, [(new, Arrival(news.email, None, now))], now)).people[news.email]
        if person.id == new.id:
            await tx.outbox.add(person_to_tell(person.id, MessageId(self.new_id())))
        return person.id


def _flow(news: FlowNews, owner: ProspectId | None, now: datetime) -> SelfServeFlow:
    return SelfServeFlow(
        id=news.id,
        country_code=news.country_code,
        persona_type=news.persona_type,
        language=news.language,
        prospect_id=owner,
        step=news.step,
        data=news.data or {},
        created_at=now,
        updated_at=now,
    )


def _changed(known: SelfServeFlow, news: FlowNews, owner: ProspectId | None, now: datetime) -> SelfServeFlow:
    kept = {} if owner and known.prospect_id not in (None, owner) else known.data
    return replace(
        known,
        country_code=news.country_code,
        persona_type=news.persona_type,
        language=news.language,
        prospect_id=owner or known.prospect_id,
        step=known.step if news.step is None else news.step,
        data=kept if news.data is None else news.data,
        updated_at=now,
    )
