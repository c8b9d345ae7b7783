"""A made-up day at the desk of inbound sales: people, their conversations at Intercom, and what Intercom tells of them.

Every instant is fixed beforehand, so that the day is the same whenever and however often it is played.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count, pairwise

from processes import local
from tests.api.desk import APPS, seconds, signed

INBOXES = {"FR": (7100001, 7100002), "BE": (7200001,)}
MEMBERS = {"FR": (6100001, 6100002), "BE": (6200001,)}
SUPPORT, STRANGER = 99, 4711
CHAT = "self serve chat"
NOBODYS = "+33000000001"  # a number that cannot be: it ties nobody to anybody
PHONES = {"FR": [NOBODYS, *(f"+331990000{n:02}" for n in range(9))], "BE": [f"+324700000{n:02}" for n in range(5)]}
MORNING, STEP, DAY = local("2026-11-23T08:00"), timedelta(seconds=75), timedelta(days=1)
SEARCH_LAG = timedelta(minutes=45)
USER, ADMIN = "conversation.user.replied", "conversation.admin.replied"
OTHERS = ("conversation.admin.closed", "conversation.admin.noted", "conversation.admin.snoozed")
PARTS = 150, 300  # where the second and the third part of the day begin


@dataclass(frozen=True)
class Person:
    email: str
    country: str
    registered: bool = True
    phone: str | None = None
    company_id: str | None = None
    other: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, eq=False)
class Contact:
    """`address`: what she writes from; `record`: what Intercom has of her; `is_prospect`: it has our id of her too."""

    id: str
    country: str
    person: Person
    address: str | None
    record: dict
    is_prospect: bool = False


@dataclass(frozen=True)
class State:
    """A conversation from one instant on."""

    at: object
    state: str
    team: int | None
    admin: int | None
    tags: tuple

    def given(self):
        return {
            "state": self.state,
            "team_assignee_id": self.team,
            "admin_assignee_id": self.admin,
            "tags": self.tags,
            "updated_at": seconds(self.at) + 1,  # nothing else that happens to it has the same second
        }


@dataclass
class Conversation:
    """`fate`: what will be changed of who has it, once in the day. One without is always told in the same way."""

    id: int
    country: str
    contacts: tuple
    history: list
    fate: dict | None = None
    quiet: bool = False  # nobody writes in it by chance

    @property
    def now(self):
        return self.history[-1]

    @property
    def address(self):
        return self.contacts[0].address

    def change(self, at, **changes):
        self.history.append(replace(self.now, at=at, **changes))


@dataclass
class Happening:
    """Something that Intercom tells. `change`: of the conversation, before; `delays`: one of each copy, in steps."""

    at: object
    body: dict
    secret: str
    delays: list
    change: tuple | None = None
    forged: bool = False
    content: bytes = field(init=False)

    def __post_init__(self):
        self.content = json.dumps(self.body).encode()

    @property
    def headers(self):
        return signed(self.content, self.secret)


class Day:
    """Everything that is `told`, in the order in which it happened; `parts`: three of the day, and its evening.

    In the evening everybody writes once more who wrote in the day. `openings`: the conversations with which the second
    and the third part begin: both have a duplicate, and nobody wrote in them before.
    """

    def __init__(self, chance, size):
        self._chance, self._ids, self._numbers = chance, count(1), count(1)
        self._at, self._step = MORNING, STEP
        self.people = [self._person(n) for n in range(54)]
        self.contacts = [contact for person in self.people for contact in self._contacts(person)]
        self.conversations = [it for contact in self.contacts for it in self._conversations(contact)]
        self.openings = [self._couple(n) for n in range(len(PARTS))]
        self.told = []
        self._fill(size)
        self._hand_over()
        evening = len(self.told)
        self._write_once_more()
        starts = (0, *PARTS, evening, len(self.told))
        self.parts = [self.told[here:there] for here, there in pairwise(starts)]

    def _person(self, n):
        country = "BE" if n % 3 == 2 else "FR"
        some = self._chance.random
        return Person(
            f"p{n}@example.org",
            country,
            registered=n < 45,
            phone=self._chance.choice(PHONES[country]) if some() < 0.5 else None,
            company_id=f"{country}-{self._chance.randrange(7)}" if some() < 0.5 else None,
            other=f"p{n}@home.example" if some() < 0.35 else None,
            user_id=f"u-{n}" if some() < 0.35 else None,
        )

    def _contacts(self, person):
        abroad = {"FR": "BE", "BE": "FR"}[person.country]
        where = abroad if self._chance.random() < 0.1 else person.country
        first = self._chance.choices(["email", "lead", "id"], [6, 2, 1])[0]
        if not person.registered:
            first = self._chance.choice(["email", "unknown"])
        forms = {
            "email": (person.email, {"email": person.email}, False),
            "lead": (person.email, {}, False),
            "id": (person.email, {}, True),
            "unknown": ("unknown", {}, False),
            "other": (person.other, {"email": person.other}, False),
            "phone": (None, {"phone": person.phone}, False),
            "user": (None, {"external_id": person.user_id}, False),
        }
        more = [("other", person.other), ("phone", person.phone), ("user", person.user_id)]
        kinds = [first, *(kind for kind, known in more if known and self._chance.random() < 0.5)]
        if not person.registered:
            kinds = kinds[:1]
        return [Contact(f"c-{kind}-{person.email}", where, person, *forms[kind]) for kind in kinds]

    def _conversations(self, contact):
        for _ in range(self._chance.choice([1, 1, 2, 2, 3])):
            neighbours = [it for it in self.contacts if it.country == contact.country and it is not contact]
            second = (self._chance.choice(neighbours),) if self._chance.random() < 0.1 else ()
            state = self._chance.choices(["open", "snoozed", "closed"], [6, 1, 3])[0]
            days = self._chance.choice([2, 5, 25, 40]) if state == "closed" else self._chance.choice([2, 5, 60])
            team = self._chance.choice([*INBOXES[contact.country] * 4, SUPPORT, None])
            admin = self._chance.choice([*MEMBERS[contact.country], STRANGER, None, None, None])
            tags = (CHAT,) if self._chance.random() < 0.3 else ()
            first = State(MORNING - days * DAY, state, team, admin, tags)
            made = Conversation(next(self._ids), contact.country, (contact, *second), [first])
            yield self._with_fate(made, stale=state == "closed" and days > 30)

    def _with_fate(self, it, *, stale):
        """Give some another owner in the day; so each comes to count as a duplicate, or ceases to, at most once."""
        if self._chance.random() < 0.35:
            if not owned(it.country, it.now):
                it.fate = {"team": INBOXES[it.country][0]}
            elif not stale:
                it.fate = {"team": SUPPORT, "admin": None}
        return it

    def _couple(self, n):
        """Make two conversations of somebody, of which the second will not change."""
        person = Person(f"couple{n}@example.org", "FR")
        contact = Contact(f"c-couple{n}", "FR", person, person.email, {"email": person.email})
        state = State(MORNING - 3 * DAY, "open", INBOXES["FR"][0], None, ())
        two = [Conversation(next(self._ids), "FR", (contact,), [state], quiet=True) for _ in range(2)]
        self.people.append(person)
        self.contacts.append(contact)
        self.conversations += two
        return two[0]

    def _fill(self, size):
        while (left := size - len(self.told) - 2 * len(self._fated()) - len(self._owed())) > 0:
            if len(self.told) in PARTS:
                self._reply(self.openings[PARTS.index(len(self.told))], USER, delays=[0], state="open")
            elif left == 1:
                self._none_of_ours()
            else:
                self._something()

    def _fated(self):
        return [it for it in self.conversations if it.fate]

    def _owed(self):
        """Return the French conversations in which somebody was heard, and will be in the evening."""
        heard = {it.body["data"]["item"]["id"] for it in self.told if it.body["topic"] == USER and _is_french(it)}
        in_the_end = {it.id: (it.fate or {}).get("team", it.now.team) for it in self.conversations}
        return [it for it in self.conversations if str(it.id) in heard and in_the_end[it.id] in INBOXES["FR"]]

    def _something(self):
        """Mostly it is with somebody who is known by an address, and sales has it."""
        weights = [
            0 if it.quiet else 1 + 3 * bool(it.address) + 3 * owned(it.country, it.now) for it in self.conversations
        ]
        (mine,) = self._chance.choices(self.conversations, weights)
        kinds = [self._user, self._admin, self._other, self._meet_fate, self._none_of_ours, self._misshapen]
        self._chance.choices(kinds, [50, 18, 12, 8, 7, 5])[0](mine)

    def _user(self, it):
        self._reply(it, USER, state="open")

    def _admin(self, it):
        self._reply(it, ADMIN)

    def _reply(self, it, topic, *, delays=None, **changes):
        if not self._is_steady(it) and self._chance.random() < 0.2:
            changes["tags"] = () if it.now.tags else (CHAT,)
        it.change(self._at, **changes)
        item = self._item(it)
        if self._is_steady(it) and self._chance.random() < 0.4:
            for name in self._chance.sample(["team_assignee_id", "source", "tags"], self._chance.randint(1, 3)):
                del item[name]
        self._tell(it.country, topic, item, change=it, delays=delays)

    def _is_steady(self, it):
        """Tell whether its team and tags are the same all day, so that it does not matter when Intercom is asked."""
        return it.fate is None and len({(state.team, state.tags) for state in it.history}) == 1 and it.id % 2 == 0

    def _other(self, it):
        topic = self._chance.choice(OTHERS)
        states = {"conversation.admin.closed": "closed", "conversation.admin.snoozed": "snoozed"}
        it.change(self._at, state=states.get(topic, it.now.state))
        self._tell(it.country, topic, self._item(it), change=it)

    def _meet_fate(self, it, delays=None):
        if it.fate is None:
            self._other(it)
            return
        it.change(self._at, **it.fate)
        it.fate = None
        self._tell(it.country, "conversation.admin.assigned", self._item(it), change=it, delays=delays)

    def _none_of_ours(self, it=None):
        it = it or self.conversations[0]
        item, country = self._item(it), it.country
        match self._chance.randrange(4):
            case 0:
                self._tell(country, "ping", {"type": "ping", "message": "hello"})
            case 1:
                self._tell(country, "contact.user.created", {"type": "contact", "id": it.contacts[0].id})
            case 2:
                self._tell(country, USER, item, app_id="somebody-else")
            case 3:
                self._tell(country, USER, item, forged=True)

    def _misshapen(self, it):
        item = self._item(it)
        match self._chance.randrange(3):
            case 0:
                self._tell(it.country, USER, {name: value for name, value in item.items() if name != "id"})
            case 1:
                self._tell(it.country, ADMIN, None)
            case 2:
                it.change(self._at)
                self._tell(it.country, ADMIN, self._item(it), change=it, named=False)

    def _hand_over(self):
        """Late in the day the others meet their fate too; a reply from just before is told after it."""
        for it in self._fated():
            self._reply(it, ADMIN, delays=[self._chance.randint(4, 8), 9])
            self._meet_fate(it, delays=[self._chance.randint(0, 2), 8])

    def _write_once_more(self):
        self._at, self._step = self._at + 8 * STEP, STEP / 15
        for it in self._owed():
            it.change(self._at, state="open")
            self._tell(it.country, USER, self._item(it), change=it)

    def _item(self, it):
        author = {"type": "user", "id": it.contacts[0].id} | ({"email": it.address} if it.address else {})
        return {
            "type": "conversation",
            "id": str(it.id),
            "created_at": seconds(it.history[0].at),
            "updated_at": seconds(it.now.at) + 1,
            "state": it.now.state,
            "open": it.now.state == "open",
            "source": {"type": "email", "author": author, "body": "Hello"},
            "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": c.id} for c in it.contacts]},
            "admin_assignee_id": it.now.admin,
            "team_assignee_id": it.now.team,
            "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": name, "name": name} for name in it.now.tags]},
        }

    def _tell(self, country, topic, item, *, change=None, delays=None, named=True, app_id=None, forged=False):
        ours, secret = APPS[country]
        body = {
            "type": "notification_event",
            "app_id": app_id or ours,
            "topic": topic,
            "created_at": seconds(self._at),
            "data": {"type": "notification_event_data", "item": item},
        }
        if named:
            body["id"] = f"notif_{next(self._numbers)}"
        delays = delays if delays is not None else self._delays()
        told = (change.country, change.id, change.now.given()) if change else None
        self.told.append(Happening(self._at, body, "guessed" if forged else secret, delays, told, forged))
        self._at += self._step

    def _delays(self):
        copies = self._chance.choices([1, 2, 3, 4], [5, 3, 1, 1])[0]
        return [self._chance.choice([0, 0, self._chance.randint(1, 12)]) for _ in range(copies)]


def owned(country, state):
    """Tell whether inbound sales has a conversation."""
    return state.team in INBOXES[country] or state.admin in MEMBERS[country]


def _is_french(happening):
    item = happening.body["data"]["item"]
    return happening.body["app_id"] == APPS["FR"][0] and not happening.forged and "id" in item
