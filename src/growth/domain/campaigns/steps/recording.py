"""Recording what the dialer reports: attempts, wrap-ups, the lead's status, and the next call where one is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from growth.domain.campaigns.business_rules.calling import (
    called,
    ended,
    moved,
    new_call,
    parts_tried,
    reported,
    wants_another_call,
)
from growth.domain.campaigns.business_rules.planning import plan
from growth.domain.campaigns.entities.calls import Attempt, Call, CallId, CallResult, CallState, WrapUp
from growth.domain.campaigns.entities.candidates import Contactable, Plan, Stopped
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.dialing import DialerContact
from growth.domain.campaigns.entities.leads import CALLABLE
from growth.domain.campaigns.entities.runs import Gate
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.planning import rescore, start_again
from growth.domain.kernel.ids import NewId


@dataclass(frozen=True, slots=True)
class Recording:
    """The step, with what it needs beside its transaction."""

    configuration: Configuration
    new_id: NewId

    async def results(
        self, tx: CampaignsTx, dialer_campaign_id: int, contacts: Sequence[DialerContact], now: datetime
    ) -> None:
        """Record the contacts' results, each once however often it is told; one of no call of ours is kept as such."""
        if not contacts:
            return
        told = {id_: contact for contact in contacts if (id_ := contact.call_id())}
        await tx.people.lock_called(list(told))
        before = {call.id: call for call in await tx.calls.lock(list(told))}
        after = {id_: reported(call, told[id_]) for id_, call in before.items()}
        await tx.calls.add_results(
            [_result(dialer_campaign_id, contact, before, now) for contact in contacts if contact.attempts]
        )
        news = [id_ for id_ in before if _is_news(before[id_], after[id_])]
        await tx.calls.put([after[id_] for id_ in before if after[id_] != before[id_]])
        await tx.calls.add_attempts(
            [self._attempt(after[id_]) for id_ in news for _ in range(after[id_].attempts - before[id_].attempts)]
        )
        if news:
            await self._leads(tx, [(before[id_], after[id_], told[id_]) for id_ in news], now)

    def _attempt(self, call: Call) -> Attempt:
        at = call.last_attempt_at or call.planned_at
        return Attempt(self.new_id(), call.prospect_id, call.lead_id, call.id, at)

    async def _leads(self, tx: CampaignsTx, results: Sequence[tuple[Call, Call, DialerContact]], now: datetime) -> None:
        leads = {lead.id: lead for lead in await tx.leads.of_people([call.prospect_id for call, _, _ in results])}
        for before, after, _ in results:
            leads[after.lead_id] = called(leads[after.lead_id], before, after, self.configuration)
        await tx.leads.put([leads[after.lead_id] for _, after, _ in results])
        found = await tx.leads.contactables([after.lead_id for _, after, _ in results], now)
        await rescore(tx, found, self.configuration, now)
        told = {after.lead_id: (after, contact) for _, after, contact in results}
        standing = {call.lead_id: call for call in await tx.calls.lock_open(list(told))}
        following = (self._following(who, *told[who.lead.id], standing.get(who.lead.id), now) for who in found)
        await tx.calls.put([call for call in following if call])

    def _following(
        self, who: Contactable, call: Call, contact: DialerContact, standing: Call | None, now: datetime
    ) -> Call | None:
        """Return the next call; or the one that stands already, where the result moves it or leaves no use for it."""
        where = self._next(who, call, contact, now)
        if standing is None:
            return new_call(self.new_id(), who, where, now) if isinstance(where, Plan) else None
        if standing.state is not CallState.PLANNED:
            return None
        if who.lead.status not in CALLABLE:
            return moved(standing, Stopped(Gate.STATUS, None), now)
        return moved(standing, where, now) if isinstance(where, Plan) and where.callback_at else None

    def _next(self, who: Contactable, call: Call, contact: DialerContact, now: datetime) -> Plan | Stopped | None:
        if not wants_another_call(who.lead, call):
            return None
        if call.wrapup is WrapUp.TOCALL:
            return plan(who, self.configuration, now, callback_at=contact.callback_at)
        return plan(who, self.configuration, now, avoid=parts_tried(who))

    async def not_made(self, tx: CampaignsTx, calls: Sequence[Call], reason: str, now: datetime) -> None:
        """Recycle injected calls that were not made: plan the next call, or drop them where none may be."""
        found = {who.lead.id: who for who in await tx.leads.contactables([c.lead_id for c in calls], now)}
        closed: list[Call] = []
        planned: list[Call] = []
        for call in calls:
            who, slot = found[call.lead_id], Slot(call.slot_start, call.slot_end)
            where = (
                None
                if call.excluded
                else plan(
                    who,
                    self.configuration,
                    now,
                    callback_at=call.callback_at,
                    left_by=slot,
                )
            )
            again = isinstance(where, Plan)
            dropped = "dialer_excluded" if call.excluded else "no_longer_callable"
            closed.append(ended(call, again, reason if again else dropped, now))
            if isinstance(where, Plan):
                planned.append(new_call(self.new_id(), who, where, now))
        await tx.calls.put(closed)
        await tx.calls.put(planned)
        await start_again(tx, planned, now, self.new_id)


def _is_news(before: Call, after: Call) -> bool:
    return after.attempts > before.attempts or after.wrapup != before.wrapup


def _result(dialer_campaign_id: int, contact: DialerContact, known: Mapping[CallId, Call], now: datetime) -> CallResult:
    id_ = contact.call_id()
    return CallResult(
        dialer_campaign_id=dialer_campaign_id,
        contact_id=contact.contact_id,
        attempts=contact.attempts,
        call_id=id_ if id_ in known else None,
        call_ref=contact.call_ref,
        wrapup=contact.wrapup,
        wrapup_name=contact.wrapup_name,
        attempted_at=contact.last_attempt_at or contact.updated_at,
        callback_at=contact.callback_at,
        received_at=now,
    )
