"""The person: how an email address and a phone number are written down, what registering again changes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import NewType

import phonenumbers
from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Invalid
from growth.domain.kernel.ids import ProspectId, UserId

Email = NewType("Email", str)

# Letters, digits and single dots: nothing of it has to be composed, quoted or refused.
_PLAIN = re.compile(r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*", re.ASCII)
_LONGEST_LOCAL, _LONGEST_EMAIL = 64, 254

LONGEST_PHONE = 16  # a plus and the 15 digits of E.164
SHORTEST_PHONE = 8

# One national numbering plan covers mainland and overseas departments, each with a calling code of its own:
# 0692 … dialled by somebody in France is +262 692 … on Réunion.
_NUMBERING_REGIONS: Mapping[Country, tuple[str, ...]] = {
    Country.FR: ("FR", "GP", "MQ", "GF", "RE", "YT"),
    Country.BE: ("BE",),
    Country.ES: ("ES",),
}


class BadEmail(Invalid):
    """What was given is no email address."""

    code = "bad-email"

    def __init__(self) -> None:
        super().__init__("This is not an email address: write one like name@example.org.")


def parse_email(raw: str) -> Email:
    """Return the form in which an address is stored and looked up; parsing that form again changes nothing.

    Blanks around it are stripped, the local part is lowercase NFC, the domain lowercase ASCII (IDNA), in all
    at most 254 bytes. DNS is not asked. Raises `BadEmail`, which does not repeat the address.
    """
    text = raw.strip().lower()  # before validation, so that what was validated is what is stored
    local, _, domain = text.rpartition("@")
    try:
        if _PLAIN.fullmatch(local) and len(local) <= _LONGEST_LOCAL:  # most are; their domains are known soon
            plain = f"{local}@{_domain(domain)}"
            if len(plain) <= _LONGEST_EMAIL:
                return Email(plain)
        address = _validated(text)
    except EmailNotValidError:
        raise BadEmail from None  # the cause would carry parts of the address into tracebacks
    return Email(f"{address.local_part}@{address.ascii_domain}")


@lru_cache(maxsize=4096)
def _domain(domain: str) -> str:
    return _validated(f"a@{domain}").ascii_domain


def _validated(text: str) -> ValidatedEmail:
    # test_environment only allows the reserved domain `test`
    return validate_email(text, check_deliverability=False, test_environment=True)


@dataclass(frozen=True, slots=True)
class Phone:
    """`number` is E.164 where `valid`, else the cleaned form of what was typed."""

    number: str
    valid: bool


def clean_phone_number(raw: str) -> str | None:
    """Keep the digits, and a leading plus; cut to 16 characters; fewer than 8 are no number (None)."""
    number = _digits(raw)[:LONGEST_PHONE]
    return number if len(number) >= SHORTEST_PHONE else None


def parse_phone(raw: str | None, country: Country | None) -> Phone | None:
    """Return the number as it is dialled from `country`, None where there is none.

    An international number need only be valid in its own country. A number that had to be cut is never valid:
    what is left of it may be somebody else's.
    """
    cleaned = clean_phone_number(raw or "")
    if raw is None or cleaned is None:
        return None
    number = _dialled(cleaned, country) if cleaned == _digits(raw) else None
    if number is None:
        return Phone(cleaned, valid=False)
    return Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164), valid=True)


def _digits(raw: str) -> str:
    plus = "+" if raw.lstrip().startswith("+") else ""
    return plus + "".join(str(int(character)) for character in raw if character.isdecimal())


def _dialled(number: str, country: Country | None) -> PhoneNumber | None:
    for region in (None,) if country is None else _NUMBERING_REGIONS[country]:
        try:
            parsed = phonenumbers.parse(number, region)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return parsed
    return None


@dataclass(frozen=True, slots=True)
class Prospect:
    """Somebody who has shown interest, not (yet) a customer. Open task and wallet hold for all his leads."""

    id: ProspectId
    email: Email
    phone: str | None
    phone_valid: bool
    first_name: str | None
    last_name: str | None
    country_code: Country | None
    pending_task: bool
    owner_agent_id: str | None
    created_at: datetime
    company_id: str | None = None  # SIREN in FR, BCE/KBO in BE, CIF in ES; several people may share one
    user_id: UserId | None = None
    has_opted_in_to_commercial_emails: bool = True
    attribution_survey_response: Mapping[str, str] | None = None
    unsubscribe_version: int = 1  # raised to revoke the links of mails that are out


def newcomer(
    id: ProspectId,
    email: Email,
    country: Country | None,
    at: datetime,
    names: tuple[str | None, str | None] = (None, None),
) -> Prospect:
    """Return somebody of whom nothing is known yet but the address and perhaps the name."""
    first_name, last_name = names
    return Prospect(
        id=id,
        email=email,
        phone=None,
        phone_valid=False,
        first_name=first_name,
        last_name=last_name,
        country_code=country,
        pending_task=False,
        owner_agent_id=None,
        created_at=at,
    )


def registered(prospect: Prospect, phone: Phone | None, first_name: str | None, last_name: str | None) -> Prospect:
    """Return the prospect after registering again: what is newly given replaces what is stored.

    Only a valid number replaces one that is there; an invalid one fills an empty place.
    """
    kept = Phone(prospect.phone, prospect.phone_valid) if prospect.phone else None
    newest = phone if phone and (phone.valid or kept is None) else kept
    return replace(
        prospect,
        phone=newest.number if newest else None,
        phone_valid=newest is not None and newest.valid,
        first_name=first_name or prospect.first_name,
        last_name=last_name or prospect.last_name,
    )


def numbers_of(stored: str) -> tuple[str, str, str]:
    """Return a stored number's calling code, its national digits and the prefix dialled before them at home.

    A number that is none of E.164 has digits only.
    """
    try:
        parsed = phonenumbers.parse(stored, None)
    except NumberParseException:
        return "", stored.lstrip("+"), ""
    national = phonenumbers.national_significant_number(parsed)
    at_home = _digits(phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))
    return str(parsed.country_code), national, at_home.removesuffix(national)
