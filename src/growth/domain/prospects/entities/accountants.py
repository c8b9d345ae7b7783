"""Accountants, who send their clients to us."""

from dataclasses import dataclass

from growth.domain.kernel.errors import NotFound
from growth.domain.kernel.person import Email


class UnknownAccountant(NotFound):
    """There is no accountant with this address."""

    code = "unknown-accountant"

    def __init__(self) -> None:
        super().__init__("No accountant has this address: check it, or have the contact and its firm set up.")


@dataclass(frozen=True, slots=True)
class Accountant:
    """`accounting_firm_partner_code`: under it the firm is a partner, of whose clients we know by it."""

    email: Email
    name: str
    accounting_firm_partner_code: str
    accounting_firm_name: str
