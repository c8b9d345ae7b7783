"""The programme's commands as an operator has them."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.adapters.campaign_world import world_on
from tests.api.conftest import OPS, SERVICE, Service, client_of
from tests.api.programme import Programme, linked, refund
from tests.domain.makers import TEN
from tests.end_to_end.test_command_line import growth

from growth.adapters.db.clock import DatabaseClock
from growth.api.app import create_app
from growth.container import EXAMPLES
from growth.settings import Settings

TERMS = EXAMPLES / "referral_terms.toml"


@pytest.fixture
async def programme(database_url):
    """The service on the database that the commands work on, on a Monday at ten in Paris."""
    async with world_on(database_url) as world:
        await (await world.get(DatabaseClock)).move_to(TEN)
        world.url = database_url
        async with client_of(create_app(world.container, await world.get(Settings))) as client:
            yield Programme(Service(world, None, client))


@pytest.fixture
def command(programme):
    """Run a command on the programme's database."""

    async def run(*arguments, code=0):
        said = await growth(*arguments, database=programme.service.world.url)
        assert said.code == code, said.err + said.out
        assert len(said.lines) == (1 if code and not said.out else 0), said.err
        return said

    return run


async def test_a_grant_is_shown_as_the_api_shows_it(programme, command):
    await programme.user("rita")
    granted = json.loads(
        (await command("credits", "grant", "rita", "--days", 10, "--reason", "[/sorry]", "--json")).out
    )
    assert (granted["days_left"], granted["entries"][0]["note"]) == (10, "[/sorry]")
    shown = await command("credits", "show", "rita")
    assert re.search(r"until 2026-12-03 .*: 10 days are left\.$", shown.out.splitlines()[0])
    assert "[/sorry]" in shown.out
    await programme.user("zoe")
    assert "no paid access" in (await command("credits", "show", "zoe")).out


async def test_a_payment_is_traced_from_the_user_to_his_referral_and_his_days(programme, command):
    referral = await programme.pair()
    assert "has paid nothing" in (await command("payments", "show", "bob")).out
    await programme.pay("bob")
    at = await programme.now()
    for news in (linked("bob"), refund("bob", at=at, amount=1_000)):
        await programme.tell(news)
    assert re.search(
        r"stripe +in_bob_1 +4,900 eur .* refund 1,000: done", (await command("payments", "show", "bob")).out
    )
    found = json.loads((await command("payments", "show", "bob", "--json")).out)["items"]
    assert found == (await programme.ask("GET", "/v1/payments?user_id=bob", role=OPS))["items"]
    assert re.search(r"converted by +stripe in_bob_1, paid ", (await command("referral", "show", referral)).out)
    days = (await command("credits", "show", "bob")).out
    assert re.search(rf"credit +\+45 +day +first_payment +{referral}", days)


async def test_referrals_are_found_by_user_and_by_what_waits(programme, command):
    held = await programme.pair("rita", "bob", email="same+a@gmail.com")
    await programme.pay("bob")
    await programme.user("zoe")
    free = (await programme.invite("bob", "zoe"))["referral_id"]

    async def ids(*options):
        return [it["id"] for it in json.loads((await command("referral", "list", *options, "--json")).out)["items"]]

    assert await ids() == await ids("--user", "bob") == [free, held]
    assert await ids("--held") == await ids("--user", "rita") == [held]
    assert await ids("--user", "zoe", "--held") == []
    assert re.search(rf"{held} .* held +bob +rita +same_email", (await command("referral", "list")).out)
    assert "There is none." in (await command("referral", "list", "--user", "zoe", "--held")).out


@pytest.mark.parametrize(
    ("arguments", "code", "wrong"),
    [
        (("credits", "grant", "nobody", "--days", "10", "--reason", "x"), 1, "/v1/users"),
        (("credits", "grant", "rita", "--days", "10", "--reason", " "), 1, "reason"),
        (("credits", "grant", "rita", "--days", "0", "--reason", "x"), 2, "--days"),
        (("credits", "show", "r\udcff"), 1, "USER"),
        (("credits", "show", "nobody"), 1, "Nobody has told of this user"),
        (("payments", "show", "nobody"), 1, "Nobody has told of this user"),
        (("referral", "list", "--user", "nobody"), 1, "Nobody has told of this user"),
        (("referral", "review", str(uuid4()), "release", "--reason", "x", "--by", " "), 1, "--by"),
        (("ledger", "liability", "--at", "yesterday"), 1, "yesterday"),
        (("referral", "show", str(uuid4())), 1, "no referral"),
        (("referral", "review", str(uuid4()), "release", "--reason", "x"), 1, "no referral"),
        (("referral", "review", str(uuid4()), "wait", "--reason", "x"), 2, "wait"),
        (("check-terms", "no-such-file.toml"), 1, "no-such-file.toml"),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, tuple) else "",
)
async def test_what_cannot_be_done_is_said_in_a_line(programme, arguments, code, wrong):
    said = await growth(*arguments, database=programme.service.world.url)
    assert (said.code, said.out, wrong in said.err) == (code, "", True), said.err
    assert code == 2 or len(said.lines) == 1


async def test_a_ledger_that_does_not_fit_fails_the_check_and_is_named(programme, command):
    await programme.pair()
    await programme.pay("bob")
    assert "3 accounts, 4 entries: everything fits." in (await command("ledger", "check")).out
    owed = json.loads((await command("ledger", "liability", "--country", "FR", "--json")).out)["items"]
    assert [(it["country_code"], it["days"]) for it in owed] == [("FR", 90)]
    assert "90" not in (await command("ledger", "liability", "--at", "2026-11-01T00:00:00Z")).out
    await programme.service.world.execute(
        "UPDATE ledger_holder SET credit_until = credit_until + interval '1 day' WHERE user_id = 'bob'"
    )
    said = await command("ledger", "check", code=1)
    assert re.search(r"^credit:\S+: its window ends 2027-01-08", said.out, re.MULTILINE)
    found = json.loads((await command("ledger", "check", "--json", code=1)).out)
    assert (found["ok"], len(found["faults"])) == (False, 1)


async def test_free_months_are_decided_by_hand(programme, command):
    referral = await programme.pair()
    await programme.contract("c1", "bob", signed_at=(await programme.now()).isoformat())
    assert json.loads((await command("consume-referrals", "--country", "BE", "--json")).out) == {"BE": {}}
    assert "FR: discounted 1" in (await command("consume-referrals")).out
    shown = (await command("referral", "show", referral)).out
    assert re.search(r"status +rewarded", shown)
    assert re.search(r"free month +2026-11", shown)
    assert re.search(r"discount:\S+ +\+30 +day +free_month", shown)
    as_json = json.loads((await command("referral", "show", referral, "--json")).out)
    assert {name: as_json[name] for name in as_json if name != "entries"} == await programme.referral(referral)
    assert as_json["entries"] == await programme.entries(referral)


async def test_a_held_reward_is_released_by_the_command_line(programme, command):
    referral = await programme.pair("rita", "bob", email="same+a@gmail.com")
    await programme.pay("bob")
    await programme.move(timedelta(days=20))
    decided = ("referral", "review", referral, "release", "--reason", "a couple", "--by", "Ana")
    review = json.loads((await command(*decided, "--json")).out)["review"]
    assert (review["decision"], review["reason"], review["by"]) == ("release", "a couple", "cli:Ana")
    assert await programme.left("rita") == 45
    assert "release by cli:Ana" in (await command("referral", "show", referral)).out
    assert "held" in (await command("referral", "review", referral, "reject", "--reason", "x", code=1)).err


async def test_a_review_is_recorded_by_the_name_on_this_machine(programme):
    referral = await programme.pair("rita", "bob", email="same+a@gmail.com")
    await programme.pay("bob")
    said = await growth(
        *("referral", "review", referral, "reject", "--reason", "x", "--json"),
        database=programme.service.world.url,
        LOGNAME="ana",
    )
    assert json.loads(said.out)["review"]["by"] == "cli:ana"


async def test_terms_are_checked_as_a_whole_and_first_of_all(tmp_path):
    assert "1 of FR, 1 of BE, 1 of ES" in (await growth("check-terms", TERMS)).out
    file = tmp_path / "terms.toml"
    file.write_text(TERMS.read_text().replace("credit_days = 45", "credit_days = 0"))
    for arguments in (("check-terms", file), ("up",)):
        data = tmp_path / "data"
        said = await growth(*arguments, GROWTH_REFERRAL_TERMS_FILE=str(file), GROWTH_DATA_DIR=str(data))
        assert (said.code, said.out, len(said.lines)) == (1, "", 4), said.err
        assert said.lines[0].startswith(f"{file}: ")
        assert not data.exists()


async def test_a_server_does_not_begin_with_terms_that_break_a_promise(programme, tmp_path):
    assert (await programme.ask("GET", "/v1/referrals", role=SERVICE))["items"] == []
    file = tmp_path / "terms.toml"
    file.write_text(TERMS.read_text().replace("credit_days = 45", "credit_days = 44"))
    env = {"GROWTH_REFERRAL_TERMS_FILE": str(file), "GROWTH_PORT": "0"}
    said = await growth("serve", database=programme.service.world.url, **env)
    assert said.code == 1
    assert "are not changed" in said.err
    assert said.lines[-1] == '  "2016-1" of FR: credit_days'
