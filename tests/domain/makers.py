"""Values of the campaigns context that are well by default: a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from growth.domain.campaigns.entities.calls import Call, CallState
from growth.domain.campaigns.entities.candidates import Candidate, Contactable
from growth.domain.campaigns.entities.configuration import (
    Agent,
    AgentsGroup,
    Campaign,
    CampaignType,
    Configuration,
    SegmentRule,
)
from growth.domain.campaigns.entities.consents import Period, Standing
from growth.domain.campaigns.entities.leads import (
    Answers,
    Lead,
    LeadSource,
    LeadStatus,
    LeadType,
    PropertyType,
    Segment,
    SellTimeframe,
)
from growth.domain.campaigns.entities.scoring import DEFAULT_RULES
from growth.domain.campaigns.entities.slots import Slot, parse_weekly_slot
from growth.domain.kernel.country import Country
from growth.domain.kernel.person import Prospect

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)  # an ordinary week; Paris is one hour ahead
TEN, ONE, TWO, FIVE, EIGHT = (MONDAY + hours * HOUR for hours in (9, 12, 13, 16, 19))  # as clocks in Paris show
MORNING, AFTERNOON, EVENING = Slot(TEN, ONE), Slot(TWO, FIVE), Slot(FIVE, EIGHT)

SEGMENT_TABLE = (
    SegmentRule(Segment.PVB, True, frozenset({SellTimeframe.NOW, SellTimeframe.MONTHS_3, SellTimeframe.MONTHS_6})),
    SegmentRule(Segment.PVB_LATER, True, frozenset()),
    SegmentRule(Segment.PVI_NOW, False, frozenset({SellTimeframe.NOW})),
    SegmentRule(Segment.PVI_SOON, False, frozenset({SellTimeframe.MONTHS_3})),
    SegmentRule(Segment.PVS, False, frozenset({SellTimeframe.MONTHS_6})),
    SegmentRule(Segment.PVM, False, frozenset({SellTimeframe.MONTHS_12})),
)
CUSTOMER = Standing(contracts=(Period(date(2000, 1, 1), None),))  # whom all laws allow to call


def number(count):
    return UUID(int=(0x018F << 112) + (7 << 76) + (2 << 62) + count)


def an_agent(id="a1", capacity=50, **changes):
    agent = Agent(id=id, name=f"Agent {id}", dialer_user_id=500 + int(id[1:]), capacity=capacity)
    return replace(agent, **changes)


def a_group(*agents, name="Everywhere", zones=("",)):
    return AgentsGroup(name, zones, agents or (an_agent(),))


def week(*times):
    return tuple(parse_weekly_slot(f"{day} {each}") for day in ("mon", "tue", "wed", "thu", "fri") for each in times)


def a_campaign(**changes):
    return replace(
        Campaign(
            name="PVI",
            type=CampaignType.PVI,
            country=Country.FR,
            timezone="Europe/Paris",
            slots=week("10:00-13:00", "14:00-17:00", "17:00-20:00"),
            follows=None,
            maximum=1000,
            groups=(a_group(),),
            dialer_campaign_id=701,
            priority=10,
            minimum_gap=timedelta(hours=4),
            attempt_cap=8,
            hold_out_percent=0,
        ),
        **changes,
    )


def a_fast_lane(follows, **changes):
    lane = replace(follows, name="CF", type=CampaignType.CF, slots=(), follows=follows.name)
    return replace(lane, dialer_campaign_id=702, priority=2, **changes)


def a_configuration(*campaigns, pvi=None, lane=True, **changes):
    """PVI with its fast lane, PVB in the afternoon and PQSC in the morning, or just these campaigns."""
    pvi = pvi or a_campaign()
    usual = (
        pvi,
        *((a_fast_lane(pvi),) if lane else ()),
        a_campaign(name="PVB", type=CampaignType.PVB, slots=week("14:00-17:00"), groups=(), dialer_campaign_id=703),
        a_campaign(name="PQSC", type=CampaignType.PQSC, slots=week("10:00-13:00"), groups=(), dialer_campaign_id=704),
    )
    return replace(
        Configuration(
            version="test",
            campaigns=campaigns or usual,
            segments=SEGMENT_TABLE,
            pqsc_below_eur=200_000,
            media_zones=("59",),
            rules=DEFAULT_RULES,
            wrong_number_wrapups=frozenset({"faux numéro"}),
        ),
        **changes,
    )


def some_answers(**changes):
    return replace(
        Answers(
            country_code=Country.FR,
            is_owner=True,
            sell_timeframe=SellTimeframe.NOW,
            buys_first=False,
            callback_at=None,
            property_type=PropertyType.HOUSE,
            address=None,
            postal_code="69003",
            insee_code=None,
            surface_m2=100,
            estimated_price_eur=400_000,
        ),
        **changes,
    )


def a_lead(count=1, **changes):
    return replace(
        Lead(
            **some_answers().by_name(),
            id=number(count),
            prospect_id=number(count),
            lead_type=LeadType.RDVVQ,
            source=LeadSource.ESTIMATE,
            property_key="in FR 69003 house 100",
            timezone="Europe/Paris",
            came_by=None,
            segment=Segment.PVI_NOW,
            score=0,
            status=LeadStatus.NEW,
            call_attempts=0,
            last_attempt_at=None,
            request_count=1,
            requested_at=MONDAY - DAY,
            created_at=MONDAY - DAY,
            updated_at=MONDAY - DAY,
        ),
        **changes,
    )


def a_prospect(count=1, **changes):
    return replace(
        Prospect(
            id=number(count),
            email=f"person{count}@example.org",
            phone=f"+331990{count:05d}",
            phone_valid=True,
            first_name=None,
            last_name=None,
            country_code=Country.FR,
            pending_task=False,
            owner_agent_id=None,
            created_at=MONDAY - DAY,
        ),
        **changes,
    )


def a_contactable(
    count=1, *, attempts=(), estimates=1, page_views=0, in_dialer=False, standing=CUSTOMER, prospect=None, **lead
):
    return Contactable(
        a_lead(count, **lead),
        a_prospect(count, **(prospect or {})),
        tuple(attempts),
        estimates,
        page_views,
        in_dialer=in_dialer,
        standing=standing,
    )


def a_call(count=1, slot=MORNING, **changes):
    return replace(
        Call(
            id=number(count),
            lead_id=number(count),
            prospect_id=number(count),
            campaign="PVI",
            slot_start=slot.start,
            slot_end=slot.end,
            state=CallState.PLANNED,
            callback_at=None,
            planned_at=MONDAY - DAY,
        ),
        **changes,
    )


def a_candidate(count=1, *, callback_at=None, slot=MORNING, **who):
    return Candidate(a_call(count, slot, callback_at=callback_at), a_contactable(count, **who))
