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
    if tried.count(429) != 20:  # a minute began meanwhile: another address has one of its own
        tried, more = await guesses(service, "192.0.2.78")
    assert tried == [302, 404] * 15 + [302, 429] * 20
    assert more.status_code == 302
    async with client_of(service.app, "192.0.2.79") as another:
        assert (await another.get("/v1/referral-codes/GUESSXXX", headers=CAPTURE)).status_code == 404


async def test_a_visitor_from_a_crowded_address_goes_on_to_the_site_but_is_not_counted(programme):
    await programme.user("rita")
    code = (await programme.profile("rita"))["referral_code"]
    with_code, without = f"https://shop.example/?ref={code}&utm_source=mail", "https://shop.example/?utm_source=mail"
    async with client_of(programme.service.app, "192.0.2.80") as crowd:
        visits = [await crowd.get(f"/r/{code}?utm_source=mail", headers=PERSON) for _ in range(65)]
        looks = await crowd.head(f"/r/{code}?utm_source=mail", headers=PERSON)
    assert {it.status_code for it in visits} == {302}
    led = [it.headers["location"] for it in visits]
    assert led[:30] == [with_code] * 30
    assert led[-1] == looks.headers["location"] == without
    assert (await programme.profile("rita"))["counts"]["visits"] == led.count(with_code) < 65


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
