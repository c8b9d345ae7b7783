"""A day of 500 notifications over real HTTP, with the service killed twice, against an oracle of the test's own.

What is determined is compared whole: the events, the states of the inbox, how often duplicates were looked for, and the
list of the newest note where somebody wrote in the evening, when nothing changed any more. In the day it depends on the
time which notes there were before: of these the test knows what each must list and what it may list. As every
conversation comes to count as a duplicate, or ceases to, at most once, no list comes back: two notes with the same list
on one conversation are always one too many.
"""

import asyncio
import re
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import datetime
from uuid import uuid4

import httpx2
import pytest
from conversation_day import DAY, MORNING, SEARCH_LAG, Day
from conversation_oracle import Oracle, event_id
from processes import OPS, SERVICE, Database, Dialer, Server, chance, ending, until
from sqlalchemy import make_url
from tests.api.desk import SETTINGS

SIZE, SEED = 500, 21
PATIENCE = 120  # seconds, on a machine that has much else to do
DOWN = 0.5  # seconds for which the service stays away
ROUTE_OF = {
    "the same person": "same_prospect",
    "the same company": "same_company",
    "another address of the same person": "secondary_email",
    "the same phone number": "same_phone",
}
_DONE = """
    SELECT true FROM inbox_event e JOIN message m ON m.subject = 'inbox:intercom:' || e.event_id
    WHERE e.event_id = $1 AND e.state = 'handled' AND m.state = 'pending'
"""


class Played:
    """A service, Intercom's sandbox behind it, and the day between them."""

    def __init__(self, folder, url, day):
        common = {"database_url": url, "env": "test", "scheduler": "off", "rate_limit": 10**9}
        common |= {name.removeprefix("GROWTH_").lower(): value for name, value in SETTINGS.items()}
        self.day, self._url = day, url
        self.sandbox = Dialer(folder / "sandbox.log", **common)
        self.service = Server(folder / "service.log", sandbox_url=self.sandbox.url, address_rate_limit=10**9, **common)
        limits = httpx2.Limits(max_connections=8)
        self._client = httpx2.AsyncClient(trust_env=False, timeout=30, limits=limits)
        self.answers, self.refused = Counter(), 0
        self._delivering = set()

    async def connect(self):
        """`observer` may hold locks meanwhile."""
        self.database, self.observer = await Database.of(self._url), await Database.of(self._url)

    async def close(self):
        await self._client.aclose()

    async def prepare(self):
        for process in (self.sandbox, self.service):
            process.start()
        await until(self._desk_answers, 20, lambda: f"{self.sandbox.log} tells why the sandbox is not there")
        await self.service.ready()
        await self.database.move_to(MORNING - DAY)
        self.ids = {it.email: await self._register(it) for it in self.day.people if it.registered}
        for contact in self.day.contacts:
            named = {"external_id": self.ids[contact.person.email]} if contact.is_prospect else {}
            await self._workspace(contact.country, f"contacts/{contact.id}", contact.record | named)
        for it in self.day.conversations:
            await self._workspace(it.country, f"conversations/{it.id}", self._first(it))
        await self.desk("PUT", "settings", {"search_lag": SEARCH_LAG.total_seconds()})
        await self.idle()

    async def _register(self, person):
        known = {"phone": person.phone, "company_id": person.company_id, "user_id": person.user_id}
        body = {"email": person.email, "country_code": person.country, **known}
        others = {"secondary_emails": [person.other]} if person.other else {}
        return (await self.ask("POST", "/v1/prospects", json=body | others, headers=SERVICE))["id"]

    def _first(self, it):
        state = it.history[0].given()
        author = {"email": it.address, "type": "lead"} if it.address else {}
        contacts = {"contact_ids": [contact.id for contact in it.contacts], "created_at": state["updated_at"]}
        return state | contacts | {"source": {"author": author}}

    async def ask(self, method, path, **parts):
        parts = {"headers": OPS} | parts
        answer = await self._client.request(method, self.service.url + path, **parts)
        assert answer.is_success, answer.text
        return answer.json()

    async def _workspace(self, country, path, body):
        await self.desk("PUT", f"workspaces/{country}/{path}", body)

    async def _desk_answers(self):
        with suppress(httpx2.TransportError):
            return await self.desk("GET", "desk")

    async def desk(self, method, path, body=None):
        answer = await self._client.request(method, f"{self.sandbox.url}/intercom/_sandbox/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def play(self, part):
        """Go through a part of the day; all of it is told, and answered, at the end."""
        due = defaultdict(list)
        for n, happening in enumerate(part):
            for delay in happening.delays:
                due[min(n + delay, len(part) - 1)].append(happening)
        for n, happening in enumerate(part):
            if await self.database.now() < happening.at:
                await self.database.move_to(happening.at)
            if happening.change:
                country, id_, state = happening.change
                await self._workspace(country, f"conversations/{id_}", state)
            for told in due[n]:
                task = asyncio.create_task(self._deliver(told))
                self._delivering.add(task)
                task.add_done_callback(self._delivering.discard)
            await until(lambda: len(self._delivering) < 24, PATIENCE)
        await asyncio.gather(*self._delivering)

    async def _deliver(self, told):
        """Send it until it is answered as it has to be."""
        wanted = 401 if told.forged else 200
        while True:
            try:
                answer = await self._client.post(
                    f"{self.service.url}/webhooks/intercom", content=told.content, headers=told.headers
                )
            except httpx2.ConnectError:
                self.refused += 1
            except httpx2.TransportError:
                pass  # it was sent, and no answer came
            else:
                self.answers[answer.status_code] += 1
                if answer.status_code == wanted:
                    return
            await asyncio.sleep(0.1)

    async def die_before_it_is_settled(self, part):
        """Play a part; kill the service when what its first notification says is done, and no message is settled."""
        await self.observer.value("BEGIN")
        await self.observer.value("LOCK TABLE vendor_attempt IN EXCLUSIVE MODE")

        async def done():
            return await self.observer.value(_DONE, event_id(part[0]))

        playing = await self._play_and_kill(part, done)
        await self.observer.value("ROLLBACK")
        await self._come_back(playing)

    async def die_before_the_answer(self, part, id_):
        """Play a part; kill the service when Intercom has the note that follows from its first, and hesitates."""
        await self.desk("PUT", "faults", {"path": f"/conversations/{id_}/reply", "hang": 30})

        async def noted():
            return str(id_) in (await self.notes())["FR"]

        await self._come_back(await self._play_and_kill(part, noted))

    async def _play_and_kill(self, part, moment):
        playing = asyncio.create_task(self.play(part))
        await until(moment, PATIENCE)
        self.service.kill()
        return playing

    async def _come_back(self, playing):
        """Start the service again after a while; from now on one in ten of Intercom's answers gets lost."""
        await self.desk("PUT", "faults", {"path": "/conversations/", "drop_answer": 0.1})
        await asyncio.sleep(DOWN)
        await self.observer.let_leases_run_out()
        self.service.start()
        await self.service.ready()
        await playing

    async def requests(self):
        return (await self.desk("GET", "requests"))["requests"]

    async def notes(self):
        """Return by country and conversation the notes on it, each as the set of (route, id) that it lists."""
        workspaces = (await self.desk("GET", "desk"))["workspaces"]
        return {country: _notes(desk) for country, desk in workspaces.items()}

    async def idle(self):
        """Wait until nothing is left to be delivered; whoever backs off does not have to wait for it."""

        async def drained():
            await self.database.wait_less()
            await asyncio.sleep(0.05)
            return not (await self.ask("GET", "/v1/outbox?state=pending&limit=1"))["items"]

        await until(drained, PATIENCE)

    async def all_of(self, path):
        found, query = [], {"limit": 200}
        while True:
            page = await self.ask("GET", path, params=query)
            found += page["items"]
            if not page["next_cursor"]:
                return found
            query |= {"cursor": page["next_cursor"]}


def _notes(desk):
    found = {}
    for it in desk["conversations"]:
        parts = it["conversation_parts"]["conversation_parts"]
        if bodies := [part["body"] for part in parts if part["part_type"] == "note"]:
            found[it["id"]] = [_listed(body) for body in bodies]
    return found


def _listed(body):
    groups = re.findall(r"<p>Of ([^<]*)</p><ul>(.*?)</ul>", body)
    lines = [(ROUTE_OF[heading], id_) for heading, lines in groups for id_ in re.findall(r"Conversation (\d+)<", lines)]
    assert len(lines) == len({id_ for _, id_ in lines}) > 0, body
    return frozenset(lines)


@pytest.fixture(scope="module")
async def played(tmp_path_factory, cluster, administrator, template):
    """The day, played to its end."""
    name = f"test_{uuid4().hex}"
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = make_url(cluster).set(drivername="postgresql+asyncpg", database=name).render_as_string(hide_password=False)
    it = Played(tmp_path_factory.mktemp("day"), url, Day(chance(SEED), SIZE))
    morning, noon, afternoon, evening = it.day.parts
    await it.connect()
    with ending(it.service, it.sandbox, it.database, it.observer):
        await it.prepare()
        await it.play(morning)
        await it.idle()
        await it.die_before_it_is_settled(noon)
        await it.die_before_the_answer(afternoon, it.day.openings[1].id)
        await it.idle()
        await it.play(evening)
        await it.idle()
        it.oracle = Oracle(it.day, await it.database.now())
        yield it
        await it.close()
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_every_reply_of_the_day_is_one_event_of_its_prospect(played):
    found = {}
    for email, id_ in played.ids.items():
        events = await played.all_of(f"/v1/prospects/{id_}/events")
        found[email] = sorted(
            (it["event_name"], it["message_id"], it["country_code"], datetime.fromisoformat(it["occurred_at"]))
            for it in events
        )
    expected = {email: sorted(played.oracle.events[email]) for email in played.ids}
    assert found == expected
    assert sum(map(len, found.values())) > SIZE / 4


async def test_every_notification_is_settled_once_and_as_it_should_be(played):
    found = {it["event_id"]: (it["state"], it["reason"], it["attempts"]) for it in await played.all_of("/v1/inbox")}
    assert found == {id_: (*judged, 1) for id_, judged in played.oracle.inbox.items()}
    assert len(set(played.oracle.inbox.values())) >= 9


async def test_every_message_is_delivered_and_none_is_written_twice(played):
    messages = await played.all_of("/v1/outbox")
    assert {it["state"] for it in messages} == {"done"}
    looked = Counter(it["subject"] for it in messages if it["kind"] == "conversation.detect")
    assert looked == {f"conversation:FR:{id_}": times for id_, times in played.oracle.heard.items()}
    told = Counter(it["subject"] for it in messages if it["kind"] == "conversation.note")
    assert told == {f"conversation:FR:{id_}": len(notes) for id_, notes in (await played.notes())["FR"].items()}


async def test_the_newest_note_lists_the_duplicates_of_the_end_of_the_day(played):
    notes = (await played.notes())["FR"]
    evening = {it.body["data"]["item"]["id"] for it in played.day.parts[-1]} & played.oracle.heard.keys()
    listed = {str(it.id): played.oracle.listed(it) for it in played.day.conversations if str(it.id) in evening}
    wanted = {id_: of for id_, of in listed.items() if of}
    assert {id_: notes[id_][-1] for id_ in notes if id_ in wanted} == wanted
    assert {route for of in wanted.values() for route, _ in of} == set(ROUTE_OF.values())


async def test_no_note_is_left_twice_or_where_none_belongs(played):
    notes = await played.notes()
    assert notes["BE"] == {}
    for it in played.day.conversations:
        left = notes["FR"].get(str(it.id), []) if it.country == "FR" else []
        assert not left or str(it.id) in played.oracle.heard, f"nobody wrote in {it.id}"
        assert len(left) == len(set(left)), f"{it.id} has a note twice"
        for note in left:
            assert played.oracle.must_list(it) <= note <= played.oracle.may_list(it)


async def test_the_day_was_as_hard_as_it_is_meant_to_be(played):
    """Else the rest of this shows little."""
    happenings = played.day.told
    assert (len(happenings), sum(len(it.delays) for it in happenings) > 1.5 * SIZE) == (SIZE, True)
    assert played.answers[200] + played.answers[401] == sum(len(it.delays) for it in happenings)
    assert played.refused > 0, "nothing was sent while the service was down"
    lost = [it for it in await played.requests() if it["fault"] == "drop_answer" and it["path"].endswith("/reply")]
    assert lost, "Intercom lost no answer to a note"
