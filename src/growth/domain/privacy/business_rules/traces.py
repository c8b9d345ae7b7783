"""How somebody's addresses and numbers may be written in texts that others have sent: as one regular expression.

It is read alike by PostgreSQL and Python, without regard to case. Characters may be plain, escaped as in JSON, also in
JSON within JSON, URL-encoded once or more often, or, as `encode(…, 'escape')` has them, bytes in octal.
"""

import re
from typing import Final

from growth.domain.kernel.person import numbers_of
from growth.domain.privacy.entities import Traces

# Behind one of these another address does not end: the hexadecimal digits of an escape are none of its letters.
_BEFORE_EMAIL: Final = r"(?:^|[^\w.+'-]|%(?:25)*[0-9a-f]{2}|\\u[0-9a-f]{4}|\\[bfnrt])"
_BEHIND_EMAIL: Final = r"(?![\w-]|\.\w)"
_BEFORE_PHONE: Final = r"(?:^|[^0-9a-z]|%(?:25)*(?:2[0-9bcf]|3[acd])|\\u[0-9a-f]{4}|\\[bfnrt])"
_BEHIND_PHONE: Final = r"(?![0-9a-z])"
_PLUS: Final = r"(?:\+|%(?:25)*2b|00|\\+u002b)?"
_BETWEEN: Final = r"(?:[ .()/-]|%(?:25)*20){0,3}"
_IDNA: Final = "xn--"


def pattern_of(traces: Traces) -> str:
    """Return the expression that finds any of them. It matches nothing else: `diana@…` does not hold `ana@…`."""
    emails = sorted({form for email in traces.emails for form in _spellings(email)})
    parts = [_BEFORE_EMAIL + "".join(map(_character, email)) + _BEHIND_EMAIL for email in emails]
    parts += [_BEFORE_PHONE + _digits(phone) + _BEHIND_PHONE for phone in traces.phones]
    return "|".join(f"(?:{part})" for part in parts)


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
    """Return how a number may be written: international, or as it is dialled within its country."""
    calling_code, national, trunk = numbers_of(phone)
    own = _BETWEEN.join(national)
    if not calling_code:
        return f"{_PLUS}{own}"
    home = f"{_BETWEEN.join(trunk)}{_BETWEEN}" if trunk else ""
    abroad = f"{_PLUS}{_BETWEEN}{_BETWEEN.join(calling_code)}{_BETWEEN}(?:{home})?"
    return f"(?:{abroad}|{home}){own}"
