import tomllib
from copy import deepcopy
from pathlib import Path

import pytest

from growth.adapters.sales_teams_file import load_sales_teams
from growth.domain.kernel.country import Country
from growth.domain.prospects.business_rules.configuring_teams import parse_sales_teams
from growth.domain.prospects.entities.sales_teams import BadSalesTeams

EXAMPLE = Path(__file__).parents[2] / "examples" / "sales_teams.toml"
RAW = tomllib.loads(EXAMPLE.read_text())


def a_file():
    return deepcopy(RAW)


def faults_of(raw):
    with pytest.raises(BadSalesTeams) as refused:
        parse_sales_teams(raw)
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_the_example_has_a_team_for_every_country():
    teams = load_sales_teams(EXAMPLE).of
    assert teams.keys() == set(Country)
    french = teams[Country.FR]
    assert (french.crew_name, french.timezone) == ("Inbound France", "Europe/Paris")
    assert (french.crew_slack_channel, french.won_contracts_slack_channel) == ("inbound-fr", "won-fr")
    assert (french.crew_lead.id, french.crew_lead.company_email) == ("u-lead-fr", None)
    assert french.intercom_team_ids == ("7100001", "7100002")
    assert [(it.admin_id, str(it.hours[0])) for it in french.members] == [
        ("6100001", "mon 09:00-18:00"),
        ("6100002", "mon 10:00-13:00"),
    ]


def test_a_channel_may_be_written_with_its_sign_and_an_address_in_capitals():
    raw = a_file()
    raw["teams"][0] |= {"crew_slack_channel": "#inbound"}
    raw["teams"][0]["members"][0]["email"] = "Hugo@Example.com"
    team = parse_sales_teams(raw).of[Country.FR]
    assert (team.crew_slack_channel, team.members[0].email) == ("inbound", "hugo@example.com")


def test_every_fault_is_told_at_once_with_its_place():
    raw = a_file()
    french, belgian, spanish = raw["teams"]
    french |= {"timezone": "Europe/Pariss", "crew_name": 7, "color": "red"}
    french["members"][0] |= {"hours": ["mon 09:00-18:00", "tue 18:00-09:00"], "email": "nobody"}
    french["members"][1]["admin_id"] = "6100001"
    belgian["crew_lead"] = {"id": "u", "email": "a@example.org"}
    del spanish["members"]
    assert set(faults_of(raw)) == {
        ("teams[0].timezone", "unknown-time-zone"),
        ("teams[0].crew_name", "expected-text"),
        ("teams[0].color", "unknown-key"),
        ("teams[0].members[0].hours[1]", "bad-hours"),
        ("teams[0].members[0].email", "bad-email"),
        ("teams[0].members[1].admin_id", "duplicate"),
        ("teams[1].crew_lead.full_name", "expected-text"),
        ("teams[2].members", "expected-tables"),
    }


def test_every_country_has_one_team():
    raw = a_file()
    raw["teams"][2]["country_code"] = "FR"
    assert faults_of(raw) == [("teams[2].country_code", "duplicate"), ("teams", "country-without-team")]
    raw["teams"].pop()
    assert faults_of(raw) == [("teams", "country-without-team")]
    raw["teams"][0]["country_code"] = "DE"
    assert faults_of(raw) == [("teams[0].country_code", "unexpected-value")]
    raw["teams"][0]["country_code"] = ["FR"]
    assert faults_of(raw) == [("teams[0].country_code", "unexpected-value")]
    assert faults_of({}) == [("teams", "expected-tables")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "set GROWTH_SALES_TEAMS_FILE"),
        (b"teams = [", "is not TOML"),
        (b"# ok\n\xff", "line 2: this is not UTF-8"),
        (b"\xef\xbb\xbf", "Write a list of tables here"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, content, said):
    path = tmp_path / "teams.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadSalesTeams, match=said) as refused:
        load_sales_teams(path)
    assert str(path) in str(refused.value)
