"""Referral codes: nobody finds one by trying, everybody has one of his own."""

import asyncio

import pytest
from tests.api.conftest import CAPTURE, SERVICE, client_of, service_on
from tests.api.programme import Programme

from growth.container import referrals as providers
from growth.domain.referrals.business_rules.codes import ALPHABET

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


@pytest.fixture
def programme(service):
    return Programme(service)


async def guesses(service, address):
    """The answers to 70 guesses from one address, on both routes in turn, and to one more."""
    async with client_of(service.app, address) as client:
        paths = [
            path for number in range(35) for path in (f"/r/GUESS{number:03}", f"/v1/referral-codes/GUESS{number:03}")
        ]
        tried = [(await client.get(path, headers=CAPTURE | PERSON)).status_code for path in paths]
        return tried, await client.head("/r/GUESSXXX", headers=PERSON)


async def test_codes_are_guessed_thirty_times_a_minute_on_both_routes_together(service):
    tried, more = await guesses(service, "192.0.2.77")
    if tried.count(429) != 40:  # a minute began meanwhile: another address has one of its own
        tried, more = await guesses(service, "192.0.2.78")
    assert tried == [302, 404] * 15 + [429] * 40
    assert (more.status_code, 1 <= int(more.headers["retry-after"]) <= 61) == (429, True)
    async with client_of(service.app, "192.0.2.79") as another:
        assert (await another.get("/r/GUESSXXX", headers=PERSON)).status_code == 302


async def test_everybody_has_one_code_of_his_own_made_on_first_need(programme):
    names = [f"u{number}" for number in range(40)]
    for name in names:
        await programme.user(name)
    pages = await asyncio.gather(*(programme.profile(name) for name in names * 3))
    codes = {page["user_id"]: {page["referral_code"]} for page in pages}
    for page in pages:
        codes[page["user_id"]].add(page["referral_code"])
    assert {len(found) for found in codes.values()} == {1}
    assert len(set.union(*codes.values())) == len(names)
    assert all(len(code) == 8 and set(code) <= set(ALPHABET) for found in codes.values() for code in found)


@pytest.mark.parametrize(("taken", "status"), [(7, 200), (8, 500)])
async def test_a_code_that_is_taken_is_drawn_again_seven_times(database_url, monkeypatch, taken, status):
    drawn = iter(["ABCDEFGH", *["ABCDEFGH"] * taken, "BCDEFGHJ", "CDEFGHJK"])
    monkeypatch.setattr(providers, "draw_code", lambda: next(drawn))
    async with service_on(database_url) as service:
        programme = Programme(service)
        await programme.user("ann")
        await programme.user("ben")
        assert (await programme.profile("ann"))["referral_code"] == "ABCDEFGH"
        answer = await service.client.get("/v1/referral-profiles/ben", headers=SERVICE)
        assert answer.status_code == status
        assert len(list(drawn)) == (1 if status == 200 else 2)
