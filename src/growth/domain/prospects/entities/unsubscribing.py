"""Who reads our mails, and what a link in them says about that."""

from dataclasses import dataclass
from enum import StrEnum

from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId, UserId


class TargetType(StrEnum):
    """As what somebody gets mails: the two are unsubscribed each for itself."""

    USER = "user"
    PROSPECT = "prospect"


@dataclass(frozen=True, slots=True)
class MailLink:
    """The links in the mails to a prospect; those of earlier versions are revoked."""

    prospect_id: ProspectId
    version: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose link it is: a prospect's or a user's, so that one of the ids is None."""

    prospect_id: ProspectId | None
    user_id: UserId | None
    country_code: Country | None
