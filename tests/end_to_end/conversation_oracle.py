"""What has to come of a made-up day, said once more in other words: nothing of this is the service's own code."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from conversation_day import ADMIN, CHAT, INBOXES, NOBODYS, USER, owned
from tests.api.desk import APPS

ROUTES = ("same_prospect", "same_company", "secondary_email", "same_phone")
COUNTRIES = {app: country for country, (app, _) in APPS.items()}
REPLIED = {USER: "replied", ADMIN: "sent"}


def event_id(happening):
    return happening.body.get("id") or f"sha256:{sha256(happening.content).hexdigest()}"


class Oracle:
    """`now`: when the day is over."""

    def __init__(self, day, now):
        self._day, self._now = day, now
        self._conversations = {(it.country, str(it.id)): it for it in day.conversations}
        self._told_of = set()
        self.events, self.inbox, self.heard = defaultdict(set), {}, defaultdict(int)
        for it in day.told:
            if not it.forged:
                self._hear(it)

    def person(self, address):
        known = (it for it in self._day.people if it.registered and address)
        return next((it for it in known if address in (it.email, it.other)), None)

    def _hear(self, happening):
        country, item = COUNTRIES.get(happening.body["app_id"]), happening.body["data"]["item"]
        state, reason = self._judge(country, happening.body["topic"], item)
        self.inbox[event_id(happening)] = state, reason
        if country and (item or {}).get("type") == "conversation" and "id" in item:
            self._told_of.add((country, item["id"]))
        if state == "handled":
            self._take(country, happening, item)

    def _judge(self, country, topic, item):
        replied = topic in (USER, ADMIN)
        if replied and (item is None or "id" not in item):
            return "failed", f"data.item{'' if item is None else '.id'} is missing"
        if country is None:
            return "ignored", "country_without_workspace"
        if not replied:
            return "ignored", "topic" if item["type"] == "conversation" else "no_conversation"
        address, team, _ = self._completed(country, item)
        if address in (None, "unknown"):
            return "ignored", "no_email"
        if team not in INBOXES[country]:
            return "ignored", "no_inbound_team" if team else "no_team"
        return ("handled", None) if self.person(address) else ("ignored", "unknown_person")

    def _completed(self, country, item):
        """Return address, team and tags: what was not told is as it is at Intercom, all day."""
        known = self._conversations[country, item["id"]]
        address = item["source"]["author"].get("email") if "source" in item else known.address
        tags = [it["name"] for it in item["tags"]["tags"]] if "tags" in item else known.now.tags
        return address, item.get("team_assignee_id", known.now.team), tags

    def _take(self, country, happening, item):
        address, _, tags = self._completed(country, item)
        topic, at = happening.body["topic"], datetime.fromtimestamp(happening.body["created_at"], UTC)
        name = f"sales_inbound_{'chat' if CHAT in tags else 'mail'}_{REPLIED[topic]}"
        self.events[self.person(address).email].add((name, event_id(happening), country, at))
        if topic == USER and country == "FR":
            self.heard[item["id"]] += 1

    def listed(self, it):
        """Return the duplicates that the newest note lists in the end, as (route, id)."""
        return self._duplicates(it, lambda other: self._counts(other.country, other.now))

    def may_list(self, it):
        """Return what a note of any time of the day may list, be somebody known from a notification then or not."""
        return self._duplicates(it, self._once) | self._duplicates(it, self._once, recorded=True)

    def must_list(self, it):
        """Return what every note lists, whenever it was left: it depends on nothing that happens in the day."""
        return self._duplicates(it, self._always) & self._duplicates(it, self._always, recorded=True)

    def _once(self, it):
        return any(self._counts(it.country, then) for then in it.history)

    def _always(self, it):
        return all(self._counts(it.country, then) for then in it.history)

    def _duplicates(self, it, counts, *, recorded=False):
        ties = self._ties(self.person(it.address))
        found = set()
        for other in self._day.conversations:
            if other.country == it.country and other is not it and counts(other):
                routes = [route for who in other.contacts if (route := self._route(who, ties, recorded))]
                found |= {(min(routes, key=ROUTES.index), str(other.id))} if routes else set()
        return found

    def _counts(self, country, state):
        recently = state.state != "closed" or state.at >= self._now - timedelta(days=30)
        return recently and owned(country, state)

    def _ties(self, person):
        """Return by route (the people, the addresses, the numbers) that it looks for."""
        others = [it for it in self._day.people if it.registered and it is not person]
        company = [it for it in others if person.company_id and it.company_id == person.company_id]
        dialled = person.phone not in (None, NOBODYS)
        phone = [it for it in others if dialled and it.phone == person.phone]
        return {
            "same_prospect": ([person], {person.email}, set()),
            "same_company": (company, {it for one in company for it in (one.email, one.other)}, set()),
            "secondary_email": ([], {person.other}, set()),
            "same_phone": (
                phone,
                {it for one in phone for it in (one.email, one.other)},
                {person.phone} if dialled else set(),
            ),
        }

    def _route(self, contact, ties, recorded):
        """Return how a contact is found: by Intercom's record of her, else by what she was told to write."""
        for route, (people, addresses, numbers) in ties.items():
            record = contact.record
            named = record.get("external_id") in {it.user_id for it in people} - {None}
            named |= contact.is_prospect and contact.person in people
            if named or record.get("email") in addresses - {None} or record.get("phone") in numbers - {None}:
                return route
        return None if recorded else self._route_told(contact, ties)

    def _route_told(self, contact, ties):
        alone = [it for it in self._day.conversations if it.contacts == (contact,)]
        told = any((it.country, str(it.id)) in self._told_of for it in alone)
        whose = self.person(contact.address) if told else None
        return next((route for route, (people, *_) in ties.items() if whose in people), None) if whose else None
