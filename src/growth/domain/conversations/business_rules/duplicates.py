"""Which other conversations are of the same person or company, and whether that is worth a note."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from growth.domain.conversations.business_rules.reopening import is_recently_closed
from growth.domain.conversations.entities.conversations import Contact, ContactId, Conversation, ConversationId, State
from growth.domain.conversations.entities.duplicates import Acquaintance, Duplicate, Route, Sighting, Traits
from growth.domain.conversations.entities.teams import InboundTeam

SEARCH_LAG = timedelta(hours=1)  # by then the helpdesk's search knows what we have seen, or it is no more
_NEVER = datetime.min.replace(tzinfo=UTC)
_ORDER = tuple(Route)

Told = Conversation | Sighting


def asked_of(who: Acquaintance) -> Traits:
    """Return all by which the helpdesk is asked for somebody and those tied to her."""
    asked = Traits()
    for each in who.routes.values():
        asked = Traits(
            asked.prospects | each.prospects,
            asked.emails | each.emails,
            asked.phones | each.phones,
            asked.users | each.users,
        )
    return asked


def routes_of(who: Acquaintance, contacts: Iterable[Contact]) -> dict[ContactId, Route]:
    """Return by which route each contact is found: the first of those that do."""
    found = ((contact.id, _first(it for it in _ORDER if _fits(contact, who.routes.get(it)))) for contact in contacts)
    return {id_: route for id_, route in found if route is not None}


def routes_seen(who: Acquaintance, seen: Iterable[Sighting]) -> dict[ContactId, Route]:
    """Return the contacts of whom we know ourselves whose they are. Where several write, nobody knows who is who."""
    found: dict[ContactId, Route] = {}
    for sighting in seen:
        route = _first(it for it in _ORDER if it in who.routes and sighting.prospect_id in who.routes[it].prospects)
        if route is not None and len(sighting.contact_ids) == 1:
            (id_,) = sighting.contact_ids
            found[id_] = min(route, found.get(id_, route), key=_ORDER.index)
    return found


def duplicates(
    of: ConversationId | None,
    routes: Mapping[ContactId, Route],
    told: Sequence[Conversation],
    seen: Sequence[Sighting],
    *,
    team: InboundTeam,
    now: datetime,
) -> list[Duplicate]:
    """Return the other conversations, by route and the newest first.

    `told`: what the helpdesk's search returned; `seen`: what we were told before. Of a conversation in both the newer
    counts. They are those that are not closed, or were within the last 30 days, and that inbound sales has.
    """
    newest: dict[ConversationId, Told] = {}
    recent: list[Told] = [it for it in seen if _at(it) >= now - SEARCH_LAG]
    for each in [*recent, *told]:
        if each.id not in newest or _at(each) >= _at(newest[each.id]):
            newest[each.id] = each
    found = [_duplicate(it, routes, team) for it in newest.values() if it.id != of and _counts(it, team, now)]
    ordered = sorted((it for it in found if it), key=lambda it: (it.updated_at or _NEVER, it.id), reverse=True)
    return sorted(ordered, key=lambda it: _ORDER.index(it.route))


def listed(found: Iterable[Duplicate]) -> tuple[str, ...]:
    """Return a note's list, to be compared with that of another: which conversations, and by which route."""
    return tuple(sorted(f"{it.route}:{it.id}" for it in found))


def _duplicate(told: Told, routes: Mapping[ContactId, Route], team: InboundTeam) -> Duplicate | None:
    by = [routes[it] for it in told.contact_ids if it in routes]
    if not by:
        return None
    owner = team.members.get(told.admin_id) if told.admin_id else None
    return Duplicate(told.id, min(by, key=_ORDER.index), told.state, owner, told.updated_at)


def _counts(told: Told, team: InboundTeam, now: datetime) -> bool:
    current = told.state is not State.CLOSED or is_recently_closed(told.state, told.updated_at, now)
    return current and (told.admin_id in team.members or told.team_id in team.inboxes)


def _fits(contact: Contact, traits: Traits | None) -> bool:
    if traits is None:
        return False
    named = {*traits.users, *map(str, traits.prospects)}
    return contact.email in traits.emails or contact.external_id in named or contact.phone in traits.phones


def _first(routes: Iterable[Route]) -> Route | None:
    return next(iter(routes), None)


def _at(told: Told) -> datetime:
    return told.updated_at or told.created_at or _NEVER
