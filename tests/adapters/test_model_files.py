"""Model files: what was written is read back to the bit, and of what somebody made up nothing is used or run."""

import json
from dataclasses import replace

import pytest
from tests.domain.test_learned_models import BOOSTED, GROWN, MODELS, STRAIGHT

from growth.adapters.dataset_files import BadDataset, read_dataset
from growth.adapters.models import bulk_probabilities, described, load_model, save_model, sealed
from growth.adapters.models.writing import content_hash
from growth.adapters.whole_files import CannotWrite
from growth.domain.campaigns.business_rules.learning import probabilities
from growth.domain.campaigns.entities.learned_models import BadModelFile


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)
def test_a_model_comes_back_as_it_was(tmp_path, model):
    given = sealed(replace(model, base=0.1 + 0.2, about={"rows": 3, "target": "über", "share": 1 / 3}))
    save_model(tmp_path / "folder" / "model.json", given)
    assert load_model(tmp_path / "folder" / "model.json") == given
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["model.json"]


def test_the_version_of_a_model_is_made_of_its_content():
    versions = {sealed(each).version for each in (*MODELS, replace(GROWN, base=1e-300))}
    assert len(versions) == 4
    assert sealed(GROWN).version == sealed(replace(GROWN, version="other")).version


def forged(change, model=BOOSTED):
    """A file with a hash that fits: whoever can write a file can hash it, too."""
    content = json.loads(json.dumps(described(model)))
    change(content)
    return json.dumps({
        "format": "growth-model", "format_version": 1, "sha256": content_hash(content), "model": content,
    }).encode()  # fmt: skip


def tree(**fields):
    return forged(lambda model: model["trees"][0].update(fields))


def deep(size):
    """A tree with one leaf at the right of each node: the inner nodes first, then the leaves."""
    nodes = range(2 * size + 1)
    return {
        "columns": [0 if at < size else -1 for at in nodes],
        "thresholds": [0 for _ in nodes],
        "missing_left": [False for _ in nodes],
        "left": [at + 1 if at < size else 0 for at in nodes],
        "right": [size + at + 1 if at < size else 0 for at in nodes],
        "values": [0 for _ in nodes],
    }


def part(**fields):
    return forged(lambda model: model["parts"][0].update(fields))


def changed(**fields):
    return forged(lambda model: model.update(fields))


GOOD = forged(lambda model: None)
HOSTILE = {
    "nothing": b"",
    "no text": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    "zeros": b"\0" * 100,
    "not JSON": b"import os; os.system('true')",
    "cut": GOOD[: len(GOOD) // 2],
    "cut by one": GOOD[:-1],
    "two of them": GOOD * 2,
    "a list": b"[]",
    "a number": b"1" * 5000,
    "another thing": b'{"format": "other"}',
    "too deep": b"[" * 200_000,
    "deep inside": forged(lambda model: model["about"].update(x=[[[1]]])),
    "NaN": GOOD.replace(b'"base": -0.3', b'"base": NaN'),
    "infinity": GOOD.replace(b'"base": -0.3', b'"base": 1e999'),
    "endless digits": GOOD.replace(b'"base": -0.3', b'"base": ' + b"9" * 5000),
    "huge": changed(base=1e200),
    "a key twice": GOOD.replace(b'"base": -0.3', b'"base": -0.3, "base": 5'),
    "changed": GOOD.replace(b'"base": -0.3', b'"base": -0.4'),
    "no hash": GOOD.replace(b'"sha256"', b'"sha255"'),
    "another version": GOOD.replace(b'"format_version": 1', b'"format_version": 2'),
    "version true": GOOD.replace(b'"format_version": 1', b'"format_version": true'),
    "more than 16 MB": GOOD + b" " * 16_000_000,
    "unknown kind": changed(kind="pickle"),
    "kind a list": changed(kind=["tree"]),
    "a key more": changed(run="os.system"),
    "no columns": forged(lambda model: model.pop("columns")),
    "columns no list": changed(columns={"0": 1}),
    "a column twice": forged(lambda model: model["columns"].append({"name": "price"})),
    "a level twice": forged(lambda model: model["columns"][1].update(levels=["yes", "yes"])),
    "a level no text": forged(lambda model: model["columns"][1].update(levels=["yes", 0])),
    "long text": forged(lambda model: model["columns"][0].update(name="x" * 5000)),
    "base true": changed(base=True),
    "base a text": changed(base="0"),
    "too many columns": changed(columns=[{"name": str(at)} for at in range(1001)]),
    "too many trees": changed(trees=[described(GROWN)["trees"][0]] * 2001),
    "too many nodes": changed(trees=[{key: each * 4001 for key, each in described(GROWN)["trees"][0].items()}]),
    "many facts": changed(about={str(at): at for at in range(51)}),
    "a tree no object": changed(trees=[[]]),
    "no nodes": tree(columns=[], thresholds=[], missing_left=[], left=[], right=[], values=[]),
    "lists of unequal length": tree(values=[0.5]),
    "a loop": tree(left=[0, 0, 3, 0, 0]),
    "a loop below": tree(right=[2, 0, 0, 0, 0]),
    "a child out of range": tree(left=[5, 0, 3, 0, 0]),
    "a child below 0": tree(left=[-1, 0, 3, 0, 0]),
    "a child not whole": tree(left=[1.0, 0, 3, 0, 0]),
    "a column out of range": tree(columns=[2, -1, 1, -1, -1]),
    "a column below -1": tree(columns=[-2, -1, 1, -1, -1]),
    "a level out of range": tree(thresholds=[150, 0, 2, 0, 0]),
    "a level below 0": tree(thresholds=[150, 0, -1, 0, 0]),
    "half a level": tree(thresholds=[150, 0, 0.5, 0, 0]),
    "missing_left numbers": tree(missing_left=[1, 0, 0, 0, 0]),
    "deeper than 64": changed(trees=[deep(65)]),
    "knots that fall": part(knots=[100, 400, 200]),
    "equal knots": part(knots=[100, 100, 200]),
    "no knots": part(knots=[], values=[]),
    "a value too few": part(values=[0, 1]),
    "a curve of words": part(column=1),
    "a part out of range": part(column=9),
    "levels of numbers": forged(lambda model: model["parts"][1].update(column=0)),
    "a level too few": forged(lambda model: model["parts"][1].update(values=[1])),
    "no slope": forged(lambda model: model["calibration"].pop("slope")),
}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_is_no_good_model_is_refused_in_one_line(tmp_path, content):
    file = tmp_path / "model.json"
    file.write_bytes(content)
    with pytest.raises(BadModelFile) as refused:
        load_model(file)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_what_is_refused_was_refused_for_its_fault_alone(tmp_path):
    for number, content in enumerate((GOOD, changed(trees=[deep(64)]), changed(about={}))):
        (tmp_path / str(number)).write_bytes(content)
        load_model(tmp_path / str(number))


def test_every_single_changed_byte_is_noticed_or_changes_nothing(tmp_path):
    file, model = tmp_path / "model.json", sealed(STRAIGHT)
    save_model(file, model)
    content = file.read_bytes()
    for at in range(len(content)):
        file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        try:
            assert load_model(file) == model
        except BadModelFile:
            continue


@pytest.mark.parametrize("name", [".", "nothing.json"])
def test_a_file_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(BadModelFile, match="cannot be read"):
        load_model(tmp_path / name)


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="cannot be written"):
        save_model(tmp_path / "file" / "model.json", GROWN)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)
def test_numpy_says_the_same_to_the_bit(model):
    cells = ["99", "150", "", "nan", "1e9", None, "x", 150.5, "350"]
    words = ["yes", "no", " yes", "", None, "other", "no", "yes", "no"]
    table = {"price": cells, "house": words, "more": words}
    assert bulk_probabilities(model, table, 9) == probabilities(model, table, 9)
    assert bulk_probabilities(model, {}, 2) == probabilities(model, {}, 2)


def read(tmp_path, content):
    (tmp_path / "table.csv").write_bytes(content)
    return read_dataset(tmp_path / "table.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_separator_and_encoding_are_found_out(tmp_path, separator, encoding):
    lines = ["name;größe;note", 'é;1,5;"a; b"', "", "x;2;c", "short"]
    if separator != ";":
        lines = [line.replace(",", ".").replace(";", separator) for line in lines]
    table = read(tmp_path, "\r\n".join(lines).encode(encoding))
    assert list(table.columns) == ["name", "größe", "note"]
    assert list(table.column("name")) == ["é", "x", "short"]
    assert table.column("note")[1:] == ("c", "")
    assert (table.rows, table.separator) == (3, separator)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \r\n\n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary"),
        (b"a,b\n1,\0\n", "binary"),
        (b"a,b\n1,2\n3,4,5\n", "3 cells in line 3"),
        (b"a,b,a\n1,2,3\n", "twice"),
        (b'a,b\n1,"open\n', "line 2"),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", "line 2"),
        (b",,\n1,2,3\n", "names no columns"),
        (b",".join(b"c%d" % at for at in range(2001)) + b"\n", "2,001 columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_line(tmp_path, content, said):
    with pytest.raises(BadDataset, match=said) as refused:
        read(tmp_path, content)
    assert "\n" not in str(refused.value)


def test_a_column_that_is_not_there_is_told_with_those_that_are(tmp_path):
    with pytest.raises(BadDataset, match="no column 'c': name one of a, b"):
        read(tmp_path, b"a,b\n1,2\n").column("c")
