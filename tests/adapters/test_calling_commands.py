"""Whom the law allows to call, and lists of whom it does not, as an operator has them on the command line."""

import json
from uuid import uuid4

import pytest
from tests.adapters.campaign_world import a_submission, world_on
from tests.domain.makers import MONDAY, TEN
from tests.end_to_end.test_command_line import growth

AT = "2026-11-23T10:00:00+01:00"
FILE = "nom;tel\nAda;01 99 00 00 01\nBob;12\n"


@pytest.fixture
async def world(database_url):
    async with world_on(database_url) as world:
        world.url = database_url
        await world.at(MONDAY)
        await world.take(a_submission(1))
        yield world


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_text(FILE)
    return path


async def test_a_list_comes_in_and_the_lead_may_not_be_called_any_more(world, file):
    (lead,) = await world.rows("lead")
    before = await growth("can-call", lead.id, "--at", AT, database=world.url)
    assert (before.code, before.out) == (0, "The person may be called at 2026-11-23 09:00:00 UTC.\n")
    order = ("import-do-not-call", file, "--list", "bloctel", "--country", "FR", "--column", "tel")
    tried = json.loads((await growth(*order, "--dry-run", "--json", database=world.url)).out)
    report = {"read": 2, "listed": 1, "known": 0, "bad": 1, "removed": 0, "bad_lines": [3]}
    assert tried == report | {"dry_run": True}
    assert await world.rows("do_not_call", "digest") == []
    done = await growth(*order, "--replace", database=world.url)
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "line 3: this is no number there",
        "2 lines read, 1 listed, 0 known, 0 removed, 1 bad.",
    ]
    assert "99 00" not in done.out + done.err
    after = await growth("can-call", lead.id, "--at", AT, database=world.url)
    assert "may not be called at 2026-11-23 09:00:00 UTC: do_not_call (" in after.out
    told = json.loads((await growth("can-call", lead.id, "--at", AT, "--json", database=world.url)).out)
    assert (told["allowed"], told["rule"], told["next_allowed_at"]) == (False, "do_not_call", None)


async def test_a_list_is_not_cut_short_by_a_file_that_is(world, file):
    order = ("import-do-not-call", file, "--list", "bloctel", "--country", "FR", "--column", "tel")
    file.write_text("tel\n0199000001\n0199000002\n0199000003\n")
    assert (await growth(*order, "--replace", database=world.url)).code == 0
    file.write_text("tel\n0199000001\n")
    refused = await growth(*order, "--replace", database=world.url)
    assert (refused.code, len(refused.lines)) == (1, 1)
    assert "has 1 of the 3 numbers now on bloctel (FR), so 2 would come off" in refused.lines[0]
    assert "--yes-shrink" in refused.lines[0]
    assert len(await world.rows("do_not_call", "digest")) == 3
    done = await growth(*order, "--replace", "--yes-shrink", database=world.url)
    assert done.out == "1 lines read, 0 listed, 1 known, 2 removed, 0 bad.\n"
    assert len(await world.rows("do_not_call", "digest")) == 1


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("can-call", "019a0000-0000-7000-8000-000000000000"), "look it up"),
        (("can-call", "019a0000-0000-7000-8000-000000000000", "--at", "tomorrow"), "write one like"),
        (("import-do-not-call", "{file}", "--list", "a", "--country", "FR", "--column", "none"), "names no column"),
        (("import-do-not-call", "{file}", "--list", "a", "--country", "BE", "--replace"), "stays as it is"),
        (("import-do-not-call", "{file}", "--list", " ", "--country", "FR"), "--list cannot be used"),
        (("import-do-not-call", "none.csv", "--list", "a", "--country", "FR"), "correct the path"),
    ],
)
async def test_what_cannot_be_done_is_one_line_with_what_to_do(world, file, arguments, advice):
    refused = await growth(*(it.format(file=file) for it in arguments), database=world.url)
    assert refused.code == 1
    assert advice in refused.lines[-1]
    assert len(refused.lines) == 1


async def test_why_a_lead_is_not_called_is_told_in_sentences(world):
    (lead,) = await world.rows("lead")
    await world.execute("UPDATE prospect SET pending_task = true")
    await world.at(TEN)
    await world.start(type="PVI")
    told = await growth("why", lead.id, database=world.url)
    assert told.out.splitlines()[1] == (
        "Mon 23 Nov 2026 10:00 (Europe/Paris)  PVI: Not called: a salesperson has an open task with this person."
    )
    assert json.loads((await growth("why", lead.id, "--json", database=world.url)).out)["decisions"][0]["gate"] == (
        "pending_task"
    )
    nobody = await growth("why", uuid4(), database=world.url)
    assert (nobody.code, len(nobody.lines)) == (1, 1)
