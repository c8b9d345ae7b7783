"""Everything that privacy asks for."""

from growth.domain.privacy.use_cases.erase_person import ErasePerson
from growth.domain.privacy.use_cases.forget_at_vendor import ForgetAtVendor
from growth.domain.privacy.use_cases.retain import CarryOutRetention, RequestRetention

__all__ = ["CarryOutRetention", "ErasePerson", "ForgetAtVendor", "RequestRetention"]
