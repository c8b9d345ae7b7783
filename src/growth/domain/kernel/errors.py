"""The four kinds of refusal. Each error is a fact of the business with one stable code; only the api knows HTTP."""

from dataclasses import dataclass
from typing import ClassVar


class GrowthError(Exception):
    """A refusal that a caller can act on. `str(error)` tells a person what to do next, without personal data."""

    code: ClassVar[str]

    @classmethod
    def title(cls) -> str:
        """Return the first sentence of the error's docstring: what happened, in general."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]


class NotFound(GrowthError):
    """There is no such thing."""

    code = "not-found"


class Conflict(GrowthError):
    """The present state does not allow this."""

    code = "conflict"


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong place in what the caller sent: a JSON pointer or key, a stable code, and what to do."""

    pointer: str
    code: str
    message: str


class Invalid(GrowthError):
    """What was sent cannot be used."""

    code = "invalid"

    def __init__(self, message: str, *faults: Fault) -> None:
        super().__init__(message)
        self.faults = faults


class Forbidden(GrowthError):
    """The caller may not do this."""

    code = "forbidden"
