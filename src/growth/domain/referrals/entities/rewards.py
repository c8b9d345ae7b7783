"""What a referring user is owed for a contract: whole euros, by country and kind of contract."""

from dataclasses import dataclass
from datetime import date

from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType


@dataclass(frozen=True, slots=True)
class RewardAmount:
    """`amount`: whole euros, for contracts signed from `start_date` on, until a later row."""

    country_code: Country
    type: RewardType
    amount: int
    start_date: date


_SINCE, _EUROS = date(2016, 1, 1), 50
SEED = (
    RewardAmount(Country.FR, RewardType.FR_INDIVIDUAL, _EUROS, _SINCE),
    RewardAmount(Country.FR, RewardType.COMPANY, _EUROS, _SINCE),
    RewardAmount(Country.BE, RewardType.COMPANY, _EUROS, _SINCE),
    RewardAmount(Country.BE, RewardType.BE_SMC, _EUROS, _SINCE),
    RewardAmount(Country.ES, RewardType.COMPANY, _EUROS, _SINCE),
)  # what a new database begins with
