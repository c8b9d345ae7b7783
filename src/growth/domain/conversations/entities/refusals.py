"""What is refused of conversations."""

from growth.domain.kernel.errors import Conflict, NotFound


class NotInThisCountry(Conflict):
    """That country does not do this with its conversations."""

    code = "not-in-this-country"

    def __init__(self) -> None:
        super().__init__("Only France and Belgium have a workspace; only Belgium closes what a contract has settled.")


class UnknownPerson(NotFound):
    """There is no such prospect or user."""

    code = "unknown-person"

    def __init__(self) -> None:
        super().__init__("Look the id up at /v1/prospects?email=, or leave it out: then the conversation's own counts.")
