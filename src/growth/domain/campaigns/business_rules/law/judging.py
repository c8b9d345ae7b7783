"""May this person be called, at that time? This is not legal advice.

The facts are those known now, each from its own time on; the do-not-call list has none and always counts. The law
is that of the local date at the person's place, so that a new one comes into force at midnight there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.call_hours import hours_end, may_call_at, next_allowed
from growth.domain.campaigns.business_rules.law.grounds import Span, covering, next_start, spans
from growth.domain.campaigns.business_rules.law.local_days import midnight
from growth.domain.campaigns.business_rules.law.packs import next_pack, pack_on
from growth.domain.campaigns.business_rules.law.resting import rested_at, silent_until
from growth.domain.campaigns.entities.candidates import Contactable, Permission
from growth.domain.campaigns.entities.law import LAW_DEFAULTS, LawPack, LawSettings
from growth.domain.campaigns.entities.runs import Gate

# A time that a person agrees to is a minute on the clock.
_AGREED_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Case:
    who: Contactable
    settings: LawSettings
    zone: ZoneInfo
    agreed: Sequence[datetime]


@dataclass(frozen=True, slots=True)
class _Stop:
    """`until`: when this rule by itself allows a call again; None: never, as things are."""

    rule: Gate
    legal_source: str
    until: datetime | None


def can_call(
    who: Contactable, at: datetime, settings: LawSettings = LAW_DEFAULTS, *, agreed_at: datetime | None = None
) -> Permission:
    """Return whether the law allows a call at `at` (aware); else the first rule that does not.

    `next_allowed_at` is the first instant (UTC) at or after `at` that all rules allow. The silence after a refusal is
    told as `attempt_cap`, under its own source. `agreed_at`: a time that the person agreed to, beside the lead's
    `callback_at`; outside the hours a call may start within that minute.
    """
    case, at = _case(who, settings, agreed_at), at.astimezone(UTC)
    stop = _stop(case, at)
    if stop is None:
        return Permission(allowed=True, rule=None, legal_source=None, next_allowed_at=at)
    return Permission(
        allowed=False, rule=stop.rule, legal_source=stop.legal_source, next_allowed_at=_allowed_after(case, stop, at)
    )


def allowed_until(
    who: Contactable, at: datetime, settings: LawSettings = LAW_DEFAULTS, *, agreed_at: datetime | None = None
) -> datetime:
    """Return until when a call that may be made at `at` may still be; `at` when it may not.

    `at` is not before what is known of attempts and refusals.
    """
    case, at = _case(who, settings, agreed_at), at.astimezone(UTC)
    if _stop(case, at):
        return at
    lead, pack = who.lead, _pack(case, at)
    closes = hours_end(lead.country_code, lead.timezone, lead.postal_code, at)
    ends = [max([closes, *(until for _, until in covering(_agreed(case, pack), at) if until)])]
    grounds = [until for _, until in covering(_spans(case, pack), at)]
    if grounds and None not in grounds:
        ends.append(max(filter(None, grounds)))
    return min(ends)


def _case(who: Contactable, settings: LawSettings, agreed_at: datetime | None) -> _Case:
    agreed = [time for time in (who.lead.callback_at, agreed_at) if time]
    return _Case(who, settings, ZoneInfo(who.lead.timezone), agreed)


def _pack(case: _Case, at: datetime) -> LawPack:
    return pack_on(case.who.lead.country_code, at.astimezone(case.zone).date())


def _stop(case: _Case, at: datetime) -> _Stop | None:
    pack = _pack(case, at)
    for rule in _RULES:
        if stop := rule(case, pack, at):
            return stop
    return None


def _allowed_after(case: _Case, stop: _Stop | None, at: datetime) -> datetime | None:
    """Go on from rule to rule, and from law to law: nothing that is passed over is allowed by all."""
    while stop:
        coming = next_pack(case.who.lead.country_code, at.astimezone(case.zone).date())
        switch = midnight(coming.valid_from, case.zone) if coming else None
        again = min((time for time in (stop.until, switch) if time), default=None)
        if again is None:
            return None
        at, stop = again, _stop(case, again)
    return at


def _do_not_call(case: _Case, pack: LawPack, _at: datetime) -> _Stop | None:
    if pack.do_not_call is None or not case.who.standing.do_not_call:
        return None
    return _Stop(Gate.DO_NOT_CALL, pack.do_not_call, None)


def _consent(case: _Case, pack: LawPack, at: datetime) -> _Stop | None:
    if pack.grounds is None:
        return None
    if any(covering(_spans(case, pack), at)):
        return None
    return _Stop(Gate.CONSENT, pack.grounds.legal_source, next_start(_spans(case, pack), at))


def _spans(case: _Case, pack: LawPack) -> Iterable[Span]:
    return spans(case.who.standing, pack.grounds, case.settings, case.zone) if pack.grounds else ()


def _hours(case: _Case, pack: LawPack, at: datetime) -> _Stop | None:
    lead = case.who.lead
    if may_call_at(lead.country_code, lead.timezone, lead.postal_code, at):
        return None
    agreed = _agreed(case, pack)
    if any(covering(agreed, at)):
        return None
    opens = next_allowed(lead.country_code, lead.timezone, lead.postal_code, at)
    return _Stop(Gate.HOURS, pack.hours.legal_source, min(opens, next_start(agreed, at) or opens))


def _agreed(case: _Case, pack: LawPack) -> Sequence[Span]:
    return [(time, time + _AGREED_FOR) for time in case.agreed] if pack.hours.agreed_times else ()


def _attempts(case: _Case, pack: LawPack, at: datetime) -> _Stop | None:
    if pack.attempts is None:
        return None
    rested = rested_at(case.who.attempts, pack.attempts, case.zone, at)
    return _Stop(Gate.ATTEMPT_CAP, pack.attempts.legal_source, rested) if at < rested else None


def _silence(case: _Case, pack: LawPack, at: datetime) -> _Stop | None:
    refused_at = case.who.standing.refused_at
    if pack.silence is None or refused_at is None or at < refused_at:
        return None
    until = silent_until(refused_at, pack.silence, case.settings, case.zone)
    return _Stop(Gate.ATTEMPT_CAP, pack.silence.legal_source, until) if at < until else None


_Rule = Callable[[_Case, LawPack, datetime], _Stop | None]
_RULES: Sequence[_Rule] = (_do_not_call, _consent, _hours, _attempts, _silence)
