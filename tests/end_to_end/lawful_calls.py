"""J12: two servers start campaigns while people withdraw, are listed and are called; an oracle judges each call."""

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from processes import SERVICE, Database, ending, until
from replicas import KINDS, Pair
from tests.domain.law_oracle import FR, PLACES, a_consent, the_rule
from tests.domain.makers import a_contactable

from growth.domain.campaigns.entities.consents import Standing

TAKEN_BACK_WITHIN = timedelta(seconds=10)  # a request may be under way for five, and another batch before the deletion
SECONDS_IN_A_SLOT = 5
THERE = [(postal_code, zone) for country, postal_code, zone in PLACES if country is FR]


@dataclass
class Person:
    """What somebody said, by the answers that the service gave, and when the vendor rang."""

    postal_code: str
    zone: str
    requested_at: datetime
    given_at: datetime | None = None
    withdrawn_at: datetime | None = None
    listed_at: datetime | None = None
    rung: list = field(default_factory=list)

    def rule_against(self, at):
        """Return the rule that forbade this call; a word counts once there was time to take the contact back."""
        heard = at - TAKEN_BACK_WITHIN
        withdrawn = self.withdrawn_at if self.withdrawn_at and self.withdrawn_at <= heard else None
        consents = [a_consent(self.given_at, withdrawn_at=withdrawn)] if self.given_at else []
        listed = self.listed_at is not None and self.listed_at <= heard
        who = a_contactable(
            country_code=FR,
            postal_code=self.postal_code,
            timezone=self.zone,
            attempts=self.rung,
            standing=Standing(consents=consents, requested_at=self.requested_at, do_not_call=listed),
        )
        return the_rule(who, at)


@dataclass
class Found:
    calls: int
    unlawful: list
    words: int
    soonest: float  # seconds from a word to a later call of that person, infinite where nobody was called again
    fourth: int  # how many people were rung four times, so that a fifth was for the law to prevent
    away: int  # calls to where the clocks show another time


async def call_while_they_speak(folder, url, *, slots, people, words):
    """Go through the slots with both servers, while so many people speak in each; judge what the vendor did."""
    places = [{"postal_code": postal_code} for postal_code, _ in THERE]
    pair = Pair(folder, url, people=people, maximum=people, places=places)
    begun = slots[0] - timedelta(hours=2)
    await pair.prepare(begun)
    everybody = {}
    for number in range(people * len(KINDS)):
        everybody[f"p{number}@example.org"] = Person(*THERE[number % people % len(THERE)], begun - timedelta(hours=1))
    silent = random.sample(sorted(everybody), len(everybody))
    with ending(*pair.servers, pair.dialer, pair.database):
        await pair.dialer.settings(lines=people, seconds_per_call=1, probabilities={"unreachable": 1.0})
        for number, at in enumerate(slots):
            await pair.database.move_to(at)
            speakers = [silent.pop() for _ in range(min(words, len(silent) // 2))]
            await asyncio.gather(_start_all(pair), *(_speak(pair, name, everybody[name]) for name in speakers))
            await asyncio.sleep(SECONDS_IN_A_SLOT)
            await until(pair.nothing_to_send, 60)
            print(f"slot {number + 1} of {len(slots)}", flush=True)
        log = await pair.dialer.raw_log()
    return _judged(everybody, [each for each in log if each["kind"] == "call"])


async def _start_all(pair):
    orders = [(server, kind) for server in pair.servers * 2 for kind in KINDS]
    random.shuffle(orders)
    await asyncio.gather(*(s.call("POST", f"/v1/campaigns/{kind}/start", json={}) for s, kind in orders))


async def _speak(pair, email, person):
    """Say no at any moment of the slot: take a consent back, or come on a list of numbers."""
    await asyncio.sleep(random.uniform(0, SECONDS_IN_A_SLOT))
    server, database = random.choice(pair.servers), await Database.of(pair.database.url)
    with ending(database):
        if random.random() < 0.5:
            body = {"email": email, "wording_version": "v1", "evidence": {"form": "f"}}
            person.given_at = await database.now()
            given = await server.call("POST", "/v1/consents", headers=SERVICE, json=body)
            await server.call("POST", f"/v1/consents/{given['consent_id']}/withdraw")
            person.withdrawn_at = await database.now()
            return
        number = 45_000_000 + int(email.removeprefix("p").split("@")[0])
        listed = {"list": "ours", "country_code": "FR", "numbers": [f"+336{number:08}"]}
        assert (await server.call("POST", "/v1/do-not-call", json=listed))["changed"] == 1
        person.listed_at = await database.now()


def _judged(everybody, calls):
    rung, unlawful, soonest, away = defaultdict(list), [], float("inf"), 0
    for call in sorted(calls, key=lambda each: each["at"]):
        email, at = call["custom_fields"]["Email"], datetime.fromisoformat(call["at"])
        person = everybody[email]
        if rule := person.rule_against(at):
            unlawful.append((rule, email, at))
        word = person.withdrawn_at or person.listed_at
        soonest = min(soonest, (at - word).total_seconds()) if word and at > word else soonest
        away += person.zone != "Europe/Paris"
        person.rung.append(at)
        rung[email].append(at)
    said = sum(bool(person.withdrawn_at or person.listed_at) for person in everybody.values())
    return Found(len(calls), unlawful, said, soonest, sum(len(each) == 4 for each in rung.values()), away)
