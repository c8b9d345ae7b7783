"""What a set of events makes of the people whom they are about: values in, values out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from growth.domain.kernel.arrivals import Arrival
from growth.domain.kernel.ids import NewId, ProspectId
from growth.domain.kernel.person import Email, Phone, Prospect, parse_phone
from growth.domain.kernel.prospect_events import ProspectEvent
from growth.domain.prospects.business_rules.event_rules import RULES, Keep
from growth.domain.prospects.entities.events import EventNews
from growth.domain.prospects.entities.people import Asked, Met

FURTHEST_AHEAD = timedelta(hours=24)


def asked(news: EventNews) -> Asked:
    compare = RULES[news.event_name].keep is Keep.WHEN_DIFFERENT and news.marketing_parameters is not None
    return Asked(news.email, news.caller, news.message_id, compare)


def is_from_the_future(news: EventNews, now: datetime) -> bool:
    return news.occurred_at is not None and news.occurred_at > now + FURTHEST_AHEAD


def once(told: Iterable[tuple[EventNews, Met]]) -> list[tuple[EventNews, Met]]:
    """Return what was not told before; of the same message told twice here, the first."""
    fresh: dict[object, tuple[EventNews, Met]] = {}
    for number, (news, found) in enumerate(told):
        key = number if news.message_id is None else (news.caller, news.message_id)
        if not found.told:
            fresh.setdefault(key, (news, found))
    return list(fresh.values())


def newcomers(told: Sequence[tuple[EventNews, Met]]) -> dict[Email, EventNews]:
    """Return the first event of each unknown address that makes its person a prospect."""
    first: dict[Email, EventNews] = {}
    for news, met in told:
        if met.prospect is None and RULES[news.event_name].creates:
            first.setdefault(news.email, news)
    return first


def told_of_before(news: EventNews, met: Met) -> bool:
    """Tell whether it is said to have happened before we knew the person: she may have been another one to us then."""
    return bool(met.prospect and news.occurred_at and news.occurred_at < met.prospect.created_at)


def arrival_of(news: EventNews, now: datetime) -> Arrival:
    """Return how somebody comes by an event. What happens to her, she does herself."""
    phone = parse_phone(news.phone, news.country_code)
    told_as = (news.caller, news.message_id) if news.message_id is not None else None
    return Arrival(news.email, phone.number if phone else None, news.occurred_at or now, told_as)


@dataclass(slots=True)
class Recorded:
    """`phones`: numbers for people who have none."""

    events: list[ProspectEvent] = field(default_factory=list)
    phones: dict[ProspectId, Phone] = field(default_factory=dict)


def recorded(
    told: Sequence[tuple[EventNews, Met]], people: Mapping[Email, Prospect], now: datetime, new_id: NewId
) -> Recorded:
    """Go over the events in order, as if each was told alone. `people`: those who are known now, by asked address."""
    result = Recorded()
    newest = {met.prospect.id: met.parameters for _, met in told if met.prospect and met.parameters is not None}
    come: set[Email] = set()  # of those who were unknown
    for news, met in told:
        person = people.get(news.email)
        if person is None or not (met.prospect or news.email in come or RULES[news.event_name].creates):
            continue
        come.add(news.email)
        kept = _kept(news, newest.get(person.id))
        if kept is not None:
            newest[person.id] = kept
        phone = parse_phone(news.phone, news.country_code or person.country_code)
        if phone and person.phone is None:
            result.phones.setdefault(person.id, phone)
        result.events.append(_event(news, person, kept, now, new_id))
    return result


def _kept(news: EventNews, newest: Mapping[str, object] | None) -> Mapping[str, object] | None:
    keep = RULES[news.event_name].keep
    if keep is Keep.NEVER or (keep is Keep.WHEN_DIFFERENT and news.marketing_parameters == newest):
        return None
    return news.marketing_parameters


def _event(
    news: EventNews, person: Prospect, kept: Mapping[str, object] | None, now: datetime, new_id: NewId
) -> ProspectEvent:
    id_ = new_id()
    return ProspectEvent(
        id=id_,
        prospect_id=person.id,
        event_name=news.event_name,
        country_code=news.country_code,
        persona_type=news.persona_type,
        marketing_parameters=kept,
        properties=news.properties,
        occurred_at=news.occurred_at or now,
        received_at=now,
        caller=news.caller,
        message_id=news.message_id or str(id_),
    )
