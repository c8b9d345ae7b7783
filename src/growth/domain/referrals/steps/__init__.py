"""What several use cases do inside their transaction."""

from growth.domain.referrals.steps.booking import Booking
from growth.domain.referrals.steps.contracting import Contracting
from growth.domain.referrals.steps.free_months import FreeMonths
from growth.domain.referrals.steps.hearing import Hearing
from growth.domain.referrals.steps.joining import Joining
from growth.domain.referrals.steps.matching import Matching
from growth.domain.referrals.steps.publishing import Publishing
from growth.domain.referrals.steps.replacing import Replacing
from growth.domain.referrals.steps.settling import Settling
from growth.domain.referrals.steps.undoing import Undoing
from growth.domain.referrals.steps.weighing import Weighing

__all__ = [
    "Booking",
    "Contracting",
    "FreeMonths",
    "Hearing",
    "Joining",
    "Matching",
    "Publishing",
    "Replacing",
    "Settling",
    "Undoing",
    "Weighing",
]
