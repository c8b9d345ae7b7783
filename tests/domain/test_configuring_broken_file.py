import tomllib

import pytest

from growth.domain.campaigns.business_rules.configuring import parse_configuration
from growth.domain.campaigns.entities.configuration import BadConfiguration

BROKEN = """
wrong_number_wrapups = ["Faux numéro", 7]
campain = "x"

[pqsc]
below_eur = "cheap"
media_zones = ["Paris"]

[[segments]]
segment = "PVZ"
buys_first = "no"

[scoring]
version = "2"
base = 10
rules = [{ name = "p", kind = "choice", field = "is_owner", points = { yes = "much" } }]

[[groups]]
name = "Lyon"
zones = ["69", "6900000"]
agents = [
    { id = "a1", name = "Ana", dialer_user_id = 1, capacity = 0 },
    { id = "a2", name = "Bob", dialer_user_id = 2, capacity = 5, absences = [{ from = 2026-12-31, to = 2026-12-24 }] },
    { id = "a3", name = "Cleo", dialer_user_id = 3, capacity = 5 },
]
[[groups]]
name = "Lyon"
zones = []
agents = [{ id = "a3", name = "Cleo", dialer_user_id = 3, capacity = 6 }]

[[campaigns]]
name = "PVI FR"
type = "PVI"
country = "FR"
timezone = "Europe/Parys"
slots = ["mon 09:00-12:00", "mon 11:00-13:00", "tue 10-12"]
maximum = 0
groups = ["Marseille"]
dialer_campaign_id = 1
priority = 1
minimum_gap = "four hours"
attempt_cap = "8"
hold_out_percent = 150

[[campaigns]]
name = "PVI FR"
type = "PVB"
country = "DE"
follows = "PVI FR"
slots = ["mon 10:00-13:00"]
maximum = 5
dialer_campaign_id = 1

[[campaigns]]
name = "Fast"
type = "CF"
follows = "PVI ES"
slots = ["mon 10:00-13:00"]
dialer_campaign_id = 2
maxmum = 3
"""


def test_every_error_of_a_broken_file_is_listed_at_once():
    with pytest.raises(BadConfiguration) as refused:
        parse_configuration(tomllib.loads(BROKEN), "v")
    assert sorted((fault.pointer, fault.code) for fault in refused.value.faults) == sorted(
        [
            ("campain", "unknown-key"),
            ("wrong_number_wrapups[1]", "expected-text"),
            ("pqsc.below_eur", "expected-whole-number"),
            ("pqsc.media_zones[0]", "bad-zone"),
            ("segments[0].segment", "unexpected-value"),
            ("segments[0].buys_first", "expected-true-or-false"),
            ("scoring.rules[0].points.yes", "expected-points"),
            ("groups[0].zones[1]", "bad-zone"),
            ("groups[0].agents[0].capacity", "expected-whole-number"),
            ("groups[0].agents[1].absences[0].to", "ends-before-it-starts"),
            ("groups[1].name", "duplicate"),
            ("groups[1].zones", "expected-zones"),
            ("groups[1].agents[0].id", "two-agents"),
            ("campaigns[0].timezone", "unknown-time-zone"),
            ("campaigns[0].slots[0]", "outside-call-hours"),
            ("campaigns[0].slots[1]", "overlapping-slots"),
            ("campaigns[0].slots[2]", "invalid-slot"),
            ("campaigns[0].maximum", "expected-whole-number"),
            ("campaigns[0].groups[0]", "unknown-group"),
            ("campaigns[0].priority", "expected-whole-number"),
            ("campaigns[0].minimum_gap", "bad-duration"),
            ("campaigns[0].attempt_cap", "expected-whole-number"),
            ("campaigns[0].hold_out_percent", "expected-whole-number"),
            ("campaigns[1].name", "duplicate"),
            ("campaigns[1].country", "unexpected-value"),
            ("campaigns[1].follows", "not-a-fast-lane"),
            ("campaigns[1].dialer_campaign_id", "duplicate"),
            ("campaigns[2].follows", "unknown-campaign"),
            ("campaigns[2].slots", "slots-of-its-own"),
            ("campaigns[2].maxmum", "unknown-key"),
        ]
    )
