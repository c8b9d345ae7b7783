"""A day and a half of campaigns with every kind of outcome, the same each time: what reports are about."""

from random import Random

from tests.adapters.campaign_world import a_submission
from tests.domain.makers import (
    DAY,
    EIGHT,
    FIVE,
    MINUTE,
    MONDAY,
    ONE,
    TEN,
    TWO,
    a_campaign,
    a_configuration,
    a_group,
    an_agent,
)

NOW = MONDAY + DAY + 18 * 60 * MINUTE  # Tuesday, seven in the evening in Paris: a slot is running
TUESDAY = (TWO + DAY, FIVE + DAY)
PLACES = ("69003", "69120", "01000", "75011", "2A004", "33000")
WRAPUPS = ("arguedpositive", "arguedpositive", "argued", "nonargued", "unreachable", "unreachable", "tocall")


def a_region():
    """PVI for Lyon, Ain and the rest, with a third of the leads held out; and the usual others."""
    lyon = a_group(an_agent("a1", 8), an_agent("a2", 7), name="Lyon", zones=("69", "01"))
    ain = a_group(an_agent("a3", 4), name="Ain", zones=("010",))
    away = an_agent("a4", 8, absences=((MONDAY.date(), MONDAY.date()),))
    rest = a_group(an_agent("a2", 7), away, name="Rest", zones=("",))
    pvi = a_campaign(groups=(lyon, ain, rest), hold_out_percent=30, maximum=40, handling_minutes=5)
    return a_configuration(pvi=pvi)


class Numbered(dict):
    """Contacts under numbers that no other contact had before, whatever was deleted since."""

    def __init__(self):
        super().__init__()
        self.last = 0

    def __len__(self):
        return self.last

    def __setitem__(self, number, contact):
        self.last = max(self.last, number)
        super().__setitem__(number, contact)


async def live_through(world):
    """Three slots of Monday, a Tuesday morning that everybody sleeps through, and its afternoon."""
    chance, world.dialer.contacts = Random(7), Numbered()
    await world.at(MONDAY)
    await world.tick()
    await world.take(*(_submission(number, chance) for number in range(90)))
    await world.execute("UPDATE prospect SET pending_task = true WHERE email IN ('p3@example.org', 'p4@example.org')")
    for start, end in ((TEN, ONE), (TWO, FIVE), (FIVE, EIGHT), TUESDAY):
        await world.at(start)
        await world.tick()
        await world.deliver()
        await world.at(start + 3 * MINUTE)
        await world.take(*(_submission(100 * (start - MONDAY).seconds + number, chance) for number in range(4)))
        await world.at(start + 6 * MINUTE)
        await world.tick()  # the fast lane
        await world.deliver()
        _call(world, start, chance)
        for turn in range(8):
            await world.at(end + turn * MINUTE / 10)
            await world.tick()
            await world.deliver()
    await world.at(NOW)


def _submission(number, chance):
    what = {"buys_first": chance.random() < 0.2, "estimated_price_eur": chance.choice([150_000, 400_000, 600_000])}
    return a_submission(number % 100_000, phone=chance.random() > 0.1, postal_code=chance.choice(PLACES), **what)


def _call(world, start, chance):
    dialer = world.dialer
    for contact_id in [id_ for id_, (*_, contact) in dialer.contacts.items() if not contact.attempts]:
        if chance.random() < 0.6:
            dialer.moment = start + chance.randrange(10, 170) * MINUTE
            dialer.tell(contact_id, wrapup=chance.choice(WRAPUPS))
