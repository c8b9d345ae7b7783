"""Referral codes and links: how a code is read, where a link leads, which visits are people's."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from growth.domain.referrals.entities.codes import ReferralCode

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without 0 O 1 I L, which people mistake for each other
CODE_LENGTH = 8

_LONGEST_TYPED = 64
_MOST_PARAMETERS = 20
_LONGEST_VALUE = 255
_UTM = re.compile(r"utm_[a-z0-9_]{1,32}")
_CLICK_IDS = frozenset(
    {"gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "li_fat_id", "twclid"}
)  # those of marketing parameters
_ROBOT = re.compile(
    r"(?<!cu)bot(?![a-z])"  # Googlebot, Twitterbot …; a Cubot is a phone
    r"|crawl|spider|slurp|preview|headless|lighthouse|inspectiontool|mediapartners|apis-google|googleother"
    r"|facebookexternalhit|facebookcatalog|meta-external|whatsapp|slack-imgproxy|embedly|iframely|vkshare"
)


def parse_code(raw: str) -> ReferralCode | None:
    """Return the code that somebody typed: case, blanks and separators do not count. None where it is no code.

    Characters beyond ASCII are dropped before upper-casing, which would turn an eszett into SS, a long s into S.
    A text of more than 64 characters is no code.
    """
    if len(raw) > _LONGEST_TYPED:
        return None
    ascii_only = "".join(character for character in raw if character.isascii())
    code = "".join(character for character in ascii_only.upper() if character in ALPHABET)
    return ReferralCode(code) if len(code) == CODE_LENGTH else None


def visit_url(site: str, code: ReferralCode | None, query: Sequence[tuple[str, str]]) -> str:
    """Return where somebody who followed a link is sent: `{site}/?ref={code}`, without `ref` for no code.

    Of the visitor's query (decoded) only utm parameters and click ids are kept: the first of a name, at most 20, cut
    to 255 characters; they replace the site's own of that name. All else of the site's URL stays, but a `ref`.
    """
    parts = urlsplit(site)
    visitors = _marketing(query)
    own = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in visitors]
    pairs = [(name, value) for name, value in own if name != "ref"]
    pairs += [("ref", code)] if code else []
    pairs += visitors.items()
    path = parts.path or "/"
    if not parts.query and not path.endswith("/"):
        path += "/"
    # what no UTF-8 can say (half a surrogate pair) becomes a question mark
    return urlunsplit(parts._replace(path=path, query=urlencode(pairs, errors="replace")))


def is_robot(user_agent: str | None) -> bool:
    """Tell whether a link was opened by a crawler or a link preview, not by a person.

    Without a user agent it is a robot: every browser sends one, previews of some messengers do not. Command-line
    clients (curl) count as people, who try their link.
    """
    return not (user_agent or "").strip() or _ROBOT.search((user_agent or "").lower()) is not None


def _marketing(query: Sequence[tuple[str, str]]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in query:
        wanted = name in _CLICK_IDS or _UTM.fullmatch(name) is not None
        if wanted and value and len(kept) < _MOST_PARAMETERS:
            kept.setdefault(name, value[:_LONGEST_VALUE])
    return kept
