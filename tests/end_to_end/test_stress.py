"""`make stress`: what it says it sent is in the database, it lies down before production, and its figures are right."""

import asyncio
import json
import os
import re
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from processes import Database, Server, ending

from benchmarks.line import Answer
from stress.exchanges import Request, judge
from stress.measures import Record, Sample, by_name, errors_of, percentile, timeline
from stress.people import People, by_zipf
from stress.schedule import Plan, arrivals, due, read_mix
from stress.target import is_private
from stress.traffic import Mix, Secrets, Traffic

ROOT = Path(__file__).parents[2]
SECRET = "whsec_test"
OWN_KEY = "a-service-key-of-our-own"
PLANS = st.builds(
    lambda rate, seconds, part: Plan(rate, part * seconds, seconds),
    st.floats(0.5, 100),
    st.floats(0.5, 30),
    st.sampled_from((0, 0.01, 0.5, 1)),
)
TIMES = st.lists(st.floats(0, 10_000), min_size=1, max_size=200)


async def stress(url, *options, key="service:dev-service-key"):
    """Run it as a person does; return exit code, output and standard error."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("STRESS_")}
    command = (sys.executable, "-m", "stress", "--url", url, *options)
    running = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=env | {"STRESS_KEY": key}, stdout=-1, stderr=-1
    )
    told, complained = await asyncio.wait_for(running.communicate(), 60)
    return running.returncode, told.decode(), complained.decode()


@asynccontextmanager
async def serving(folder, url, **settings):
    server = Server(folder / "server.log", database_url=url, stripe_webhook_secret=SECRET, scheduler="off", **settings)
    database = await Database.of(url)
    server.start()
    with ending(server, database):
        await server.ready()
        yield server, database


async def test_what_it_says_was_answered_is_in_the_database(tmp_path, database_url):
    async with serving(tmp_path, database_url) as (server, database):
        page = tmp_path / "stress.html"
        small = ("--rate", "20", "--ramp", "1", "--duration", "5", "--bad", "15", "--html", page)
        mix = ("--mix", "events=35,estimates=20,referrals=30,webhooks=15", "--stripe-secret", SECRET)
        code, told, complained = await stress(server.url, *small, *mix, "--json")
        assert code == 0, told + complained
        found = json.loads(told)
        answered = {it["name"]: it["answered"] for it in found["kinds"]}
        tag = f"stress-{found['run']}"
        kept = {
            "events": "prospect_event WHERE message_id LIKE $1 || '-%'",
            "estimates": "submission JOIN prospect ON prospect.id = prospect_id WHERE email LIKE $1 || '-%'",
            "referrals: user": "user_account WHERE id LIKE $1 || '-%'",
            "referrals: referral": "referral WHERE referred_user_id LIKE $1 || '-%'",
            "referrals: contract": "contract WHERE ref LIKE $1 || '-%'",
            "webhooks: stripe": "inbox_event WHERE source = 'stripe' AND event_id LIKE 'evt_' || $1 || '-%'",
        }
        for kind, rows in kept.items():
            assert answered.get(kind, 0) == await database.value(f"SELECT count(*) FROM {rows}", tag), kind
        assert min(answered[kind] for kind in ("events", "estimates", "referrals: user", "webhooks: stripe")) > 0
        people = await database.rows("SELECT email, phone FROM prospect")
    assert all(re.fullmatch(rf"{tag}-[1-9][0-9]*@example\.org", email) for email, _ in people)
    assert all(phone is None or re.match(r"\+33(19900|26191|35301|46571|53649|63998)", phone) for _, phone in people)
    assert 60 < found["all"]["sent"] < 130
    assert found["all"]["sent"] == sum(answered.values()) + found["all"]["refused"]
    assert found["all"]["refused"] > 0, "nothing was bad on purpose"
    assert found["left_out"] == ["webhooks of a partner, there is no --partner"]
    assert tag in page.read_text()


async def test_production_is_refused_until_somebody_says_yes(tmp_path, database_url):
    own = {"env": "production", "secret": "a-secret-of-our-own-of-some-length", "api_keys": f"service:{OWN_KEY}"}
    async with serving(tmp_path, database_url, **own) as (server, database):
        code, told, complained = await stress(server.url, key=OWN_KEY)
        assert (code, told, complained.count("\n")) == (2, "", 1)
        assert "it keeps /openapi.json closed, as production does" in complained
        assert "--yes-real-data" in complained
        assert await database.value("SELECT count(*) FROM prospect_event") == 0
        few = ("--rate", "10", "--ramp", "0", "--duration", "2", "--mix", "events=1", "--yes-real-data")
        code, told, complained = await stress(server.url, *few, "--p99", "0.001", key=OWN_KEY)
        assert await database.value("SELECT count(*) FROM prospect_event") > 0
    assert code == 1
    assert "above 0.001 ms" in complained
    assert re.search(r"for n in \$\(seq \d+\)", told)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://203.0.113.7.nip.invalid", "its address is public"),
        ("http://127.0.0.1:1", "Nobody answers"),
    ],
)
async def test_a_name_that_nobody_knows_counts_as_production_and_a_dead_port_here_does_not(url, why):
    code, told, complained = await stress(url)
    assert (code, told) == (2, "")
    assert why in complained


@pytest.mark.parametrize(
    ("host", "private"), [("127.0.0.1", True), ("10.1.2.3", True), ("[::1]", True), ("8.8.8.8", False)]
)
def test_only_addresses_of_this_machine_and_of_private_networks_are_private(host, private):
    assert is_private(f"http://{host}:8000") is private


@given(PLANS, st.integers(0, 1_000))
def test_arrivals_are_in_order_within_the_run_and_as_many_as_expected(plan, seed):
    found = list(arrivals(plan, Random(seed)))
    assert found == sorted(found)
    assert all(0 <= at < plan.seconds for at in found)
    assert abs(len(found) - plan.expected) <= 6 * plan.expected**0.5 + 6


@given(PLANS, st.floats(0, 1))
def test_the_rate_climbs_evenly_and_then_stays(plan, part):
    at = due(plan, part * plan.expected)
    climbing = min(at, plan.ramp)
    by_then = plan.rate * ((climbing**2 / (2 * plan.ramp) if plan.ramp else 0) + max(0, at - plan.ramp))
    assert by_then == pytest.approx(part * plan.expected, rel=1e-6, abs=1e-6)


@given(TIMES, st.sampled_from((0.5, 0.9, 0.99, 1)))
def test_a_percentile_is_the_smallest_time_that_so_many_keep(times, share):
    ordered = sorted(times)
    found = percentile(ordered, share)
    assert sum(it <= found for it in times) >= share * len(times)
    assert sum(it < found for it in times) < share * len(times)


@given(
    st.lists(st.tuples(st.floats(0, 29), TIMES.map(max), st.sampled_from((None, "timeout: no answer"))), max_size=50)
)
def test_the_timeline_and_the_kinds_have_every_request_once(told):
    record = Record([Sample("events", at, ms, error) for at, ms, error in told], sent=len(told), seconds=29)
    all_ = by_name(record)[-1]
    assert sum(it.sent for it in timeline(record)) == all_.sent == len(told)
    assert sum(it.errors for it in timeline(record)) == all_.errors == sum(n for *_, n in errors_of(record.samples))
    assert all_.longest == max((ms for _, ms, _ in told), default=0)


def test_a_refusal_counts_as_due_only_where_it_was_asked_for():
    bad = Request("events", "POST", "/v1/events", refusal=(422, "bad-email"))
    refusal = Answer(422, b'{"code": "bad-email"}')
    assert judge(bad, refusal).refused
    assert judge(Request("events", "POST", "/v1/events"), refusal).error == "422 bad-email"
    assert judge(bad, Answer(202, b"{}")).error == "202 Accepted where 422 bad-email was due"
    assert judge(bad, Answer(502, b"<html>")).error == "502 Bad Gateway where 422 bad-email was due"


def told(seed, number=3_000):
    """Return what one run would send to a server that answers all of it."""
    mix = Mix({"events": 4, "estimates": 2, "referrals": 4, "webhooks": 2}, bad=0.1)
    secrets = Secrets(SECRET, ("acme", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    chance = Random(seed)
    traffic = Traffic(People("0a0a0a", chance), "the-key", mix, secrets, chance)
    for _ in range(number):
        request = traffic.next()
        if request.refusal is None:
            request.then(Answer(200, b'{"referral_code": "CODE"}'))
        yield request


def test_a_run_tells_of_users_before_referrals_and_of_referrals_before_contracts():
    users, referred = set(), set()
    for request in told(5):
        body = json.loads(request.content or b"{}")
        if request.refusal:
            continue
        if request.name == "referrals: user":
            users.add(request.path.rpartition("/")[2])
        elif request.name == "referrals: referral":
            assert body["referred_user_id"] in users - referred
            referred.add(body["referred_user_id"])
        elif request.name == "referrals: referral again":
            assert body["referred_user_id"] in referred
        elif request.name == "referrals: contract":
            assert body["user_id"] in referred
    assert referred


def test_a_webhook_that_is_delivered_again_is_an_earlier_one_to_the_letter_and_no_key_goes_with_it():
    sent = [it for it in told(6) if it.path.startswith("/webhooks/") and it.refusal is None]
    again = [it for it in sent if it.name.endswith(" again")]
    first = [it.content for it in sent if not it.name.endswith(" again")]
    assert {it.path for it in again} == {"/webhooks/stripe", "/webhooks/partners/acme"}
    assert {it.content for it in again} <= set(first)
    assert len(first) == len(set(first)), "an id was used for two events"
    assert not any("authorization" in it.headers for it in sent)


def test_whatever_is_sent_has_no_address_but_those_of_the_run():
    content = b"".join(it.content for it in told(7)).decode()
    assert set(re.findall(r'[^"]*@[^"]*', content)) == set(re.findall(r"stress-0a0a0a-\d+@example\.org", content))
    assert 0.05 < sum(it.refusal is not None for it in told(7)) / 3_000 < 0.15


def test_a_seed_repeats_what_is_sent():
    events, others = ([it.content for it in told(seed) if it.name == "events"] for seed in (8, 9))
    assert events == [it.content for it in told(8) if it.name == "events"] != others


def test_some_people_recur_much_more_often_than_others():
    chance = Random(3)
    places = [by_zipf(200, chance) for _ in range(10_000)]
    first, last = (sum(place in part for place in places) for part in (range(20), range(180, 200)))
    assert set(places) <= set(range(200))
    assert first > 8 * last > 0
    assert People("x", chance).anybody_known() is None


@pytest.mark.parametrize("mix", ["", "events", "events=-1", "events=0", "mails=3", "events=1,events=2", "events=nan"])
def test_a_mix_that_makes_no_sense_is_refused(mix):
    with pytest.raises(ValueError, match=r"^Write|could not convert"):
        read_mix(mix)
