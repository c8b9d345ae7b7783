"""Consents to calls: given on our pages, withdrawn by whatever way, and shown to whoever has to prove them."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Query
from pydantic import Field, StringConstraints

from growth.api.errors import problems
from growth.api.lead_schemas import ConsentIn, Short
from growth.api.routing import Routes
from growth.api.schemas import EmailIn, Input, Instant, Output, Page
from growth.api.security import Caller, CallerOf, Role, allow
from growth.domain.campaigns.entities.consents import BadConsent, ConsentId, ToldConsent, UnknownConsent
from growth.domain.campaigns.entities.law import CALL_CHANNEL, CALL_PURPOSE
from growth.domain.campaigns.ports.consents import ConsentViews
from growth.domain.campaigns.use_cases import RecordConsent, WithdrawConsent
from growth.domain.kernel.country import Country
from growth.domain.kernel.person import BadEmail, parse_email
from growth.domain.kernel.pseudonyms import Pseudonyms

router = Routes(tags=["consents"])
_Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


def address_digest(caller: Caller, pseudonyms: Pseudonyms) -> str | None:
    """Return the keyed hash of a browser's address, part of the proof; of a server's nobody would learn anything."""
    return pseudonyms.of("address", caller.address).hex() if caller.role is Role.CAPTURE else None


class GivenConsentIn(ConsentIn):
    """A consent. With the role capture it is given now, and a keyed hash of the address is added to the evidence."""

    email: EmailIn
    country_code: Country | None = Field(default=None, description="Kept where the person has none.")
    purpose: _Word = CALL_PURPOSE
    channel: _Word = CALL_CHANNEL

    def told(self, caller: Caller, pseudonyms: Pseudonyms) -> ToldConsent:
        digest = address_digest(caller, pseudonyms)
        return ToldConsent(
            purpose=self.purpose,
            channel=self.channel,
            wording_version=self.wording_version,
            evidence={**self.evidence, "address_digest": digest} if digest else self.evidence,
            given_at=None if caller.role is Role.CAPTURE else self.given_at,
            expires_at=self.expires_at,
        )


class ConsentGivenOut(Output):
    consent_id: UUID


class WithdrawalIn(Input):
    withdrawn_at: Instant | None = Field(default=None, description="When she said so; without it, now.")
    how: Short | None = Field(default=None, description="By word of mouth, by mail …")


class ConsentOut(Output):
    """`prospect_id` null: of somebody who was erased; what proves the consent is kept, without her."""

    id: UUID
    prospect_id: UUID | None
    purpose: str
    channel: str
    wording_version: str
    evidence: Mapping[str, Any]
    given_at: Instant
    expires_at: Instant | None
    withdrawn_at: Instant | None
    withdrawal: str | None
    recorded_at: Instant


@router.post(
    "/v1/consents",
    status_code=202,
    dependencies=[allow(Role.CAPTURE, Role.SERVICE)],
    responses=problems(BadEmail, BadConsent),
)
async def give_consent(
    body: GivenConsentIn, caller: CallerOf, record: FromDishka[RecordConsent], pseudonyms: FromDishka[Pseudonyms]
) -> ConsentGivenOut:
    """Take in that somebody agreed to be called. The answer is the same for known and unknown people.

    It registers nobody: what an unknown person agrees to is not kept. Send it with the request that makes her known.
    """
    told, trusted = body.told(caller, pseudonyms), caller.role is not Role.CAPTURE
    id_ = await record(parse_email(body.email), told, body.country_code, at_once=trusted)
    return ConsentGivenOut(consent_id=id_)


@router.get("/v1/consents", dependencies=[allow(Role.SERVICE, Role.OPS)], responses=problems(BadEmail))
async def list_consents(
    email: Annotated[str, Query(max_length=320, description="Any address of the person.")],
    views: FromDishka[ConsentViews],
) -> Page[ConsentOut]:
    """List what somebody agreed to, newest first, and the proofs that are left of somebody who was erased."""
    found = await views.of(parse_email(email))
    return Page(items=[ConsentOut.model_validate(it) for it in found], next_cursor=None)


@router.post(
    "/v1/consents/{consent_id:uuid}/withdraw",
    dependencies=[allow(Role.SERVICE, Role.OPS)],
    responses=problems(UnknownConsent, BadConsent),
)
async def withdraw_consent(
    consent_id: UUID, withdraw: FromDishka[WithdrawConsent], body: WithdrawalIn | None = None
) -> ConsentOut:
    """Write down that somebody took a consent back. A second time changes nothing.

    From then on no call rests on what she said before, be it in this record, in another or in a request of hers.
    """
    told = body or WithdrawalIn()
    consent = await withdraw(ConsentId(consent_id), told.withdrawn_at, told.how)
    return ConsentOut.model_validate(consent)
