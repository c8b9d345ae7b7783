"""J1, J2: a campaign start of many leads while the server is killed and the dialer drops its answers."""

import asyncio
from datetime import timedelta

from processes import Database, Dialer, Process, Server, ending, local, until
from world import campaign, configuration, estimate, leads_csv, lost_and_double

SLOT = local("2026-11-23T10:00")
CREATE = "/api/v2/voice/campaigns/701/contact-batch/create"
PATIENCE = 600


class Start:
    """One start of one campaign: its database, its dialer, its server, and what happened."""

    def __init__(self, folder, url, leads, per_agent):
        self.leads, self.killed, self.waits = leads, 0, []
        self._url, self._folder = url, folder
        file = folder / "campaigns.toml"
        one = campaign("PVI", "PVI", 701, ["mon 10:00-13:00"], leads)
        file.write_text(configuration(one, agents_=leads // per_agent, capacity=per_agent))
        common = {"database_url": url, "env": "test", "campaigns_file": file}
        self.dialer = Dialer(folder / "dialer.log", **common)
        self.server = Server(folder / "server.log", sandbox_url=self.dialer.url, **common)
        self.common = common

    async def prepare(self, **faults):
        self.database = await Database.of(self._url)
        await self.database.move_to(SLOT - timedelta(minutes=30))
        (self._folder / "leads.csv").write_text(leads_csv(map(estimate, range(self.leads)), SLOT - timedelta(hours=1)))
        taking = Process(f"import-leads {self._folder / 'leads.csv'}", self._folder / "import.log", **self.common)
        taking.start()
        self.dialer.start()
        assert await taking.ended(120) == 0, (self._folder / "import.log").read_text()
        await self.dialer.ready()
        await self.dialer.settings(seconds_per_call=3600)
        await self.dialer.suffer(path=CREATE, **faults)

    async def claims(self):
        return await self.database.value("SELECT coalesce(sum(lease), 0) FROM message WHERE kind = 'dialer.inject'")

    async def is_over(self):
        query = "SELECT count(*) > 0 AND bool_and(state = 'done') FROM message WHERE kind = 'dialer.inject'"
        return await self.database.value(query)

    async def go_on(self, chance):
        """Run the server until a worker takes a batch, and kill it a moment later; False when all is done before."""
        claims = await self.claims()
        self.server.start()

        async def begun():
            await self.database.wait_less()
            return await self.claims() > claims or await self.is_over()

        await until(begun, PATIENCE)
        await asyncio.sleep(chance.uniform(0.005, 0.4))
        if await self.is_over():
            return False
        self.server.kill()
        self.killed += 1
        return True

    async def finish(self):
        if not self.server.alive:
            self.server.start()

        async def over():
            await self.database.wait_less()
            return await self.is_over()

        await until(over, PATIENCE)


async def start_under_kills(folder, url, chance, *, leads, kills, per_agent=50, real_leases=0, **faults):
    """Kill the server up to `kills` times during one start; return (kills, lost, double, runs, seconds of take-overs).

    After the first `real_leases` kills the leases of the dead run out by themselves, else at once.
    """
    start = Start(folder, url, leads, per_agent)
    await start.prepare(**faults)
    with ending(start.server, start.dialer, start.database):
        start.server.start()
        await start.server.ready()
        await start.database.move_to(SLOT)
        await asyncio.sleep(chance.uniform(0.005, 1.5))  # anywhere from before the choice to the first batch
        start.server.kill()
        start.killed += 1
        while start.killed < kills:
            if start.killed <= real_leases:
                start.waits.append(await _taken_over(start, chance))
            else:
                await start.database.let_leases_run_out()
                if not await start.go_on(chance):
                    break
        await start.database.let_leases_run_out()
        await start.finish()
        contacts = await start.dialer.contacts()
    lost, double = lost_and_double(contacts, range(leads))
    runs = {contact["customFields"]["run_id"] for contact in contacts}
    return start.killed, lost, double, len(runs), start.waits


async def _taken_over(start, chance):
    before = asyncio.get_running_loop().time()
    await start.go_on(chance)
    return asyncio.get_running_loop().time() - before
