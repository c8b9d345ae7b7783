"""May this person be called, at that time? Cases by hand; those by the thousand are in `test_law_by_oracle.py`.

Sources: Code de la consommation L.223-1 and D.223-9 (decree 2022-1313), law 2025-594 with decree 2026-662; Real Decreto
Legislativo 1/2007 art. 96.2 and Ley 11/2022 art. 66.1.b; Code de droit économique VI.111 to VI.115.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from tests.domain.law_oracle import BE, ES, FR, TICK, a_consent
from tests.domain.makers import DAY, HOUR, MINUTE, a_campaign, a_candidate, a_contactable

from growth.domain.campaigns.business_rules.calling import batched
from growth.domain.campaigns.business_rules.choosing import Chosen
from growth.domain.campaigns.business_rules.law.judging import allowed_until, can_call
from growth.domain.campaigns.business_rules.law.packs import LAW_PACKS, pack_on
from growth.domain.campaigns.entities.candidates import Permission
from growth.domain.campaigns.entities.consents import Period, Standing
from growth.domain.campaigns.entities.law import LawSettings
from growth.domain.campaigns.entities.scoring import Score
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.kernel.country import Country

PARIS = ZoneInfo("Europe/Paris")
NEVER = None
REUNION = {"postal_code": "97400", "timezone": "Indian/Reunion"}
MARTINIQUE = {"postal_code": "97200", "timezone": "America/Martinique"}
ALSACE = {"postal_code": "67000"}
MADRID = {"country_code": ES, "postal_code": "28013", "timezone": "Europe/Madrid"}
BRUSSELS = {"country_code": BE, "postal_code": "1000", "timezone": "Europe/Brussels"}
NOBODY = Standing()


def paris(month, day, hour=0, minute=0, *, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def judged(at, standing=NOBODY, *, law=None, attempts=(), **lead):
    verdict = can_call(a_contactable(standing=standing, attempts=attempts, **lead), at, law or LawSettings())
    if verdict.allowed:
        assert verdict == Permission(allowed=True, rule=None, legal_source=None, next_allowed_at=at)
        return "allowed"
    assert verdict.legal_source
    return verdict.rule.value, verdict.next_allowed_at


ASKED = Standing(requested_at=paris(11, 2, 9))
TEN = paris(11, 23, 10)  # a Monday


@pytest.mark.parametrize(
    ("at", "standing", "lead", "expected"),
    [
        # France until 10 August 2026: nothing is needed, and a list is looked at.
        pytest.param(paris(8, 10, 19, 59), NOBODY, {}, "allowed", id="the last day without consent"),
        pytest.param(paris(8, 10, 20), NOBODY, {}, ("hours", NEVER), id="its night: in the morning the new law holds"),
        pytest.param(
            paris(8, 10, 20),
            Standing(consents=[a_consent(paris(8, 20, 15))]),
            {},
            ("hours", paris(8, 20, 15)),
            id="over the switch to a consent",
        ),
        pytest.param(paris(8, 11, 10), NOBODY, {}, ("consent", NEVER), id="the first day of the new law"),
        pytest.param(
            paris(8, 10, 22, 30),
            NOBODY,
            REUNION,
            ("consent", NEVER),
            id="Réunion is in the new law while Paris is not",
        ),
        pytest.param(paris(8, 11, 1, 30), NOBODY, MARTINIQUE, "allowed", id="and Martinique not yet, at 19:30"),
        pytest.param(paris(8, 3, 10), Standing(do_not_call=True), {}, ("do_not_call", NEVER), id="on the old list"),
        pytest.param(
            paris(8, 10, 21),
            Standing(requested_at=paris(8, 1)),
            {"callback_at": paris(8, 11, 8)},
            ("hours", paris(8, 11, 8)),
            id="over the switch to a time agreed to",
        ),
        # France since: consent, the person's own request, a running contract.
        pytest.param(TEN, ASKED, {}, "allowed", id="an open request"),
        pytest.param(paris(12, 2, 9) - TICK, ASKED, {}, ("hours", NEVER), id="which closes before the morning"),
        pytest.param(paris(12, 2, 10), ASKED, {}, ("consent", NEVER), id="closed after thirty days"),
        pytest.param(TEN, Standing(requested_at=TEN + TICK), {}, ("consent", TEN + TICK), id="not before it came"),
        pytest.param(TEN, Standing(consents=[a_consent(TEN)]), {}, "allowed", id="a consent from when it is given"),
        pytest.param(
            TEN, Standing(consents=[a_consent(TEN + 5 * DAY)]), {}, ("consent", TEN + 7 * DAY), id="given on Saturday"
        ),
        pytest.param(
            paris(11, 23, 10, year=2027) - TICK,
            Standing(consents=[a_consent(TEN + HOUR, expires_at=TEN + 900 * DAY)]),
            {},
            ("hours", paris(11, 23, 10, year=2027)),
            id="valid on its anniversary until the hour",
        ),
        pytest.param(
            paris(11, 23, 11, year=2027),
            Standing(consents=[a_consent(TEN + HOUR, expires_at=TEN + 900 * DAY)]),
            {},
            ("consent", NEVER),
            id="a later end is cut after a year",
        ),
        pytest.param(
            TEN, Standing(consents=[a_consent(TEN - DAY, expires_at=TEN)]), {}, ("consent", NEVER), id="ended"
        ),
        pytest.param(
            TEN, Standing(consents=[a_consent(TEN - DAY, channel="email")]), {}, ("consent", NEVER), id="to emails"
        ),
        pytest.param(
            TEN, Standing(consents=[a_consent(TEN - DAY, purpose="survey")]), {}, ("consent", NEVER), id="to a survey"
        ),
        pytest.param(
            TEN, Standing(contracts=[Period(date(2026, 1, 1), date(2026, 11, 23))]), {}, "allowed", id="its last day"
        ),
        pytest.param(
            TEN,
            Standing(contracts=[Period(date(2026, 1, 1), date(2026, 11, 22))]),
            {},
            ("consent", NEVER),
            id="a contract that ended",
        ),
        pytest.param(
            TEN, Standing(contracts=[Period(date(2026, 12, 1), None)]), {}, ("consent", paris(12, 1, 10)), id="to come"
        ),
        # Withdrawn.
        pytest.param(
            TEN, Standing(consents=[a_consent(TEN - DAY, withdrawn_at=TEN)]), {}, ("consent", NEVER), id="withdrawn"
        ),
        pytest.param(
            TEN - 3 * DAY,
            Standing(consents=[a_consent(TEN - 5 * DAY, withdrawn_at=TEN - 3 * DAY + TICK)]),
            {},
            "allowed",
            id="until then it held",
        ),
        pytest.param(
            TEN,
            Standing([a_consent(TEN - 9 * DAY, withdrawn_at=TEN - DAY)], requested_at=TEN - 2 * DAY),
            {},
            ("consent", NEVER),
            id="withdrawn: an older request counts no more",
        ),
        pytest.param(
            TEN,
            Standing([a_consent(TEN - 9 * DAY, withdrawn_at=TEN - 2 * DAY)], requested_at=TEN - 2 * DAY + TICK),
            {},
            "allowed",
            id="withdrawn: a newer request counts",
        ),
        pytest.param(
            TEN,
            Standing([a_consent(TEN - 9 * DAY, withdrawn_at=TEN - DAY), a_consent(TEN - 8 * DAY)]),
            {},
            ("consent", NEVER),
            id="withdrawn: and so are consents given before",
        ),
        pytest.param(
            TEN,
            Standing([a_consent(TEN - 9 * DAY, withdrawn_at=TEN - DAY)], contracts=[Period(date(2026, 1, 1), None)]),
            {},
            "allowed",
            id="withdrawn: a contract stays",
        ),
        pytest.param(
            TEN,
            Standing([a_consent(TEN - 9 * DAY, withdrawn_at=TEN - DAY)], requested_at=TEN - DAY),
            {},
            ("consent", NEVER),
            id="withdrawn: with the request itself",
        ),
        pytest.param(
            TEN,
            Standing([a_consent(TEN - DAY)], requested_at=TEN - DAY, do_not_call=True),
            {"callback_at": TEN},
            ("do_not_call", NEVER),
            id="on a list, whatever was agreed to",
        ),
        # Hours and holidays.
        pytest.param(paris(11, 23, 13), ASKED, {}, ("hours", paris(11, 23, 14)), id="the midday break"),
        pytest.param(paris(11, 23, 20), ASKED, {}, ("hours", paris(11, 24, 10)), id="half-open at the end"),
        pytest.param(
            paris(4, 3, 10), NOBODY, ALSACE, ("hours", paris(4, 7, 10)), id="Good Friday in Alsace, to after Easter"
        ),
        pytest.param(paris(4, 3, 10), NOBODY, {}, "allowed", id="and not in Paris"),
        pytest.param(paris(3, 27, 20), NOBODY, {}, ("hours", datetime(2026, 3, 30, 8, tzinfo=UTC)), id="in spring"),
        pytest.param(
            TEN, ASKED, {"callback_at": TEN - 2 * HOUR}, "allowed", id="a callback takes nothing from the hours"
        ),
        pytest.param(paris(11, 28, 21), ASKED, {"callback_at": paris(11, 28, 21)}, "allowed", id="an agreed Saturday"),
        pytest.param(
            paris(11, 28, 21, 1),
            ASKED,
            {"callback_at": paris(11, 28, 21)},
            ("hours", paris(11, 30, 10)),
            id="agreed for a minute",
        ),
        pytest.param(
            paris(11, 28, 20),
            ASKED,
            {"callback_at": paris(11, 28, 21)},
            ("hours", paris(11, 28, 21)),
            id="next is the time agreed to",
        ),
        pytest.param(
            paris(7, 11, 21), ASKED, {"callback_at": paris(7, 11, 21)}, ("hours", paris(7, 13, 10)), id="not before"
        ),
        pytest.param(
            paris(12, 5, 21), ASKED, {"callback_at": paris(12, 5, 21)}, ("consent", NEVER), id="agreed, but too late"
        ),
        # Spain and Belgium.
        pytest.param(paris(11, 23, 9), NOBODY, MADRID, ("consent", NEVER), id="Spain asks for consent"),
        pytest.param(
            paris(11, 23, 9),
            Standing(contracts=[Period(date(2020, 1, 1), date(2021, 1, 1))]),
            MADRID,
            "allowed",
            id="or",
        ),
        pytest.param(
            paris(11, 23, 21) - TICK, Standing([a_consent(TEN - 800 * DAY)]), MADRID, "allowed", id="for longer, later"
        ),
        pytest.param(
            paris(11, 28, 21),
            ASKED,
            MADRID | {"callback_at": paris(11, 28, 21)},
            ("hours", paris(11, 30, 9)),
            id="never at the weekend in Spain",
        ),
        pytest.param(paris(11, 23, 9), NOBODY, BRUSSELS, "allowed", id="Belgium asks for nothing"),
        pytest.param(TEN, Standing(do_not_call=True), BRUSSELS, ("do_not_call", NEVER), id="but for its list"),
    ],
)
def test_the_law_allows(at, standing, lead, expected):
    assert judged(at, standing, **lead) == expected


def test_thirty_days_are_those_of_the_calendar_on_the_wall():
    """Over the end of summer time they are an hour longer."""
    tried = [paris(10, 20, 15), *(paris(11, day, 12) for day in (2, 3, 4))]
    free = paris(11, 19, 15)
    assert free - tried[0] == 30 * DAY + HOUR
    assert judged(free - TICK, ASKED, attempts=tried) == ("attempt_cap", free)
    assert judged(free, ASKED, attempts=tried) == "allowed"
    assert judged(free - TICK, ASKED, attempts=tried[1:]) == "allowed"
    assert judged(free - TICK, attempts=tried, **BRUSSELS) == "allowed"


def test_rest_after_attempts_may_outlast_what_a_call_rests_on():
    tried = [paris(11, day, 12) for day in (6, 9, 10, 12)]  # free on Sunday, 6 December
    assert judged(TEN, ASKED, attempts=tried) == ("attempt_cap", NEVER)
    later = Standing(requested_at=paris(11, 9))
    assert judged(TEN, later, attempts=tried) == ("attempt_cap", paris(12, 7, 10))


def test_attempts_that_are_known_to_follow_do_not_become_too_many():
    tried = [TEN + day * DAY for day in (1, 2, 28)]
    assert judged(TEN, ASKED, attempts=[*tried, TEN + 31 * DAY]) == "allowed"
    assert judged(TEN, ASKED, attempts=[*tried, TEN + 29 * DAY])[0] == "attempt_cap"


@pytest.mark.parametrize("day", [(7, 3), (10, 2)])  # the sixtieth day after is a Tuesday
def test_after_a_refusal_nobody_calls_for_sixty_days(day):
    refused = paris(*day, 10)
    standing = Standing(refused_at=refused, contracts=[Period(date(2020, 1, 1), None)])
    free = (refused.astimezone(PARIS) + 60 * DAY).astimezone(UTC)
    assert judged(free - TICK, standing) == ("hours", free)
    assert judged(free, standing) == "allowed"
    assert judged(refused, standing) == ("attempt_cap", free)
    assert judged(free - 19 * HOUR, standing) == ("attempt_cap", free)
    assert judged(refused - DAY, standing) == "allowed"
    assert judged(refused, standing, **BRUSSELS) == "allowed"


def test_the_silence_is_a_setting_where_the_law_does_not_ask_for_it():
    standing = Standing(refused_at=TEN - DAY, requested_at=TEN - DAY)
    assert judged(TEN, standing, law=LawSettings(refusal_silence_days=0)) == "allowed"
    assert judged(TEN, standing, law=LawSettings(refusal_silence_days=15)) == ("attempt_cap", TEN + 14 * DAY)
    old = Standing(refused_at=paris(6, 1, 10))
    assert judged(paris(7, 30, 10), old, law=LawSettings(refusal_silence_days=0)) == ("attempt_cap", paris(7, 31, 10))


def test_how_long_a_request_is_open_is_a_setting():
    standing = Standing(requested_at=TEN - 7 * DAY)
    assert judged(TEN, standing, law=LawSettings(request_open_days=7)) == ("consent", NEVER)
    assert judged(TEN - DAY * 3, standing, law=LawSettings(request_open_days=7)) == "allowed"


def test_a_consent_of_a_leap_day_is_valid_until_the_twenty_eighth():
    standing = Standing([a_consent(paris(2, 29, 11, year=2028))])
    assert judged(paris(2, 28, 11, year=2029) - TICK, standing) == "allowed"
    assert judged(paris(2, 28, 11, year=2029), standing) == ("consent", NEVER)


@pytest.mark.parametrize(
    ("standing", "at", "source"),
    [
        (Standing(do_not_call=True), paris(8, 3, 10), "L.223-1"),
        (NOBODY, paris(8, 3, 9), "D.223-9"),
        (NOBODY, TEN, "2026-662"),
        (ASKED, TEN - HOUR, "2026-662"),
        (Standing(requested_at=TEN, refused_at=TEN), TEN, "default of this service"),
        (Standing(refused_at=paris(8, 3, 10)), paris(8, 3, 10), "D.223-9"),
    ],
)
def test_a_refusal_names_its_source(standing, at, source):
    assert source in can_call(a_contactable(standing=standing), at).legal_source


def test_every_country_has_its_packs_the_newest_first():
    for country in Country:
        packs = LAW_PACKS[country]
        assert [*packs] == sorted(packs, key=lambda pack: pack.valid_from, reverse=True)
        for pack in packs:
            assert pack.version == f"{country}-{pack.valid_from}"
            assert pack_on(country, pack.valid_from) is pack
    assert pack_on(FR, date(2026, 8, 10)).version == "FR-2023-03-01"
    assert pack_on(FR, date(2020, 1, 1)).version == "FR-2023-03-01"


# ---- With the dialer -------------------------------------------------------------------------------------


def handed_over(slot, at, standing, **candidate):
    one = Chosen(a_candidate(slot=slot, standing=standing, **candidate), Score(0, 0, 0, (), "test"), None)
    ((shared, _),) = batched([one], a_campaign(), slot, at)
    return shared.earliest, shared.latest


def test_what_the_dialer_holds_ends_when_its_ground_does():
    slot, one = Slot(TEN, TEN + 3 * HOUR), TEN + 90 * MINUTE
    assert handed_over(slot, TEN, Standing([a_consent(TEN - DAY, expires_at=one)])) == (TEN, one)
    both = Standing([a_consent(TEN - DAY, expires_at=one)], requested_at=TEN - DAY)
    assert handed_over(slot, TEN, both) == (TEN, slot.end)
    evening = Slot(paris(11, 23, 17), paris(11, 23, 20))
    called_back = paris(11, 23, 18, 30)  # 21:30 in Réunion
    agreed = handed_over(evening, evening.start, ASKED, callback_at=called_back, **REUNION)
    assert agreed == (called_back, called_back + MINUTE)


def test_a_time_agreed_to_does_not_stretch_the_hours_of_spain():
    who = a_contactable(standing=ASKED, callback_at=paris(11, 23, 21) - TICK, **MADRID)
    assert allowed_until(who, paris(11, 23, 21) - TICK) == paris(11, 23, 21)
