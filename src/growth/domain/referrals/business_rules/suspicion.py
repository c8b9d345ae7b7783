"""Which rewards are held: two sides that look like one person, throw-away addresses, too many in a day."""

from contextlib import suppress

from growth.domain.kernel.person import BadEmail, Email, parse_email
from growth.domain.referrals.entities.suspicion import Likeness, Suspicion

_GMAIL = frozenset({"gmail.com", "googlemail.com"})


def suspicions(likeness: Likeness, disposable: frozenset[str] | None, referrals_per_day: int) -> tuple[Suspicion, ...]:
    """Return every reason to hold the reward, none where it can be given.

    `disposable`: the domains of throw-away addresses, None where the list is missing; that holds every reward.
    """
    domains = disposable or frozenset()
    found = {
        Suspicion.SAME_EMAIL: _share_mailbox(likeness),
        Suspicion.SAME_PHONE: likeness.shares_phone,
        Suspicion.SAME_PAYMENT_INSTRUMENT: likeness.shares_instrument,
        Suspicion.DISPOSABLE_ADDRESS: any(is_disposable(email, domains) for email in likeness.referred_emails),
        Suspicion.DISPOSABLE_LIST_MISSING: disposable is None,
        Suspicion.BURST: likeness.referred_that_day > referrals_per_day,
    }
    return tuple(suspicion for suspicion, holds in found.items() if holds)


def mailbox(email: Email) -> str:
    """Return one text for all addresses that reach the same mailbox.

    A tag after a plus goes everywhere; dots go at Gmail, whose two domains are one. Addresses that were stored before
    they were normalised are normalised here; one that is no address is only lowercased.
    """
    local, domain = _parts(email)
    local = local[:1] + local[1:].partition("+")[0]  # a plus in front begins no tag
    if domain in _GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def is_disposable(email: Email, domains: frozenset[str]) -> bool:
    """Tell whether the address's domain, or a domain above it, is among these."""
    labels = _parts(email)[1].split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


def _share_mailbox(likeness: Likeness) -> bool:
    referring = {mailbox(email) for email in likeness.referring_emails}
    return any(mailbox(email) in referring for email in likeness.referred_emails)


def _parts(email: Email) -> tuple[str, str]:
    text = email.strip().lower().rstrip(".")
    with suppress(BadEmail):
        text = parse_email(text)
    local, _, domain = text.rpartition("@")
    return local, domain
