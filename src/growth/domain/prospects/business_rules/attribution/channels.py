"""From what an event tells of a visit to its channel. Whatever stands in the parameters, there is one."""

import re
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlsplit

from growth.domain.prospects.business_rules.attribution.channel_rules import CHANNEL_RULES
from growth.domain.prospects.entities.attribution import Arrival, Channel, ChannelRule, SourceKind, TrafficSources

LONGEST = 255
_LONGEST_URL = 2_048
_LONGEST_HOST = 253
_UNSAID = frozenset({"", "(not set)", "(none)", "(not provided)", "null", "undefined"})
_SCHEMES = frozenset({"http", "https", "android-app", "ios-app"})
_PACKAGES = frozenset({"com", "org", "net"})
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?")
# The last parts of a country's or a general domain, like fr, com, co.uk, com.br.
_DOMAIN = re.compile(r"(?:(?:com?|org|net)\.[a-z]{2}|[a-z]{2,3})")


def channel_of(arrival: Arrival, rules: Sequence[ChannelRule] = CHANNEL_RULES) -> Channel:
    return next((rule.channel for rule in rules if _holds(rule, arrival)), Channel.UNASSIGNED)


def _holds(rule: ChannelRule, arrival: Arrival) -> bool:
    for field, wanted in rule.conditions.items():
        said = getattr(arrival, field)
        if bool(said) is (wanted is None) or (wanted and not any(map(wanted.fullmatch, said))):
            return False
    return True


def arrival_of(
    parameters: Mapping[str, object], sources: TrafficSources, own_hosts: Collection[str], referrer: str | None = None
) -> Arrival:
    """Return what marketing parameters say. `own_hosts`: who comes from there, or from below, was here already.

    `referrer`: what the page view tells, for parameters without one.
    """
    utms, clicks = _mapping(parameters.get("utms")), _mapping(parameters.get("clids"))
    source = _said(utms.get("source"))
    came_from = _foreign_host(parameters, referrer, own_hosts)
    kind = kind_of(source[0], sources) if source else kind_of(came_from, sources)
    return Arrival(
        source=source,
        medium=_said(utms.get("medium")),
        campaign=_said(utms.get("campaign")),
        click=tuple(name for name, value in clicks.items() if _said(value)),
        kind=(kind,) if kind else (),
        referrer=(came_from,) if came_from else (),
        user=_said(parameters.get("referring_user_token")),
        partner=_said(parameters.get("referring_partner")) or _said(parameters.get("partner_code")),
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _said(value: object) -> tuple[str, ...]:
    text = value[:LONGEST].strip().lower() if isinstance(value, str) else ""
    return () if text in _UNSAID else (text,)


def _foreign_host(parameters: Mapping[str, object], referrer: str | None, own_hosts: Collection[str]) -> str:
    host = host_of(parameters.get("landing_referrer_url")) or host_of(referrer)
    own = {*own_hosts, host_of(parameters.get("landing_page_url"))} - {""}
    return "" if any(host == it or host.endswith(f".{it}") for it in own) else host


def host_of(url: object) -> str:
    """Return the host of a URL without `www.`, an app's package for android-app:// and ios-app://, else ""."""
    if not isinstance(url, str):
        return ""
    text = url[:_LONGEST_URL].strip().lower()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host = parts.hostname or ""
    except ValueError:
        return ""
    known = parts.scheme in _SCHEMES and ("." in host or "://" in text)
    if not known or len(host) > _LONGEST_HOST or not _HOST.fullmatch(host):
        return ""
    return host.rstrip(".").removeprefix("www.")


def kind_of(name: str, sources: TrafficSources) -> SourceKind | None:
    """Return what kind of site a source is, be it a name (`google`), a host (`fr.linkedin.com`), a URL or an app."""
    kinds = sources.kinds
    if name in kinds:
        return kinds[name]
    labels = host_of(name).split(".")
    if labels[0] in _PACKAGES:  # an app's package is a host turned round
        labels.reverse()
    for start in range(len(labels) - 1):
        if kind := kinds.get(".".join(labels[start:])):
            return kind
    for end in range(1, len(labels)):
        if _DOMAIN.fullmatch(".".join(labels[end:])):
            return kinds.get(".".join([*labels[:end], "*"]))
    return None
