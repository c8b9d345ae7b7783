"""`growth attribution` as an analyst has it."""

import json

import pytest
from tests.end_to_end.test_command_line import growth

PATHS = "path,total_conversions,total_conversion_value,total_null\nA > B > C,1,30,0\nA,0,0,1\nB > C,0,0,1\n"


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "paths.csv"
    file.write_text(PATHS)
    return file


async def test_channels_are_listed_by_what_they_were_worth_without_any_database(file):
    said = await growth("attribution", "--paths", file)
    assert (said.code, said.lines) == (0, [])
    rows = [line.split() for line in said.out.splitlines() if line.strip()]
    assert [row[:6] for row in rows if row[0] in "ABC"] == [
        ["B", "0.00", "0.00", "0.33", "0.40", "1.000000"],
        ["C", "0.00", "1.00", "0.33", "0.40", "1.000000"],
        ["A", "1.00", "0.00", "0.33", "0.20", "0.500000"],
    ]
    assert "3 paths: 1 conversions worth 30.00, 2 people who went away" in said.out


async def test_a_program_reads_the_same_as_json(file):
    said = await growth("attribution", "--paths", file, "--json")
    assert (said.code, said.lines) == (0, [])
    found = json.loads(said.out)
    assert {name: found[name] for name in found if name != "channels"} == {
        "paths": 3, "conversions": 1, "value": 30, "nulls": 2,
    }  # fmt: skip
    assert found["channels"][2] == {
        "channel": "A",
        "first_conversions": 1, "first_value": 30,
        "last_conversions": 0, "last_value": 0,
        "linear_conversions": pytest.approx(1 / 3), "linear_value": pytest.approx(10),
        "markov_conversions": 0.2, "markov_value": 6,
        "removal_effect": 0.5, "removal_effect_on_value": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    "content", [None, b"", b"\0\1", b"path,conversions\nA,-1\n", b"path\n\xe9\n", b"channels\nA\n"]
)
async def test_a_file_that_cannot_be_used_is_one_line_and_code_1(tmp_path, content):
    file = tmp_path / "paths.csv"
    if content is not None:
        file.write_bytes(content)
    said = await growth("attribution", "--paths", file, "--json")
    assert (said.code, said.out, len(said.lines)) == (1, "", 1), said.err


async def test_a_folder_is_no_file(tmp_path):
    said = await growth("attribution", "--paths", tmp_path)
    assert (said.code, len(said.lines)) == (1, 1)
    assert "cannot be read" in said.err


async def test_brackets_in_a_channel_are_no_markup(tmp_path):
    file = tmp_path / "paths.csv"
    file.write_text("path\n[red]A[/] > :smile:\n")
    said = await growth("attribution", "--paths", file)
    assert "[red]A[/]" in said.out
    assert ":smile:" in said.out
