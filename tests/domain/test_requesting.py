from dataclasses import replace

import pytest
from tests.domain.makers import MONDAY, number

from growth.domain.kernel.country import Country
from growth.domain.kernel.prospect_events import EventName, PersonaType
from growth.domain.prospects.business_rules.announcing import of_contract, of_request
from growth.domain.prospects.business_rules.countries import COUNTRIES
from growth.domain.prospects.business_rules.event_rules import faults_of
from growth.domain.prospects.business_rules.quoting import link_into
from growth.domain.prospects.business_rules.requesting import EVENT_OF, event_of, in_flow, tracked
from growth.domain.prospects.entities.requests import (
    FlowOfAnotherCountry,
    NotInThisCountry,
    RequestNews,
    RequestType,
    SalesRequest,
    SelfServeFlow,
)
from growth.domain.prospects.entities.sales_teams import CrewLead, Member, MemberView, SalesTeam, TeamView

SITE = "https://shop.example"
LINK = f"{SITE}/?self_serve_flow_id=flow-1"
FR, BE, ES = Country


def a_request(request_type=RequestType.EMAIL_CAPTURE, **changes):
    return replace(
        SalesRequest(
            id=number(1),
            prospect_id=number(2),
            request_type=request_type,
            country_code=FR,
            persona_type=PersonaType.INDIVIDUAL,
            self_serve_flow_id="flow-1",
            details={"language": "fr"},
            requested_at=MONDAY,
        ),
        **changes,
    )


def some_news(**changes):
    return replace(
        RequestNews(
            request_type=RequestType.CALLBACK,
            email="ada@example.org",
            phone=None,
            first_name=None,
            last_name=None,
            country_code=FR,
            persona_type=None,
            self_serve_flow_id=None,
            details={},
            marketing_parameters=None,
        ),
        **changes,
    )


def a_flow(country=FR, persona=PersonaType.COMPANY):
    return SelfServeFlow("flow-1", country, persona, "nl", None, None, {}, MONDAY, MONDAY)


def a_view(*members, reachable=()):
    lead = CrewLead("u1", "lead@example.org", None, None, "Lea Lead")
    team = SalesTeam(FR, "Europe/Paris", "Crew", "inbound-fr", "won-fr", lead, (), members)
    return TeamView(team, tuple(MemberView(it, (), available=False) for it in members), tuple(reachable))


def test_every_kind_of_request_has_its_event():
    assert EVENT_OF.keys() == set(RequestType)
    assert set(EVENT_OF.values()) == {
        EventName.MEETING_REQUEST,
        EventName.FLOW_QUOTE_REQUEST,
        EventName.FLOW_CAPTURE_SCREEN,
    }


def test_every_country_has_its_rules():
    assert COUNTRIES.keys() == set(Country)


@pytest.mark.parametrize("kind", RequestType)
def test_the_event_of_a_request_fits_its_kind(kind):
    details = {"message": "hi", "company_name": "Engines", "number_of_employees": 3, "preferred_slot": "now"}
    news = some_news(request_type=kind, persona_type=PersonaType.COMPANY, details=details | {"language": "fr"})
    event = event_of(news, number(7))
    assert faults_of(event) == []
    form = event.event_name is EventName.MEETING_REQUEST
    assert event.properties == (details | {"request_type": kind.value} if form else {})
    assert event.message_id == f"request:{number(7)}"


@pytest.mark.parametrize("persona", PersonaType)
@pytest.mark.parametrize(
    ("country", "names"),
    [(FR, {PersonaType.COMPANY: "company_email_captured"}), (BE, dict.fromkeys(PersonaType, "be_email_captured"))],
)
def test_a_captured_address_starts_the_campaign_of_country_and_persona(country, names, persona):
    event = tracked(a_request(country_code=country, persona_type=persona), SITE)
    assert event.name == names.get(persona, "individual_email_captured")
    assert event.attributes == {
        "language": "fr",
        "self_serve_flow_id": "flow-1",
        "self_serve_flow_link": LINK,
    }


def test_spain_captures_no_addresses():
    with pytest.raises(NotInThisCountry, match="no email capture in ES"):
        tracked(a_request(country_code=ES), SITE)


@pytest.mark.parametrize(
    ("country", "persona", "name", "crm"),
    [
        (FR, PersonaType.COMPANY, "company_quote_requested", True),
        (FR, PersonaType.FRANCE_TNS, "individual_quote_requested", False),
        (BE, PersonaType.INDIVIDUAL, "be_quote_requested", True),
        (ES, PersonaType.SPAIN_AUTONOMO, "es_quote_requested", True),
    ],
)
def test_a_quote_is_decided_by_country(country, persona, name, crm):
    details = {"language": "fr", "message": "no", "number_of_employees": 3, "qualification": {"a": 1}}
    request = a_request(RequestType.QUOTE_REQUEST, country_code=country, persona_type=persona, details=details)
    decision = COUNTRIES[country].quote_requested(request, LINK)
    quoted = {"number_of_employees": 3, "qualification": {"a": 1}}
    assert (decision.should_be_sent_to_crm, decision.quote_details) == (crm, quoted)
    assert (decision.self_serve_flow_id, decision.event.name) == ("flow-1", name)
    assert decision.event.attributes == {
        "language": "fr",
        "self_serve_flow_id": "flow-1",
        "self_serve_flow_link": LINK,
        "should_be_sent_to_crm": crm,
        "quote_details": quoted,
    }
    assert tracked(request, SITE) == decision.event


def test_the_mailer_hears_of_nothing_else():
    others = set(RequestType) - {RequestType.EMAIL_CAPTURE, RequestType.QUOTE_REQUEST}
    assert {tracked(a_request(kind), SITE) for kind in others} == {None}


def test_the_link_leads_into_the_flow_or_to_the_site():
    assert link_into(SITE, "flow-1") == LINK
    assert link_into(SITE, None) == SITE


def test_in_a_flow_its_country_and_persona_count_and_its_language_where_none_is_told():
    flow = a_flow(BE)
    found = in_flow(some_news(country_code=None, persona_type=PersonaType.RETIREE), flow)
    assert (found.country_code, found.persona_type, found.details) == (BE, PersonaType.COMPANY, {"language": "nl"})
    assert in_flow(some_news(country_code=BE, details={"language": "en"}), flow).details == {"language": "en"}
    with pytest.raises(FlowOfAnotherCountry):
        in_flow(some_news(country_code=FR), flow)


def test_a_post_names_the_request_the_company_and_who_is_there_but_not_the_person():
    hugo = Member("m1", "hugo@example.org", "Hugo Petit", ())
    details = {"message": "I am Ada, 0612345678", "company_name": "E" * 500, "number_of_employees": 0}
    request = a_request(RequestType.CALLBACK, details=details)
    post = of_request(
        request, a_view(hugo, reachable=["hugo@example.org", "backup@example.org"]), "https://api.example"
    )
    assert post.title == "Somebody wants to be called back"
    assert post.facts == (
        ("Country", "FR"),
        ("Persona", "Individual"),
        ("Company", "E" * 200),
        ("Employees", "0"),
        ("For", "Hugo Petit, backup@example.org"),
    )
    assert post.link == f"https://api.example/v1/prospects/{number(2)}/timeline"
    assert "Ada" not in str(post)


@pytest.mark.parametrize(
    ("typed", "posted"),
    [
        ("Engines, ada@example.org", "Engines, […]"),
        ("ada+x@exämple.org or 06 12 34 56 78", "[…] or […]"),
        ("call +33 (0)6.12-34/56 78 at ten", "call […] at ten"),
        ("0612345678", "[…]"),
        ("1234567", "1234567"),
        ("12345678", "[…]"),
        ("x" * 190 + " 0612345678", "x" * 190 + " […]"),
        ("2026-01-06T10:00:00+01:00", "2026-01-06T10:00:00+01:00"),
        ("2026-01-06 10:00 - 11:00", "2026-01-06 10:00 - 11:00"),
        ("06/01/2026, 10h-12h", "06/01/2026, 10h-12h"),
        ("2026-01-06 06 12 34 56 78", "2026-01-06 […]"),
        ("06.12.20.26.12", "[…]"),
        ("Tuesday @ 10", "Tuesday @ 10"),
    ],
)
def test_a_post_has_no_address_and_no_number_that_somebody_typed_elsewhere(typed, posted):
    request = a_request(RequestType.CALLBACK, details={"company_name": typed, "preferred_slot": typed})
    facts = dict(of_request(request, a_view(), "").facts)
    assert (facts["Company"], facts["Wanted time"]) == (posted, posted)


def test_a_post_says_when_nobody_is_there_or_the_persona_is_not_known():
    post = of_request(a_request(RequestType.CHAT, persona_type=None), a_view(), "")
    assert dict(post.facts) == {"Country": "FR", "Persona": "not known", "For": "nobody is there now"}


@pytest.mark.parametrize("kind", RequestType)
def test_every_kind_of_request_can_be_posted(kind):
    assert of_request(a_request(kind), a_view(), "").title.startswith("Somebody ")


def test_a_signed_contract_is_told_by_its_reference():
    assert of_contract("c-1", BE).facts == (("Country", "BE"), ("Contract", "c-1"))
