"""Marketing parameters: the one lenient input. Too long is cut, what is unknown or of a wrong type is dropped."""

from collections.abc import Mapping

_NO_TEXTS = dict.fromkeys(
    (
        "partner_code",
        "referring_user_token",
        "referring_partner",
        "cookie_status",
        "version",
        "landing_referrer_url",
        "landing_page_url",
        "device_type",
    ),
    "",
)
_URLS = frozenset({"landing_referrer_url", "landing_page_url"})
_UTMS = ("source", "medium", "campaign", "term", "content")
_CLIDS = ("gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "li_fat_id", "twclid")
_FACEBOOK = ("fbp", "fbc")
_PAID_MEDIUM = frozenset({"cpc", "ppc", "paid", "paidsearch", "paid_search", "sem", "retargeting"})
_SEARCH_CLIDS = frozenset({"gclid", "gbraid", "wbraid", "msclkid"})
_MOST_UTMS = 50


def cleaned(raw: Mapping[str, object]) -> dict[str, object]:
    """Return what can be kept of a caller's marketing parameters: texts of at most 255 characters, URLs of 2,048."""
    kept: dict[str, object] = {
        "utms": _texts(raw.get("utms"), _UTMS),
        "clids": _texts(raw.get("clids"), _CLIDS),
        "facebook": _texts(raw.get("facebook"), _FACEBOOK),
        "all_utms": _all_utms(raw.get("all_utms")),
        **_NO_TEXTS,
    }
    for name in raw.keys() & _NO_TEXTS.keys():
        kept[name] = _text(raw[name], 2_048 if name in _URLS else 255)
    return kept


def came_by(parameters: Mapping[str, object] | None) -> str | None:
    """Return `referral` or `paid_search` when the parameters say so: the two ways that count for a lead's score."""
    if parameters is None:
        return None
    if parameters.get("referring_user_token") or parameters.get("referring_partner"):
        return "referral"
    utms, clids = parameters.get("utms"), parameters.get("clids")
    if isinstance(clids, Mapping) and any(clids.get(name) for name in _SEARCH_CLIDS):
        return "paid_search"
    medium = utms.get("medium") if isinstance(utms, Mapping) else None
    return "paid_search" if isinstance(medium, str) and medium.lower() in _PAID_MEDIUM else None


def _text(value: object, longest: int) -> str:
    return value[:longest] if isinstance(value, str) else ""


def _texts(value: object, names: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {name: text for name in names if (text := _text(value.get(name), 255))}


def _all_utms(value: object) -> list[dict[str, str]]:
    found = value if isinstance(value, list) else []
    return [kept for item in found[-_MOST_UTMS:] if (kept := _texts(item, _UTMS))]
