"""`growth export-model`, `score` and `backtest` as an analyst has them."""

import csv
import json
import re

import pytest
from tests.end_to_end.test_command_line import growth

from growth.container import EXAMPLES

BANK = EXAMPLES / "bank_marketing" / "bank-additional.csv"


def export(folder, dataset, *further, target="y"):
    files = ("--output", folder / "model.json", "--report", folder / "report")
    return growth("export-model", "--dataset", dataset, "--target", target, *files, *further)


def rows_of(file):
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def history(tmp_path):
    """1,200 calls: those who own sell; the last column has a formula in it."""
    lines = []
    for at in range(1_200):
        owns, sells = at % 3 > 0, at % 3 > 0 and at % 60 > 20
        lines.append(f"{at % 60},{'yes' if owns else 'no'},{2026 + at // 400}-01-01,{'yes' if sells else 'no'},=1+{at}")
    file = tmp_path / "history.csv"
    file.write_text("\n".join(["age,is_owner,day,sold,note", *lines]) + "\n")
    return file


async def test_a_model_is_learned_reported_and_scores_any_file_with_its_columns(tmp_path):
    said = await export(tmp_path, BANK, "--exclude", "duration", "--model", "tree")
    assert said.code == 0, said.err
    assert "AUC 0.7" in said.out
    assert "training: 100 %" in said.err
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    model = json.loads((tmp_path / "model.json").read_text())
    assert report["model"]["version"] == model["sha256"]
    assert model["model"]["about"]["data_sha256"] == report["data"]["sha256"]
    page = (tmp_path / "report" / "report.html").read_text()
    assert page.count("<svg") == 3
    assert not re.search(r"<script|https?://(?!www\.w3\.org/)|@import|url\(", page)

    strange = tmp_path / "strange.csv"
    strange.write_text(
        "extra;poutcome;age;nr.employed;month\n"
        ";success;30;4963.6;oct\n;never heard;;NaN;\n\n;nonexistent;inf;5228.1;may\n;x\n",
        encoding="utf-16",
    )
    said = await growth(
        *("score", "--model", tmp_path / "model.json", "--dataset", strange),
        *("--output", tmp_path / "scores.csv", "--keep", "poutcome"),
    )
    assert said.code == 0, said.err
    assert "lacks columns" in said.out
    scores = rows_of(tmp_path / "scores.csv")
    assert [(row["row"], row["poutcome"]) for row in scores] == [
        ("1", "success"), ("2", "never heard"), ("3", "nonexistent"), ("4", "x"),
    ]  # fmt: skip
    p = [float(row["probability"]) for row in scores]
    assert p[0] > 0.3
    assert p[2] < 0.1
    assert all(0 < each < 1 for each in p)


async def test_what_is_read_is_not_written_over(tmp_path, history):
    said = await export(tmp_path, history, "--exclude", "note,day", "--model", "logistic", target="sold")
    assert said.code == 0, said.err
    (link := tmp_path / "scores.csv").symlink_to(history)
    for read in (history, tmp_path / "model.json", link):
        before = read.read_bytes()
        said = await growth("score", "--model", tmp_path / "model.json", "--dataset", history, "--output", read)
        assert (said.code, "is read: name another file" in said.err) == (1, True)
        assert read.read_bytes() == before
    said = await growth(
        *("export-model", "--dataset", history, "--target", "sold", "--output", history, "--report", tmp_path / "r")
    )
    assert (said.code, "is read: name another file" in said.err) == (1, True)


async def test_scores_are_one_for_each_row_in_order_and_no_formula(tmp_path, history):
    said = await export(tmp_path, history, "--exclude", "note,day", "--model", "logistic", "--json", target="sold")
    assert said.code == 0, said.err
    assert json.loads(said.out)["choice"]["winner"] == "logistic"
    scores = tmp_path / "scores.csv"
    said = await growth(
        "score",
        "--model",
        tmp_path / "model.json",
        "--dataset",
        history,
        "--output",
        scores,
        "--keep",
        "note",
        "--json",
    )
    assert json.loads(said.out)["rows"] == 1_200
    rows = rows_of(scores)
    assert [row["row"] for row in rows] == [str(at) for at in range(1, 1_201)]
    assert [row["note"] for row in rows] == [f"'=1+{at}" for at in range(1_200)]
    won = [float(row["probability"]) for row in rows]
    assert min(won[at] for at in range(1_200) if at % 3 and at % 60 > 25) > max(won[at] for at in range(0, 1_200, 3))


async def test_a_backtest_tells_what_each_order_of_calling_reached(tmp_path, history):
    base = ("backtest", "--dataset", history, "--outcome", "sold", "--capacity", 20, "--exclude", "note")
    said = await growth(*base, "--time-column", "day", "--json", "--report", tmp_path / "report")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["slots"] == 2  # days of the half that is replayed
    assert {name: each["calls"] for name, each in found["policies"].items()} == {
        "fifo": 40, "random": 40, "rules": 40, "model": 40,
    }  # fmt: skip
    reached = {name: each["successes"] for name, each in found["policies"].items()}
    assert reached["model"] == 40 > reached["rules"] >= reached["fifo"]
    assert (tmp_path / "report" / "backtest.html").read_text().count("<svg") == 1
    again = await growth(*base, "--time-column", "day", "--json")
    assert json.loads(again.out) == found
    said = await growth(*base, "--policies", "random,fifo")
    assert "successes against calls" in said.out
    assert [line.split()[0] for line in said.out.splitlines()[3:5]] == ["random", "fifo"]


async def test_a_backtest_says_when_its_model_has_seen_the_rows(tmp_path, history):
    await export(tmp_path, history, "--exclude", "note", "--model", "tree", target="sold")
    said = await growth(
        *("backtest", "--dataset", history, "--outcome", "sold", "--capacity", 9, "--policies", "model"),
        *("--model", tmp_path / "model.json"),
    )
    assert "learned from these very rows" in said.out
    assert "1,200 people" in said.out


BAD = {
    "no file": (None, ()),
    "empty": (b"", ()),
    "binary": (b"\x7fELF\0\0\0\1", ()),
    "no target": (b"a,b\n1,2\n", ()),
    "one outcome": (b"a,y\n" + b"1,yes\n2,yes\n" * 50, ()),
    "constant": (b"a,y\n" + b"1,yes\n1,no\n" * 50, ()),
    "no rows": (b"a,y\n", ()),
    "too few": (b"a,y\n1,yes\n2,no\n", ()),
    "a cell too many": (b"a,y\n1,yes\n1,2,no\n", ()),
    "a huge cell": (b"a,y\n" + b"x" * 140_000 + b",yes\n", ()),
    "unknown column excluded": (b"a,y\n" + b"1,yes\n2,no\n" * 50, ("--exclude", "z")),
    "no time": (b"a,y,t\n" + b"1,yes,x\n2,no,x\n" * 50, ("--time-column", "t")),
}


@pytest.mark.parametrize(("content", "further"), BAD.values(), ids=BAD)
async def test_what_nothing_can_be_learned_from_is_one_line_and_code_1(tmp_path, content, further):
    file = tmp_path / "history.csv"
    if content is not None:
        file.write_bytes(content)
    said = await export(tmp_path, file, *further)
    assert (said.code, said.out, len(said.lines)) == (1, "", 1), said.err
    assert not (tmp_path / "model.json").exists()


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\x80\x04}.", b"[" * 100_000], ids=repr)
async def test_a_bad_model_file_is_one_line_and_code_1(tmp_path, history, content):
    model = tmp_path / "model.json"
    if content is not None:
        model.write_bytes(content)
    said = await growth("score", "--model", model, "--dataset", history, "--output", tmp_path / "scores.csv")
    assert (said.code, said.out, len(said.lines)) == (1, "", 1), said.err
    assert not (tmp_path / "scores.csv").exists()


@pytest.mark.parametrize(
    "further",
    [("--policies", "luck"), ("--policies", ","), ("--policies", "rules", "--outcome", "y"), ("--outcome", "z")],
)
async def test_a_history_that_cannot_be_replayed_is_one_line_and_code_1(tmp_path, further):
    file = tmp_path / "history.csv"
    file.write_text("a,y\n" + "1,yes\n2,no\n" * 50)
    said = await growth("backtest", "--dataset", file, "--outcome", "y", "--capacity", 5, *further)
    assert (said.code, said.out, len(said.lines)) == (1, "", 1), said.err
