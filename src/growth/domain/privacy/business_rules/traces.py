"""How somebody's addresses and numbers may be written in texts that others have sent: as one regular expression.

It is read alike by PostgreSQL and Python, without regard to case. Characters may be plain, escaped as in JSON, also in
JSON within JSON, URL-encoded once or more often, or, as `encode(…, 'escape')` has them, bytes in octal.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from growth.domain.kernel.country import Country
from growth.domain.kernel.person import numbers_of, parse_phone
from growth.domain.privacy.entities import Traces

# Behind one of these another address does not end: the hexadecimal digits of an escape are none of its letters.
_BEFORE_EMAIL: Final = r"(?:^|[^\w.+'-]|%(?:25)*[0-9a-f]{2}|\\u[0-9a-f]{4}|\\[bfnrt])"
_BEHIND_EMAIL: Final = r"(?![\w-]|\.\w)"
_BEFORE_PHONE: Final = (
    r"(?:^|[^0-9a-z]|%(?:25)*(?:2[0-9bcf]|3[acd]|[89ab][0-9a-f])|\\u[0-9a-f]{4}|\\2[0-7]{2}|\\[bfnrt])"
)
_BEHIND_PHONE: Final = r"(?![0-9a-z])"
_PLUS: Final = r"(?:\+|%(?:25)*2b|00|\\+u002b)?"
# Blanks, points, brackets, slashes, and what typography has for blanks and dashes; of escaped ones every byte beyond
# ASCII. Any number of them: a bound would cost the database a multiple of the time.
_BETWEEN: Final = (
    "(?:[ .()/\u00a0\u2000-\u200b\u2010-\u2015\u202f\u2212-]"
    r"|\\+u(?:00a0|20[0-2][0-9a-f]|2212)|%(?:25)*(?:20|c2|e2|[89a][0-9a-f])|\\[23][0-7]{2})*"
)
_IDNA: Final = "xn--"
_NUMBER: Final = re.compile(rf"\+?{_BETWEEN}(?:[0-9]{_BETWEEN}){{8,20}}")
_MOST_NUMBERS: Final = 5


def pattern_of(traces: Traces) -> str:
    """Return the expression that finds any of them. It matches nothing else: `diana@…` does not hold `ana@…`."""
    emails = sorted({form for email in traces.emails for form in _spellings(email)})
    parts = [_BEFORE_EMAIL + "".join(map(_character, email)) + _BEHIND_EMAIL for email in emails]
    phones = sorted({form for phone in traces.phones for form in (phone, *_valid_forms(phone))})
    parts += [_BEFORE_PHONE + _digits(phone) + _BEHIND_PHONE for phone in phones]
    return "|".join(f"(?:{part})" for part in parts)


def forms_of(phone: str) -> frozenset[str]:
    """Return all forms in which people's rows may have the number: whose country we know has it as E.164."""
    calling_code, national, trunk = numbers_of(phone)
    abroad = calling_code + national
    return frozenset({phone, abroad, f"+{abroad}", f"00{abroad}", trunk + national} | _valid_forms(phone))


def numbers_told(documents: Iterable[object], country: Country | None, known: Collection[str]) -> tuple[str, ...]:
    """Return the valid numbers that stand in documents as a whole text, in E.164, without those that are known.

    Numbers within a text may be of anybody, and more than a person has are not hers.
    """
    phones = (parse_phone(text, country) for text in _texts(list(documents)) if _NUMBER.fullmatch(text))
    found = {it.number for it in phones if it and it.valid} - set(known)
    return tuple(sorted(found)) if len(found) <= _MOST_NUMBERS else ()


def _valid_forms(phone: str) -> set[str]:
    """Return the numbers that it is when dialled in one of our countries."""
    dialled = (parse_phone(phone, country) for country in Country)
    return {it.number for it in dialled if it and it.valid}


def _texts(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping):
        yield from _texts(list(document.values()))
    elif isinstance(document, list):
        for part in document:
            yield from _texts(part)


def _spellings(email: str) -> set[str]:
    """Return the address as it is stored, and with its domain in its own letters."""
    local, _, domain = email.rpartition("@")
    if _IDNA not in domain:
        return {email}
    try:
        return {email, f"{local}@{domain.encode().decode('idna')}"}
    except UnicodeError:
        return {email}


def _character(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    encoded = character.encode()
    escaped = "".join(rf"\\+u{unit:04x}" for unit in _utf_16(character))
    url = "".join(rf"%(?:25)*{byte:02x}" for byte in encoded)
    forms = [re.escape(character), escaped, url]
    if not character.isascii():
        forms.append("".join(rf"\\{byte:03o}" for byte in encoded))
    return f"(?:{'|'.join(forms)})"


def _utf_16(character: str) -> list[int]:
    """Return the character in units of UTF-16, as JSON's escapes have it."""
    encoded = character.encode("utf-16-be")
    return [int.from_bytes(encoded[at : at + 2]) for at in range(0, len(encoded), 2)]


def _digits(phone: str) -> str:
    """Return how a number may be written: international, or as it is dialled within its country.

    What is none of E.164 is found in one piece only: with dashes between them, eight digits are a date.
    """
    calling_code, national, trunk = numbers_of(phone)
    if not calling_code:
        return f"{_PLUS}{national}"
    own = _BETWEEN.join(national)
    home = f"{_BETWEEN.join(trunk)}{_BETWEEN}" if trunk else ""
    abroad = f"{_PLUS}{_BETWEEN}{_BETWEEN.join(calling_code)}{_BETWEEN}(?:{home})?"
    return f"(?:{abroad}|{home}){own}"
