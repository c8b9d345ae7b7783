"""People as an event meets them, and what registering one tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Conflict, NotFound
from growth.domain.kernel.ids import UserId
from growth.domain.kernel.person import Email, Prospect


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom an event is about, and what its rule has to know. `compare`: the newest marketing parameters too."""

    email: Email
    caller: str
    message_id: str | None
    compare: bool


@dataclass(frozen=True, slots=True)
class Met:
    """Who has the address. `told`: this event was told before; `parameters`: the newest ones, where asked for."""

    prospect: Prospect | None
    told: bool
    parameters: Mapping[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What is told of a person; None: nothing is told of it."""

    email: Email
    phone: str | None = None  # as it was typed
    secondary_emails: Sequence[Email] = ()
    company_id: str | None = None
    user_id: UserId | None = None
    country_code: Country | None = None
    attribution_survey_response: Mapping[str, str] | None = None
    self_serve_flow_id: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A prospect with all addresses."""

    prospect: Prospect
    secondary_emails: tuple[Email, ...]


class UnknownProspect(NotFound):
    """There is no such prospect."""

    code = "unknown-prospect"

    def __init__(self) -> None:
        super().__init__("Check the id or the address: nobody is known by it.")


class UnknownFlow(NotFound):
    """There is no such self-serve flow."""

    code = "unknown-flow"

    def __init__(self) -> None:
        super().__init__("Tell of the flow first: PUT /v1/self-serve-flows/{id}.")


class AddressTaken(Conflict):
    """One of the addresses is another person's."""

    code = "address-taken"

    def __init__(self) -> None:
        super().__init__("An address belongs to one person: take it from the other one first. Nothing was changed.")
