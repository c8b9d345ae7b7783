"""The fields of a lead as texts, and the submission they make. The limits are those of the HTTP interface."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID, uuid5

from growth.domain.campaigns.entities.leads import (
    Answers,
    LeadSource,
    PropertyType,
    SellTimeframe,
    Submission,
    SubmissionId,
)
from growth.domain.kernel import marketing
from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Fault, Invalid
from growth.domain.kernel.person import Email, parse_email
from growth.domain.kernel.places import parse_postal_code

REQUIRED = ("email", "country_code", "is_owner", "sell_timeframe", "property_type", "postal_code")
_UTMS = ("source", "medium", "campaign", "term", "content")
_CONSENT = ("wording_version", "evidence", "given_at", "expires_at")
FIELDS = (
    *REQUIRED,
    *("phone", "first_name", "last_name", "buys_first", "insee_code", "surface_m2", "estimated_price_eur"),
    *("address", "callback_at", "requested_at", "source"),
    *(f"utm_{name}" for name in _UTMS),
    *(f"consent_{name}" for name in _CONSENT),
)

_IMPORTED = UUID("018f2b1e-7c4f-7000-8000-696d706f7274")
_NO_ID = SubmissionId(UUID(int=0))
_EMAIL, _PHONE, _SHORT, _LONG, _POSTAL, _WORD = 320, 64, 200, 2_000, 20, 40
_YES, _NO = frozenset({"true", "yes", "1", "oui"}), frozenset({"false", "no", "0", "non"})
_INSEE = re.compile(r"\d{5}|2[AB]\d{3}", re.ASCII)
_WHOLE = re.compile(r"\d{1,12}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_YEARS = range(1900, 2200)
_SOURCES = tuple(source for source in LeadSource if source is not LeadSource.PUBSUB)

ChoiceT = TypeVar("ChoiceT", bound=StrEnum)


def submission_of(texts: Mapping[str, str]) -> tuple[Submission | None, tuple[Fault, ...]]:
    """Return the submission that the texts of a row make, or every fault with the field it is in.

    Its id comes from the content: the same row is the same submission, in whatever file and however often.
    """
    cells = _Cells(texts, [])
    for name in REQUIRED:
        if not texts.get(name, "").strip():
            cells.wrong(name, "missing", "Fill this in.")
    requested_at = cells.moment("requested_at")
    submission = Submission(
        id=_NO_ID,
        source=cells.one_of("source", _SOURCES) or LeadSource.IMPORT,
        email=cells.email(),
        phone=cells.text("phone", _PHONE, formulas="=-@"),
        first_name=cells.text("first_name"),
        last_name=cells.text("last_name"),
        answers=_answers(cells),
        marketing_parameters=_marketing(cells),
        consent=_consent(cells, requested_at),
        requested_at=requested_at,
    )
    if cells.faults:
        return None, tuple(cells.faults)
    canonical = json.dumps(asdict(submission), sort_keys=True, default=str)
    return replace(submission, id=SubmissionId(uuid5(_IMPORTED, canonical))), ()


def _answers(cells: "_Cells") -> Answers:
    country = cells.one_of("country_code", tuple(Country))
    insee_code = cells.text("insee_code", _POSTAL)
    if insee_code and not _INSEE.fullmatch(insee_code):
        cells.wrong("insee_code", "bad-insee-code", "Write five digits, like 69383, or 2A or 2B and three.")
    return Answers(
        country_code=country or Country.FR,
        is_owner=bool(cells.yes_or_no("is_owner")),
        sell_timeframe=cells.one_of("sell_timeframe", tuple(SellTimeframe)) or SellTimeframe.NONE,
        buys_first=bool(cells.yes_or_no("buys_first")),
        callback_at=cells.moment("callback_at"),
        property_type=cells.one_of("property_type", tuple(PropertyType)) or PropertyType.OTHER,
        address=cells.text("address", _LONG),
        postal_code=cells.postal_code(country),
        insee_code=insee_code,
        surface_m2=cells.whole("surface_m2", 1, 1_000_000),
        estimated_price_eur=cells.whole("estimated_price_eur", 0, 2_000_000_000),
    )


def _marketing(cells: "_Cells") -> dict[str, object] | None:
    found = {name: text for name in _UTMS if (text := cells.text(f"utm_{name}", _LONG))}
    return marketing.cleaned({"utms": found}) if found else None


def _consent(cells: "_Cells", requested_at: datetime | None) -> dict[str, object] | None:
    """Return the consent record. It was given with the request where nothing else is said: never now, by importing."""
    wording, evidence = cells.text("consent_wording_version"), cells.text("consent_evidence", _LONG)
    given_at, expires_at = cells.moment("consent_given_at"), cells.moment("consent_expires_at")
    if not any((wording, evidence, given_at, expires_at)):
        return None
    given_at = given_at or requested_at
    for name, value in (("wording_version", wording), ("evidence", evidence), ("given_at", given_at)):
        if value is None:
            message = "Fill this in: a consent needs its wording, evidence, and when it was given."
            cells.wrong(f"consent_{name}", "missing", message)
    return {
        "wording_version": wording,
        "evidence": {"import": evidence},
        "given_at": given_at.isoformat() if given_at else None,
        "expires_at": expires_at.isoformat() if expires_at else None,
    }


@dataclass(frozen=True, slots=True)
class _Cells:
    """The texts of one row. What is wrong goes to `faults`, and None is returned for it, as for an empty cell."""

    texts: Mapping[str, str]
    faults: list[Fault]

    def wrong(self, name: str, code: str, message: str) -> None:
        self.faults.append(Fault(name, code, message))

    def text(self, name: str, longest: int = _SHORT, formulas: str = "=+-@") -> str | None:
        """Return the text without blanks around it. A spreadsheet runs what begins with a `formulas` character."""
        text = self.texts.get(name, "").strip()
        if not text:
            return None
        if "\0" in text:
            self.wrong(name, "control-character", "Remove the NUL character, which no text may have.")
        elif len(text) > longest:
            self.wrong(name, "too-long", f"Shorten this to {longest:,} characters at most.")
        elif text.startswith(tuple(formulas)):
            self.wrong(name, "formula", f"Remove the {text[0]} at the beginning: it makes this a formula.")
        else:
            return text
        return None

    def email(self) -> Email:
        try:
            return parse_email(text) if (text := self.text("email", _EMAIL)) else Email("")
        except Invalid as error:
            self.wrong("email", error.code, str(error))
            return Email("")

    def postal_code(self, country: Country | None) -> str:
        text = self.text("postal_code", _POSTAL)
        try:
            return parse_postal_code(country, text) if country and text else ""
        except Invalid as error:
            self.wrong("postal_code", error.code, str(error))
            return ""

    def one_of(self, name: str, known: tuple[ChoiceT, ...]) -> ChoiceT | None:
        text = self.text(name, _WORD)
        found = next((each for each in known if each == text), None)
        if text and found is None:
            self.wrong(name, "unexpected-value", f"Write one of: {', '.join(known)}.")
        return found

    def yes_or_no(self, name: str) -> bool | None:
        text = (self.text(name, _WORD) or "").lower()
        if text and text not in _YES | _NO:
            self.wrong(name, "expected-yes-or-no", "Write true or false; yes, no, oui, non, 1 and 0 do too.")
        return text in _YES if text else None

    def whole(self, name: str, least: int, most: int) -> int | None:
        text = self.text(name, _WORD, formulas="=+@")
        if text is None or (_WHOLE.fullmatch(text) and least <= int(text) <= most):
            return int(text) if text else None
        self.wrong(name, "expected-whole-number", f"Write a whole number from {least} to {most}.")
        return None

    def moment(self, name: str) -> datetime | None:
        text = self.text(name, _WORD)
        if text is None:
            return None
        try:
            at = datetime.fromisoformat(text.upper()) if _MOMENT.fullmatch(text) else None
        except ValueError:
            at = None
        if at is None or at.year not in _YEARS:
            self.wrong(name, "expected-time", "Write a time with its zone, like 2026-11-21T09:30:00Z.")
            return None
        return at.astimezone(UTC)
