"""What a call may rest on, and from when until when."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.law.local_days import days_after, midnight, years_after
from growth.domain.campaigns.entities.consents import Consent, Standing
from growth.domain.campaigns.entities.law import CALL_CHANNEL, CALL_PURPOSE, Ground, Grounds, LawSettings

Span = tuple[datetime, datetime | None]
"""`[since, until)`; without an end it goes on."""


def spans(standing: Standing, grounds: Grounds, settings: LawSettings, zone: ZoneInfo) -> Iterator[Span]:
    """Yield when a call may rest on something that the law accepts, in no order; they may overlap.

    A withdrawal ends what the person has said until then: the consent itself, her other consents to calls, and her
    own request. Who says "do not call me" speaks of calls, not of the form on which she once asked for one, and
    whoever withdraws by word of mouth knows of no other records. What she says later counts again. A contract is
    no word of hers: it stays.
    """
    consents = [it for it in standing.consents if (it.purpose, it.channel) == (CALL_PURPOSE, CALL_CHANNEL)]
    withdrawals = [it.withdrawn_at for it in consents if it.withdrawn_at]
    if Ground.REQUEST in grounds.accepted and (asked := standing.requested_at):
        yield _until_withdrawn((asked, days_after(asked, settings.request_open_days, zone)), withdrawals)
    if Ground.CONSENT in grounds.accepted:
        yield from (_until_withdrawn(_validity(it, grounds, zone), withdrawals) for it in consents)
    yield from _contracts(standing, grounds, zone)


def _validity(consent: Consent, grounds: Grounds, zone: ZoneInfo) -> Span:
    longest = years_after(consent.given_at, grounds.consent_years, zone) if grounds.consent_years else None
    ends = [end for end in (consent.expires_at, consent.withdrawn_at, longest) if end]
    return consent.given_at, min(ends, default=None)


def _until_withdrawn(span: Span, withdrawals: Sequence[datetime]) -> Span:
    since, until = span
    ends = [until] if until else []
    return since, min([*ends, *(at for at in withdrawals if since <= at)], default=None)


def _contracts(standing: Standing, grounds: Grounds, zone: ZoneInfo) -> Iterator[Span]:
    for contract in standing.contracts:
        if Ground.EARLIER_CONTRACT in grounds.accepted:
            yield midnight(contract.since, zone), None
        elif Ground.RUNNING_CONTRACT in grounds.accepted:
            day_after = contract.until + timedelta(days=1) if contract.until else None
            yield midnight(contract.since, zone), midnight(day_after, zone) if day_after else None


def covering(found: Iterable[Span], at: datetime) -> Iterator[Span]:
    """Yield the spans in which the instant lies."""
    return (span for span in found if span[0] <= at and (span[1] is None or at < span[1]))


def next_start(found: Iterable[Span], at: datetime) -> datetime | None:
    """Return when the first span begins that begins after `at` and is not empty."""
    return min((since for since, until in found if at < since and (until is None or since < until)), default=None)
