"""Intercom's webhook while every vendor hangs, and what looking for duplicates costs in calls of the vendor.

Notifications are sent when they are due, whatever became of those before them (an open loop), and their time counts
from then. What is counted at the end is the inbox: each notification that was acknowledged has to be in it.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from benchmarks.frame import Bar, Cluster, Plan, Result, growth_server, middle
from benchmarks.line import Line
from growth.adapters.sandbox.dialer_settings import DialerSettings
from growth.local import free_port, sandbox

PER_SECOND, CONVERSATIONS = 50, 200
_P99_MS, _MOST_CALLS = 100, 10
_LOADS, _WARM_UP_SECONDS = 5, 2  # a round takes so many loads' time
_ASKING = 40  # people whose requests have the other vendors called
_INCOMPLETE_EVERY = 10  # notifications, of which one leaves out what Intercom then is asked for
_PATIENCE = 30  # seconds for what is left in the outbox
_KEY = "dev-admin-key"
_TEAM, _SECRET, _PHONE, _SIREN = 7_100_001, "benchmark", "+33199000001", "732829320"
_SETTINGS = {"intercom_fr_app_id": "benchmark", "intercom_fr_webhook_secret": _SECRET, "intercom_fr_admin_id": "1"}
_CALLED = {"customerio", "intercom", "salesforce", "slack"}
_WHO_WAIT = 4  # callers of each of these, of whom each waits until the vendor's time is over
_ASKED = (
    ("GET", "/v1/accountants?email=ana@example.org", None),
    ("POST", "/v1/conversations/1/detect-duplicates", {"country_code": "FR"}),
)
_KEPT = "SELECT event_id FROM inbox_event WHERE source = 'intercom'"
_PENDING = "SELECT count(*) FROM message WHERE vendor = 'intercom' AND state = 'pending'"
_FIRST, _SECOND = "ana@example.org", "ana@home.example"
# Who she is at Intercom: some contacts with her address, some with another one of hers, some with her number only.
_CONTACTS = [{"email": _FIRST}] * 4 + [{"email": _SECOND}] * 2 + [{"phone": _PHONE}] * 2


def run(cluster: Cluster, plan: Plan) -> Result:
    result = Result("webhooks")
    for number in range(1, plan.rounds + 1):
        found = asyncio.run(_acknowledging(cluster, plan.seconds * _LOADS, result.errors))
        result.rows.append({"round": number} | found)
    result.rounds += result.rows
    p99 = middle([row["p99 ms"] for row in result.rows])
    what = f"p99 of {PER_SECOND} notifications a second, all vendors hanging"
    result.bars.append(Bar(what, f"≤ {_P99_MS} ms", f"{p99:.1f} ms", p99 <= _P99_MS))
    calls, again = asyncio.run(_detecting(cluster, result.errors))
    what = f"calls of Intercom for duplicates among {CONVERSATIONS} conversations, note included"
    result.bars.append(Bar(what, f"≤ {_MOST_CALLS}", str(calls), calls <= _MOST_CALLS))
    result.bars.append(Bar("the same once more, when there is nothing to note", "", str(again), None))
    return result


async def _acknowledging(cluster: Cluster, seconds: float, errors: list[str]) -> dict[str, Any]:
    """Send for so many seconds; return the figures, and put down what is wrong."""
    cluster.new_database("webhooks")
    async with _hanging() as (port, hanging):
        with growth_server(cluster, "webhooks", sandbox_url=f"http://127.0.0.1:{port}", **_SETTINGS) as server:
            line = Line(server.url, _KEY)
            await _have_vendors_called(line)
            asking = [asyncio.create_task(_keep_asking(line, *it)) for it in _ASKED for _ in range(_WHO_WAIT)]
            warm = await _open_loop(line, 0, _WARM_UP_SECONDS)
            app, database = server.cpu_seconds(), cluster.cpu_seconds()
            sent = await _open_loop(line, len(warm), seconds)
            app, database = server.cpu_seconds() - app, cluster.cpu_seconds() - database
            for task in asking:
                task.cancel()
            line.close()
            kept = set(cluster.execute(_KEPT, database="webhooks").split())
    errors += _wrong(warm + sent, kept, hanging)
    times = sorted(took for _, _, took in sent)
    return {
        "sent": len(sent),
        "p50 ms": times[len(times) // 2],
        "p99 ms": times[len(times) * 99 // 100],
        "longest ms": times[-1],
        "app cpu ms": app * 1000 / len(sent),
        "database cpu ms": database * 1000 / len(sent),
        "in the inbox": len(kept),
        "calls that hung": ", ".join(f"{number} {name}" for name, number in sorted(hanging.items())),
    }


def _wrong(sent: list[tuple[str, int, float]], kept: set[str], hanging: Counter[str]) -> Iterator[str]:
    lost = [id_ for id_, status, _ in sent if status == 200 and id_ not in kept]
    if lost:
        yield f"{len(lost)} acknowledged notifications are not in the inbox, {lost[0]} first"
    if refused := Counter(status for _, status, _ in sent if status != 200):
        yield f"of {len(sent)} notifications were not acknowledged: {dict(refused)}"
    if not hanging.keys() >= _CALLED:
        yield f"not all vendors were called and hung: {dict(hanging)}"


@asynccontextmanager
async def _hanging() -> AsyncIterator[tuple[int, Counter[str]]]:
    """Play vendors who accept and never answer; give their port, and how often each was called."""
    called, calls = Counter[str](), set[asyncio.Task[Any] | None]()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.add(asyncio.current_task())
        with suppress(OSError, EOFError):
            called[(await reader.readline()).split()[1].split(b"/")[1].decode()] += 1
            while await reader.read(1 << 16):
                pass
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], called
    finally:
        server.close()
        await asyncio.gather(*filter(None, calls))


async def _have_vendors_called(line: Line) -> None:
    """Register people who ask for a call back: mailer and Slack are to be told, and these people then write."""
    for number in range(_ASKING):
        person = {"email": _email(number), "country_code": "FR", "phone": f"+331990001{number:02}"}
        status, _ = await line.ask("POST", "/v1/prospect-requests", person | {"request_type": "callback"})
        if status != 202:
            raise RuntimeError(f"A request of sales was answered with {status}.")


async def _keep_asking(line: Line, method: str, path: str, body: Any) -> None:
    """Ask again and again what a vendor is asked for while the caller waits."""
    while True:
        await line.ask(method, path, body)


async def _open_loop(line: Line, first: int, seconds: float) -> list[tuple[str, int, float]]:
    """Send notifications when they are due; return id, status and milliseconds since it was due of each."""
    sent: list[tuple[str, int, float]] = []

    async def send(number: int, due: float) -> None:
        id_, content = f"notif_{number}", json.dumps(_notification(number)).encode()
        mac = hmac.new(_SECRET.encode(), content, hashlib.sha1).hexdigest()
        status, _ = await line.ask("POST", "/webhooks/intercom", content, **{"x-hub-signature": f"sha1={mac}"})
        sent.append((id_, status, (time.perf_counter() - due) * 1000))

    start = time.perf_counter()
    async with asyncio.TaskGroup() as sending:
        for place in range(int(seconds * PER_SECOND)):
            due = start + place / PER_SECOND
            await asyncio.sleep(due - time.perf_counter())
            sending.create_task(send(first + place, due))
    return sent


def _email(number: int) -> str:
    return f"person-{number % _ASKING}@example.org"


def _notification(number: int) -> dict[str, Any]:
    """Return a user's reply, in a conversation of its own; one in some leaves out to whom it is assigned."""
    now, contact = int(time.time()), {"type": "contact", "id": f"contact-{number % _ASKING}"}
    item = {
        "type": "conversation",
        "id": str(number + 1),
        "created_at": now,
        "updated_at": now,
        "state": "open",
        "open": True,
        "source": {"type": "email", "body": "<p>Hello</p>" * 100, "author": contact | {"email": _email(number)}},
        "contacts": {"type": "contact.list", "contacts": [contact]},
        "admin_assignee_id": None,
        "tags": {"type": "tag.list", "tags": []},
    }
    item |= {"team_assignee_id": _TEAM} if number % _INCOMPLETE_EVERY else {}
    notification = {"type": "notification_event", "id": f"notif_{number}", "app_id": "benchmark", "created_at": now}
    return notification | {"topic": "conversation.user.replied", "data": {"item": item}}


async def _detecting(cluster: Cluster, errors: list[str]) -> tuple[int, int]:
    """Look for duplicates twice; return the calls of Intercom of both, as its sandbox has written them down."""
    cluster.new_database("duplicates")
    port = free_port()

    async def now() -> datetime:
        return datetime.now(UTC)

    async with sandbox(DialerSettings(), now, port):
        settings = _SETTINGS | {"sandbox_url": f"http://127.0.0.1:{port}"}
        with growth_server(cluster, "duplicates", scheduler="off", **settings) as server:
            intercom, growth = Line(f"http://127.0.0.1:{port}"), Line(server.url, _KEY)
            await _fill(intercom, growth)
            first = await _calls(cluster, intercom, growth, errors, noted=True)
            again = await _calls(cluster, intercom, growth, errors, noted=False)
            intercom.close()
            growth.close()
    return first, again - first


async def _fill(intercom: Line, growth: Line) -> None:
    """Have Intercom know a person's conversations, and as many of others; and us the person."""
    workspace, at = "/intercom/_sandbox/workspaces/FR", int(time.time())
    for number, known in enumerate([*_CONTACTS, {"email": "ben@example.org"}]):
        await _must(intercom, "PUT", f"{workspace}/contacts/contact-{number}", known)
    for number in range(2 * CONVERSATIONS):
        whose = number % len(_CONTACTS) if number < CONVERSATIONS else len(_CONTACTS)
        body = {"contact_ids": [f"contact-{whose}"], "team_assignee_id": _TEAM, "created_at": at, "updated_at": at}
        await _must(intercom, "PUT", f"{workspace}/conversations/{number + 1}", body)
    person = {"email": _FIRST, "secondary_emails": [_SECOND], "phone": _PHONE, "company_id": _SIREN}
    await _must(growth, "POST", "/v1/prospects", person | {"country_code": "FR"})


async def _calls(cluster: Cluster, intercom: Line, growth: Line, errors: list[str], *, noted: bool) -> int:
    """Look for the duplicates of the first conversation; return how often Intercom was called since it began."""
    found = await _must(growth, "POST", "/v1/conversations/1/detect-duplicates", {"country_code": "FR"})
    until = time.monotonic() + _PATIENCE
    while int(cluster.execute(_PENDING, database="duplicates")) and time.monotonic() < until:  # noqa: ASYNC110 - rows
        await asyncio.sleep(0.1)
    calls = (await _must(intercom, "GET", "/intercom/_sandbox/log"))["entries"]
    notes = sum(it["path"] == "/conversations/1/reply" for it in calls)
    if (len(found["duplicates"]), found["noted"], notes) != (CONVERSATIONS - 1, noted, 1):
        errors.append(f"{len(found['duplicates'])} duplicates, noted: {found['noted']}, {notes} notes were left")
    return len(calls)


async def _must(line: Line, method: str, path: str, body: Any = None) -> Any:
    status, answer = await line.ask(method, path, body)
    if not 200 <= status < 300:
        raise RuntimeError(f"{method} {path} was answered with {status}.")
    return answer
