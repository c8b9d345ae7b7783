"""A file of leads is read row by row: what is good comes in, what is bad is named with its line and reason."""

from pathlib import Path

import pytest

from growth.adapters.leads_files import read_leads_file, read_mapping, recorded_outcomes
from growth.domain.campaigns.business_rules.importing import arriving, parse_mapping, read_leads
from growth.domain.campaigns.entities.calls import WrapUp
from growth.domain.campaigns.entities.importing import BadLeadsFile, BadMapping
from growth.domain.campaigns.entities.leads import LeadSource
from growth.domain.kernel.person import parse_phone

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HEADER = "email,country_code,is_owner,sell_timeframe,property_type,postal_code"
GOOD = "a@example.org,FR,true,now,house,69003"


def a_file(*rows, header=HEADER):
    return "\n".join([header, *rows, ""]).encode()


def a_row(**cells):
    """A good row with these cells more or other."""
    row = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | cells
    return a_file(",".join(f'"{cell}"' for cell in row.values()), header=",".join(row))


def a_mapping(**fields):
    plain = dict(zip(HEADER.split(","), GOOD.split(","), strict=True))
    return {"id": "Id", "fields": plain | {"email": {"template": "lead-{Id:lower}@example.org"}} | fields}


def texts(content, mapping, **files):
    return read_leads(content, parse_mapping(mapping), files).rows


def codes(content):
    return [(row.line, fault.pointer, fault.code) for row in read_leads(content).rows for fault in row.faults]


def wrong(mapping):
    with pytest.raises(BadMapping) as refused:
        parse_mapping(mapping)
    return {(fault.pointer, fault.code) for fault in refused.value.faults}


def test_a_plain_row_is_a_submission():
    row = read_leads(a_row(phone="01 99 00 00 01", buys_first="OUI", surface_m2="74", utm_medium="cpc")).rows[0]
    submission = row.submission
    assert (row.line, row.faults, submission.source) == (2, (), LeadSource.IMPORT)
    assert (submission.email, submission.phone) == ("a@example.org", "01 99 00 00 01")
    assert (submission.answers.buys_first, submission.answers.surface_m2) == (True, 74)
    assert submission.marketing_parameters["utms"] == {"medium": "cpc"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + a_file(GOOD), id="with a byte order mark"),
        pytest.param(a_file(GOOD).replace(b",", b";"), id="semicolons"),
        pytest.param(a_row().replace(b",", b";").replace(b"email", b'"email"'), id="semicolons and quotes"),
        pytest.param(a_file(GOOD).replace(b"\n", b"\r\n"), id="lines of Windows"),
        pytest.param(a_file("", GOOD, ",,,,,"), id="blank rows"),
        pytest.param(a_file(GOOD, header=HEADER.upper()), id="names in upper case"),
    ],
)
def test_the_same_row_is_the_same_submission_however_the_file_is_written(content):
    (row,) = read_leads(content).rows
    assert row.submission == read_leads(a_file(GOOD)).rows[0].submission


def test_another_content_is_another_submission():
    ids = {read_leads(a_row(surface_m2=m2)).rows[0].submission.id for m2 in ("", "70", "71")}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(a_file(GOOD) + "é".encode("latin-1"), "Line 3, byte 108 is not UTF-8", id="latin-1"),
        pytest.param(b"\xef\xbb\xbf\xff", "Line 1, byte 4 is not UTF-8", id="after the byte order mark"),
        pytest.param(a_file(GOOD).decode().encode("utf-16"), "save the file as UTF-8", id="utf-16"),
        pytest.param(b"", "first line must name the columns", id="empty"),
        pytest.param(
            a_file(GOOD, header="email,is_owner"),
            "country_code, sell_timeframe, property_type, postal_code:",
            id="missing",
        ),
        pytest.param(a_file(header=HEADER + ",email"), 'twice: "email"', id="twice"),
        pytest.param(a_file(header=HEADER + ",Email"), "twice, in upper and lower case", id="twice by case"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(content, says):
    with pytest.raises(BadLeadsFile, match=says):
        read_leads(content)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"email": "nobody"}, ("email", "bad-email")),
        ({"email": ""}, ("email", "missing")),
        ({"email": "=cmd@example.org"}, ("email", "formula")),
        ({"country_code": "DE"}, ("country_code", "unexpected-value")),
        ({"is_owner": "perhaps"}, ("is_owner", "expected-yes-or-no")),
        ({"postal_code": "6900"}, ("postal_code", "bad-postal-code")),
        ({"first_name": "=1+1"}, ("first_name", "formula")),
        ({"last_name": "+33"}, ("last_name", "formula")),
        ({"address": "-2 rue"}, ("address", "formula")),
        ({"utm_campaign": "@SUM(A1)"}, ("utm_campaign", "formula")),
        ({"phone": "=33"}, ("phone", "formula")),
        ({"phone": "0" * 65}, ("phone", "too-long")),
        ({"first_name": "a" * 201}, ("first_name", "too-long")),
        ({"first_name": "a\0b"}, ("first_name", "control-character")),
        ({"surface_m2": "0"}, ("surface_m2", "expected-whole-number")),
        ({"surface_m2": "7.5"}, ("surface_m2", "expected-whole-number")),
        ({"estimated_price_eur": "2000000001"}, ("estimated_price_eur", "expected-whole-number")),
        ({"estimated_price_eur": "-1"}, ("estimated_price_eur", "expected-whole-number")),
        ({"insee_code": "2C004"}, ("insee_code", "bad-insee-code")),
        ({"requested_at": "2026-11-21T09:30:00"}, ("requested_at", "expected-time")),
        ({"requested_at": "2026-13-21T09:30:00Z"}, ("requested_at", "expected-time")),
        ({"callback_at": "0001-01-01T00:00:00Z"}, ("callback_at", "expected-time")),
        ({"source": "pubsub"}, ("source", "unexpected-value")),
        ({"consent_wording_version": "2"}, ("consent_evidence", "missing")),
    ],
)
def test_a_bad_cell_is_named(cells, expected):
    assert (2, *expected) in codes(a_row(**cells))


def test_a_phone_may_begin_with_a_plus():
    assert read_leads(a_row(phone="+33 1 99 00 00 01")).rows[0].submission.phone == "+33 1 99 00 00 01"


def test_bad_rows_do_not_stop_the_others_and_every_line_is_right():
    content = a_file(
        GOOD + ',"1 rue\nde\nl\'Exemple"',  # lines 2 to 4
        GOOD,  # 5: a cell too few
        GOOD + ",x,y",  # 6: one too many
        GOOD + ',"x"y',  # 7: a quote inside
        "bad,FR,,now,house,69003,x",  # 8: two things wrong
        GOOD + ",last",  # 9
        header=HEADER + ",address",
    )
    assert codes(content) == [
        (5, "", "wrong-number-of-cells"),
        (6, "", "wrong-number-of-cells"),
        (7, "", "not-csv"),
        (8, "is_owner", "missing"),
        (8, "email", "bad-email"),
    ]
    assert [row.line for row in read_leads(content).rows if row.submission] == [2, 9]


def test_a_quote_that_never_closes_is_told_where_it_opens():
    (good, bad) = read_leads(a_file(GOOD, '"' + GOOD, GOOD)).rows
    assert good.submission
    assert (bad.line, bad.submission) == (3, None)
    assert "never closed" in bad.faults[0].message


def test_columns_nobody_knows_are_noted_and_ignored():
    file = read_leads(a_file(GOOD + ",7", header=HEADER + ",surface_m"))
    assert file.rows[0].submission
    assert 'The column "surface_m" is ignored' in file.notes[0]
    assert 'Did you mean "surface_m2"?' in file.notes[0]


def test_a_file_without_rows_says_so():
    assert "no rows" in read_leads(a_file()).notes[0]


def test_consent_was_given_with_the_request_and_never_by_importing():
    consent = {"consent_wording_version": "2026-1", "consent_evidence": "box ticked"}
    (row,) = read_leads(a_row(**consent, requested_at="2026-01-02T10:00:00+01:00")).rows
    assert row.submission.consent["given_at"] == "2026-01-02T09:00:00+00:00"
    assert (2, "consent_given_at", "missing") in codes(a_row(**consent))
    later = row.submission.requested_at.replace(year=2027)
    assert arriving(row.submission, later).consent["given_at"] == "2027-01-02T09:00:00+00:00"
    assert arriving(row.submission, later).id == row.submission.id


def test_a_mapping_fills_what_the_file_lacks():
    mapping = a_mapping(
        phone={"number": {"blocks": ["019900", "026191"], "digits": 4, "from": "Id"}},
        property_type={"column": "Kind", "values": {"Villa": "house"}, "default": "other"},
        estimated_price_eur={"lookup": {"file": "p.csv", "key": "Home", "column": "Price"}, "times": 0.25},
    )
    files = {"p.csv": b"Home,Price\nH1,1000001\n"}
    rows = texts(b"Id,Kind,Home\nL-7,Villa,H1\nL-8,,\nL-9,Hut,H2\n", mapping, **files)
    first, second = rows[0].submission, rows[1].submission
    assert (first.email, first.phone) == ("lead-l-7@example.org", "0261910003")
    assert (first.answers.property_type, first.answers.estimated_price_eur) == ("house", 250000)
    assert (second.answers.property_type, second.answers.estimated_price_eur) == ("other", None)
    assert [(f.pointer, f.code) for f in rows[2].faults] == [
        ("property_type", "no-translation"),
        ("estimated_price_eur", "not-found"),
    ]


def test_what_is_made_up_is_by_weight_and_always_the_same():
    mapping = a_mapping(
        sell_timeframe={"choose": {"now": 3, "later": 1, "none": 0}},
        requested_at={"time_of_day": {"day": "Day", "from": "08:00", "to": "22:00", "timezone": "Europe/Paris"}},
    )
    content = "\n".join(["Id,Day", *(f"{number},2026-07-14" for number in range(400))]).encode()
    rows = texts(content, mapping)
    frames = [row.submission.answers.sell_timeframe for row in rows]
    assert 270 < frames.count("now") < 330
    assert frames.count("later") == 400 - frames.count("now")
    hours = {row.submission.requested_at.hour for row in rows}
    assert hours == set(range(6, 20))  # 8 to 22 in Paris, in UTC
    assert texts(content, mapping) == rows


def test_numbers_run_out_before_two_leads_share_one():
    mapping = a_mapping(phone={"number": {"blocks": ["01990000", "02619100"], "digits": 2, "from": "Id"}})
    rows = texts("\n".join(["Id", *map(str, range(201))]).encode(), mapping)
    assert len({row.submission.phone for row in rows[:200]}) == 200
    assert rows[200].faults[0].code == "no-number-left"


@pytest.mark.parametrize(("day", "price"), [("0001-01-01", "1"), ("21/11/2026", "1"), ("2026-11-21", "1e999999")])
def test_a_cell_that_the_mapping_cannot_use_is_a_bad_row(day, price):
    moment = {"time_of_day": {"day": "Day", "from": "08:00", "to": "09:00", "timezone": "Europe/Paris"}}
    mapping = a_mapping(requested_at=moment, surface_m2={"column": "Price", "times": 1})
    bad, good = texts(f"Id,Day,Price\n1,{day},{price}\n2,2026-11-21,71.4\n".encode(), mapping)
    assert bad.submission is None
    assert good.submission.answers.surface_m2 == 71


def test_every_fault_of_a_mapping_is_listed_at_once():
    mapping = a_mapping(
        phone={"number": {"blocks": ["x"], "digits": 0, "from": "Id"}},
        first_name={"template": "{Id:shout} {Id"},
        last_name={"column": "A", "template": "B"},
        address={"lookup": {"file": "../secret.csv", "key": "A", "column": "B"}},
        surface_m2={"column": "A", "times": -1},
        buys_first={"choose": {"true": 0}},
        colour="red",
    )
    del mapping["fields"]["is_owner"]
    assert wrong(mapping) == {
        ("fields.phone.number.blocks[0]", "bad-block"),
        ("fields.phone.number.digits", "expected-whole-number"),
        ("fields.first_name.template", "bad-template"),
        ("fields.last_name", "expected-one-source"),
        ("fields.address.lookup.file", "not-beside"),
        ("fields.surface_m2.times", "expected-number"),
        ("fields.buys_first.choose", "no-weight"),
        ("fields.colour", "unknown-key"),
        ("fields.is_owner", "missing"),
    }


@pytest.mark.parametrize("name", ["/etc/passwd", "../x.csv", "a/b.csv", "a\\b.csv", "..", ".hidden"])
def test_a_mapping_reads_only_files_beside_it(name):
    lookup = {"lookup": {"file": name, "key": "A", "column": "B"}}
    assert wrong(a_mapping(address=lookup)) == {("fields.address.lookup.file", "not-beside")}


def test_the_columns_a_mapping_needs_are_asked_for_all_at_once():
    with pytest.raises(BadLeadsFile, match="does not name Id, City"):
        texts(b"Name\nx\n", a_mapping(address={"column": "City"}))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Home,Size\n1,2\n", "has no column Price"),
        (b"Home,Price\n1,2\n1,3\n", "line 3: this Home was there before"),
        (b"Home,Price\n1\n", "line 2"),
    ],
)
def test_a_looked_up_file_must_be_as_the_mapping_says(content, says):
    lookup = {"lookup": {"file": "p.csv", "key": "Home", "column": "Price"}}
    with pytest.raises(BadMapping, match=says):
        texts(b"Id,Home\n1,1\n", a_mapping(estimated_price_eur=lookup), **{"p.csv": content})


@pytest.mark.parametrize("content", [b"id = ", b"\xff", None])
def test_a_mapping_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "mapping.toml"
    if content:
        path.write_bytes(content)
    with pytest.raises(BadMapping, match=r"mapping\.toml"):
        read_mapping(path)


def test_the_example_leads_are_all_good_and_nobody_shares_a_phone():
    folder = EXAMPLES / "realestate"
    rows = read_leads_file(folder / "dubai_Leads.csv", folder / "mapping.toml").rows
    submissions = [row.submission for row in rows if row.submission]
    phones = [parse_phone(each.phone, each.answers.country_code) for each in submissions]
    assert len(submissions) == len({each.email for each in submissions}) == len(rows) == 5000
    assert len({phone.number for phone in phones if phone.valid}) == 5000
    outcomes = recorded_outcomes(folder)
    assert outcomes.keys() == {each.email for each in submissions}
    counted = {wrapup: list(outcomes.values()).count(wrapup) for wrapup in WrapUp}
    assert counted == {"arguedpositive": 840, "argued": 40, "nonargued": 3590, "unreachable": 508, "tocall": 22}


def test_the_plain_example_is_good():
    assert [row.faults for row in read_leads_file(EXAMPLES / "leads.csv").rows] == [(), (), ()]
