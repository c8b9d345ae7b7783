"""The campaigns context as a whole on a real database, with a clock that tests move and a dialer that remembers."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4

from dishka import Provider, Scope, provide
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.domain.makers import MONDAY, a_configuration, some_answers

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.tables import metadata
from growth.container import make_container
from growth.deliveries import Deliveries
from growth.domain.campaigns.entities.calls import WrapUp
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.dialing import BatchProgress, DialerContact
from growth.domain.campaigns.entities.leads import LeadSource, Submission
from growth.domain.campaigns.entities.orders import Order
from growth.domain.campaigns.ports.dialer import Dialer
from growth.domain.campaigns.use_cases import StartCampaigns, StopCampaigns, TakeLeads
from growth.domain.kernel.messages import OutcomeUnknown, TryLater
from growth.domain.kernel.operating import Invariants
from growth.domain.referrals.entities.terms import Programme
from growth.schedule import Scheduler
from growth.settings import Settings

ENVIRONMENT = {
    "GROWTH_ENV": "test",
    "GROWTH_PUBLIC_SITE_URL": "https://shop.example",
    "GROWTH_STRIPE_WEBHOOK_SECRET": "whsec_test",
    "GROWTH_CUSTOMERIO_WEBHOOK_SECRET": "cio_test",
}


@dataclass
class RecordingDialer:
    """A dialer in memory. `moment` is its clock; `down` refuses, `loses` takes the contacts and drops the answer."""

    settling: timedelta = timedelta(seconds=10)
    moment: object = MONDAY
    down: bool = False
    loses: int = 0
    injected: list = field(default_factory=list)
    taken_back: list = field(default_factory=list)
    contacts: dict = field(default_factory=dict)  # by contact id: campaign, batch, run, the contact

    async def inject(self, batch, recipients, within, send_by):
        if self.down:
            raise TryLater("the dialer is down")
        self.injected.append((batch, list(recipients)))
        for each in recipients:
            id_ = len(self.contacts) + 1
            contact = DialerContact(id_, str(each.call_id), 0, False, None, None, None, None, None, None, self.moment)
            self.contacts[id_] = (batch.dialer_campaign_id, batch.id, batch.run_id, contact)
        if self.loses:
            self.loses -= 1
            raise OutcomeUnknown("the answer was lost")
        return str(uuid4())

    async def progress(self, token):
        return BatchProgress(finished=True, failed=False, excluded={})

    async def busy(self, dialer_campaign_id):
        return False

    async def of_batch(self, batch):
        return [contact for _, of, _, contact in self.contacts.values() if of == batch.id]

    async def of_run(self, dialer_campaign_id, run):
        return [contact for _, _, of, contact in self.contacts.values() if of == run]

    async def empty(self, dialer_campaign_id, run):
        for id_, (_, _, of, contact) in list(self.contacts.items()):
            if of == run and not (contact.attempts or contact.in_progress or contact.excluded):
                del self.contacts[id_]
        return str(uuid4())

    async def take_back(self, dialer_campaign_id, lead_id, at):
        self.taken_back.append(lead_id)
        sent = {str(each.call_id) for _, recipients in self.injected for each in recipients if each.lead_id == lead_id}
        for id_, (*_, contact) in list(self.contacts.items()):
            if contact.call_ref in sent and not (contact.attempts or contact.in_progress):
                del self.contacts[id_]
        return str(uuid4())

    async def changed(self, dialer_campaign_id, since, page):
        in_it = [contact for of, _, _, contact in self.contacts.values() if of == dialer_campaign_id]
        return [contact for contact in in_it if contact.updated_at >= since], None

    def tell(self, contact_id, **changes):
        """Change a contact as the floor does; a wrap-up is an attempt made."""
        *place, contact = self.contacts[contact_id]
        if "wrapup" in changes:
            changes = {"attempts": contact.attempts + 1, "last_attempt_at": self.moment} | changes
            changes["wrapup"] = WrapUp(changes["wrapup"])
        self.contacts[contact_id] = (*place, replace(contact, updated_at=self.moment, **changes))

    def contact_of(self, call_id):
        return next(i for i, (*_, contact) in self.contacts.items() if contact.call_ref == str(call_id))


class Stand(Provider):
    """What stands in for the world: a dialer and a configuration of the test's own."""

    scope = Scope.APP

    def __init__(self, dialer, configuration):
        super().__init__()
        self._dialer, self._configuration = dialer, configuration

    @provide
    def dialer(self) -> Dialer:
        return self._dialer

    @provide
    def configuration(self) -> Configuration:
        return self._configuration


class World:
    """One process of the service; several may share one database and one dialer."""

    def __init__(self, database_url, configuration=None, dialer=None):
        self.dialer = dialer or RecordingDialer()
        self.configuration = configuration or a_configuration()
        settings = replace(Settings.from_environment(ENVIRONMENT), database_url=database_url)
        self.container = make_container(settings, Stand(self.dialer, self.configuration))

    async def get(self, what):
        return await self.container.get(what)

    async def at(self, moment):
        self.dialer.moment = moment
        await (await self.get(DatabaseClock)).move_to(moment)

    async def take(self, *submissions):
        await (await self.get(TakeLeads))(submissions)

    async def start(self, **order):
        return await (await self.get(StartCampaigns))(Order(**order))

    async def stop(self, **order):
        return await (await self.get(StopCampaigns))(Order(**order))

    async def deliver(self):
        return await (await self.get(Deliveries)).drain()

    async def tick(self):
        await (await self.get(Scheduler)).run_due()

    async def rows(self, table, order="id"):
        async with (await self.get(AsyncEngine)).connect() as connection:
            of = metadata.tables[table]
            return list(await connection.execute(select(of).order_by(*(of.c[name] for name in order.split()))))

    async def execute(self, sql, **values):
        async with (await self.get(AsyncEngine)).begin() as connection:
            return await connection.execute(text(sql), values)

    async def contents(self):
        """Everything that the database holds, by table."""
        async with (await self.get(AsyncEngine)).connect() as connection:
            return {
                name: sorted(map(repr, await connection.execute(select(table))))
                for name, table in metadata.tables.items()
                if name not in {"test_clock", "vendor_attempt", "vendor_breaker"}
            }

    async def broken(self):
        """What breaks an invariant; nothing, if all is well."""
        found = await (await self.get(Invariants)).check()
        return {name: ids for name, ids in found.items() if ids}


@asynccontextmanager
async def world_on(database_url, configuration=None, dialer=None):
    world = World(database_url, configuration, dialer)
    await world.get(Programme)  # as a process does when it starts
    try:
        yield world
    finally:
        await world.container.close()


@asynccontextmanager
async def worlds_on(database_url, count, configuration=None):
    """Several processes of the service on one database, with one dialer."""
    dialer = RecordingDialer()
    worlds = [World(database_url, configuration, dialer) for _ in range(count)]
    try:
        yield worlds
    finally:
        await asyncio.gather(*(world.container.close() for world in worlds))


def a_submission(count=1, *, email=None, phone=True, source="estimate", requested_at=None, id=None, **answers):
    return Submission(
        id=id or uuid4(),
        source=LeadSource(source),
        email=email or f"p{count}@example.org",
        phone=f"01990{count:05d}" if phone is True else phone,
        first_name=None,
        last_name=None,
        answers=some_answers(**answers),
        marketing_parameters=None,
        consent=None,
        requested_at=requested_at,
    )


def adds_up(report):
    """Whether the accounting of a run holds."""
    stopped = sum(report.gates.values())
    settled = report.called + report.recycled + report.dropped
    return report.candidates == report.injected + stopped and (report.state != "closed" or report.injected == settled)
