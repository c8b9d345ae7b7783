"""Consents as they are told, given and withdrawn. What a consent allows is the law's, in `law`."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from growth.domain.campaigns.entities.consents import BadConsent, Consent, ConsentId, ToldConsent
from growth.domain.campaigns.entities.law import CALL_CHANNEL, CALL_PURPOSE
from growth.domain.campaigns.entities.leads import Submission, SubmissionId
from growth.domain.kernel.errors import Fault
from growth.domain.kernel.ids import ProspectId

# Clocks differ: what is told as so little ahead is now.
_AHEAD: Final = timedelta(seconds=30)


def told_with(submission: Submission) -> ToldConsent | None:
    """Return the consent that came with a request: to be called for sales."""
    told = submission.consent
    if not told:
        return None
    evidence, address = told.get("evidence"), told.get("address_digest")
    kept = dict(evidence) if isinstance(evidence, Mapping) else {}
    return ToldConsent(
        purpose=CALL_PURPOSE,
        channel=CALL_CHANNEL,
        wording_version=str(told["wording_version"]),
        evidence=kept | ({"address_digest": address} if address else {}),
        given_at=_moment(told.get("given_at")),
        expires_at=_moment(told.get("expires_at")),
    )


def _moment(told: object) -> datetime | None:
    return datetime.fromisoformat(told) if isinstance(told, str) else None


def check(told: ToldConsent, now: datetime, where: str = "") -> None:
    """See that its times can be true; `where` it stands in what was sent. Raises `BadConsent`."""
    given_at = _told_at(told.given_at, now)
    if given_at > now:
        raise BadConsent(Fault(f"{where}/given_at", "in-the-future", "Write when it was given: that was before now."))
    if told.expires_at and told.expires_at <= given_at:
        raise BadConsent(Fault(f"{where}/expires_at", "over", "Write a time after that at which it was given."))


def _told_at(told: datetime | None, now: datetime) -> datetime:
    return now if told is None or now < told <= now + _AHEAD else told


def unfit(submissions: Iterable[Submission], now: datetime) -> Mapping[SubmissionId, BadConsent]:
    """Return those requests whose consent cannot be true, with what is wrong."""
    found = {}
    for submission in submissions:
        try:
            if told := told_with(submission):
                check(told, now, "/consent")
        except BadConsent as wrong:
            found[submission.id] = wrong
    return found


def given(told: ToldConsent, id: ConsentId, prospect_id: ProspectId, now: datetime) -> Consent:
    """Return the record of a consent."""
    return Consent(
        id=id,
        prospect_id=prospect_id,
        purpose=told.purpose,
        channel=told.channel,
        wording_version=told.wording_version,
        evidence=told.evidence,
        given_at=_told_at(told.given_at, now),
        expires_at=told.expires_at,
        recorded_at=now,
    )


def withdrawn(consent: Consent, at: datetime | None, how: str | None, now: datetime) -> Consent:
    """Return the consent after its withdrawal; one that is withdrawn stays as it is. Raises `BadConsent`."""
    if consent.withdrawn_at:
        return consent
    at = _told_at(at, now)
    if not consent.given_at <= at <= now:
        message = "Write when it was withdrawn: that was after it was given, and before now."
        raise BadConsent(Fault("/withdrawn_at", "impossible", message))
    return replace(consent, withdrawn_at=at, withdrawal=how)
