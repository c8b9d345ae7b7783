"""Everything that the main application tells."""

from growth.domain.accounts.use_cases.tell_contract import TellContract, TellInvoice
from growth.domain.accounts.use_cases.tell_employment import TellEmployment
from growth.domain.accounts.use_cases.tell_user import TellUser

__all__ = ["TellContract", "TellEmployment", "TellInvoice", "TellUser"]
