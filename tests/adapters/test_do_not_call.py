"""Do-not-call lists from files, on a real database."""

import asyncio

import pytest
from tests.adapters.campaign_world import a_submission, world_on
from tests.domain.makers import MONDAY, TEN, a_campaign, a_configuration

from growth.adapters.number_files import numbers_in
from growth.domain.campaigns.entities.do_not_call import BadNumbersFile, CallList, NumberLine
from growth.domain.campaigns.use_cases import ImportDoNotCall, ListNumbers, import_do_not_call
from growth.domain.kernel.country import Country

LIST = CallList("bloctel", Country.FR, "test")


def lines(*numbers):
    return [NumberLine(place, text) for place, text in enumerate(numbers, 1)]


def phone(number):
    return f"+331990{number:05}"


def counts(report):
    return report.read, report.listed, report.known, report.bad, report.removed


async def bring(world, *numbers, which=LIST, **options):
    return await (await world.get(ImportDoNotCall))(which, lambda: lines(*map(phone, numbers)), **options)


async def listed(world, which=LIST):
    return len([it for it in await world.rows("do_not_call", "digest") if it.list == which.name])


async def of_list(world):
    rows = await world.rows("do_not_call", "digest")
    return [it for it in rows if (it.list, it.country_code) == (LIST.name, LIST.country_code)]


@pytest.fixture
async def world(database_url):
    async with world_on(database_url, a_configuration(pvi=a_campaign(), lane=False)) as world:
        await world.at(MONDAY)
        yield world


async def test_a_file_twice_lists_its_numbers_once(world, monkeypatch):
    monkeypatch.setattr(import_do_not_call, "LINES_AT_ONCE", 10)
    told = []
    assert counts(await bring(world, *range(25), 3, progress=told.append)) == (26, 25, 1, 0, 0)
    assert [it.read for it in told] == [10, 20, 26]
    assert counts(await bring(world, *range(30))) == (30, 5, 25, 0, 0)
    assert await listed(world) == 30


async def test_the_whole_list_takes_the_rest_off_and_leaves_other_lists_alone(world):
    other, foreign = CallList("ours", Country.FR, "test"), CallList("bloctel", Country.BE, "test")
    for which in (LIST, other, foreign):
        await bring(world, 1, 2, 3, which=which)
    before = {it.listed_at for it in await of_list(world)}
    assert counts(await bring(world, 2, 4, replaces=True, shrinks=True)) == (2, 1, 1, 0, 2)
    kept = await of_list(world)
    assert len(kept) == 2
    assert sorted(it.listed_at in before for it in kept) == [False, True]  # since when stays
    assert (await listed(world, other), len(await world.rows("do_not_call", "digest"))) == (3, 8)


async def test_what_operators_list_during_an_import_stays(world, monkeypatch):
    monkeypatch.setattr(import_do_not_call, "LINES_AT_ONCE", 1)
    await bring(world, 0, 1)
    list_numbers = await world.get(ListNumbers)
    reported = asyncio.Event()

    async def meanwhile():
        await reported.wait()
        await list_numbers(LIST, {"+33199000009"}, listed=True)

    task = asyncio.create_task(meanwhile())
    importing = await world.get(ImportDoNotCall)
    report = await importing(LIST, lambda: lines(phone(1), phone(2)), replaces=True, progress=lambda _: reported.set())
    await task
    assert report.removed == 1
    assert await listed(world) == 3


async def test_a_file_without_any_number_does_not_empty_the_list(world):
    await bring(world, 1)
    importing = await world.get(ImportDoNotCall)
    for nothing in ([], lines("name", "12", "")):
        with pytest.raises(BadNumbersFile, match="No line of the file is a number in FR: the list stays as it is"):
            await importing(LIST, lambda nothing=nothing: nothing, replaces=True)
    assert await listed(world) == 1


@pytest.mark.parametrize(
    "in_file", [(0, 1), (0, 1, 0, 1, 0, 1), (0, 1, 7, 8, 9, 10)], ids=["cut off", "repeated", "another list"]
)
@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_file_without_half_of_the_list_replaces_it_only_when_told(world, monkeypatch, in_file, dry_run):
    monkeypatch.setattr(import_do_not_call, "LINES_AT_ONCE", 2)
    await bring(world, *range(5))
    await bring(world, *range(90), which=CallList("ours", Country.FR, "test"))
    before = await world.contents()
    with pytest.raises(BadNumbersFile) as refused:
        await bring(world, *in_file, replaces=True, dry_run=dry_run)
    assert await world.contents() == before
    (said,) = str(refused.value).splitlines()
    assert "has 2 of the 5 numbers now on bloctel (FR), so 3 would come off: the list stays as it is" in said
    assert "--yes-shrink" in said
    assert (await bring(world, *in_file, replaces=True, shrinks=True, dry_run=dry_run)).removed == 3


@pytest.mark.parametrize("count", [4, 5])
async def test_a_file_with_half_of_the_list_replaces_it(world, count):
    await bring(world, *range(count))
    half = -(-count // 2)
    assert (await bring(world, *range(half), replaces=True)).removed == count - half
    assert await listed(world) == half


async def test_a_first_list_has_nothing_to_lose_and_an_addition_takes_nothing_off(world):
    assert counts(await bring(world, 1, replaces=True)) == (1, 1, 0, 0, 0)
    await bring(world, 2, 3, 4)
    assert counts(await bring(world, 1)) == (1, 0, 1, 0, 0)


async def test_bad_lines_are_counted_and_the_first_named_by_their_place(world):
    importing = await world.get(ImportDoNotCall)
    report = await importing(LIST, lambda: lines(phone(1), *["12"] * 150, phone(2)))
    assert counts(report) == (152, 2, 0, 150, 0)
    assert (report.bad_lines[0], len(report.bad_lines)) == (2, 100)


async def test_a_dry_run_reports_the_same_and_changes_nothing(world, monkeypatch):
    monkeypatch.setattr(import_do_not_call, "LINES_AT_ONCE", 2)
    await bring(world, 1, 2, 3)
    before = await world.contents()
    tried = await bring(world, 2, 3, 4, 5, 5, replaces=True, dry_run=True)
    assert await world.contents() == before
    assert tried == await bring(world, 2, 3, 4, 5, 5, replaces=True)
    assert counts(tried) == (5, 2, 3, 0, 1)


async def test_two_imports_of_the_same_numbers_at_once_end_with_each_once(world):
    one, other = await asyncio.gather(bring(world, *range(5_000)), bring(world, *reversed(range(5_000))))
    assert one.listed + other.listed == await listed(world) == 5_000


async def test_a_broken_off_import_goes_on_with_the_rest_and_takes_nothing_off(world, monkeypatch):
    monkeypatch.setattr(import_do_not_call, "LINES_AT_ONCE", 10)
    await bring(world, 99, 0)

    class Killed(Exception):
        pass

    def kill(_report):
        raise Killed

    with pytest.raises(Killed):
        await bring(world, *range(20), replaces=True, progress=kill)
    assert await listed(world) == 11
    assert counts(await bring(world, *range(20), replaces=True)) == (20, 10, 10, 0, 1)


async def test_who_comes_off_the_list_by_a_file_is_planned_again(world):
    await bring(world, 1, 2)
    await world.take(a_submission(1), a_submission(2))
    assert await world.rows("call") == []
    await bring(world, 2, replaces=True)
    people = {it.id: it.phone for it in await world.rows("prospect")}
    assert [(people[it.prospect_id], it.slot_start) for it in await world.rows("call")] == [("+33199000001", TEN)]


async def test_a_number_comes_off_for_all_its_people_at_once_and_their_calls_are_planned_once(world):
    await world.take(a_submission(1), a_submission(2, phone=phone(1)))
    list_numbers, number = await world.get(ListNumbers), {"+33199000001"}
    await list_numbers(LIST, number, listed=True)
    await world.at(TEN)
    [report] = await world.start(name="PVI")
    assert dict(report.gates) == {"do_not_call": 2}
    await asyncio.gather(*(list_numbers(LIST, number, listed=False) for _ in range(4)), world.take(a_submission(1)))
    assert sorted(it.state for it in await world.rows("call")) == ["planned", "planned", "unplanned", "unplanned"]
    assert await world.broken() == {}


async def test_hundreds_of_candidates_are_judged_together(world):
    await world.take(*(a_submission(number) for number in range(300)))
    await bring(world, *range(0, 300, 3))
    await world.at(TEN)
    [report] = await world.start(name="PVI")
    assert report.gates["do_not_call"] == 100
    assert report.candidates == 300


@pytest.mark.parametrize(
    ("content", "column", "expected"),
    [
        ("0199000001\n\n 0199000002 \r\n", None, [(1, "0199000001"), (3, "0199000002")]),
        ('\ufefftelephone\n"0199000001"\n', None, [(2, "0199000001")]),
        ("nom;Telephone\nAda;0199000001\n;\nBob\n", "telephone", [(2, "0199000001"), (4, "")]),
        ('phone,name\n0199000001,"a\nb"\n0199000002,c', "phone", [(3, "0199000001"), (4, "0199000002")]),
        ("phone", "phone", []),
        ("\n", None, []),
        ("caf\xe9\n0199000001\n", None, [(2, "0199000001")]),
        ("x\n" + "1" * 900, None, [(2, "1" * 64)]),
    ],
)
def test_a_file_has_a_number_in_each_line_or_a_column(tmp_path, content, column, expected):
    path = tmp_path / "numbers.csv"
    path.write_bytes(content.encode("latin-1" if "\xe9" in content else "utf-8"))
    with numbers_in(path, column) as numbers:
        next(numbers.lines(), None)  # it may be read again from its beginning, however far it was read
        for _ in range(2):
            assert [(it.line, it.text) for it in numbers.lines()] == expected
        assert numbers.done == numbers.size == path.stat().st_size


@pytest.mark.parametrize("content", ["", "0199000001;x\n", 'phone\n"' + "1" * 200_000 + '"'])
def test_a_file_that_cannot_be_read_so_is_refused_without_telling_what_is_in_it(tmp_path, content):
    path = tmp_path / "numbers.csv"
    path.write_text(content)
    with pytest.raises(BadNumbersFile) as refused, numbers_in(path, "phone") as numbers:
        list(numbers.lines())
    assert not {"0199000001", "111"} & {str(refused.value), *str(refused.value).split()}
    with pytest.raises(BadNumbersFile, match="correct the path"), numbers_in(tmp_path / "none", None):
        pass
