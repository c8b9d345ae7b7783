"""What the database breaks off for its own reasons is done again, as a whole."""

import asyncio
import functools
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from sqlalchemy.exc import DBAPIError

_MOST_TRIES = 5
_SERIALIZATION, _DEADLOCK, _UNIQUE, _REFERENCE = "40001", "40P01", "23505", "23503"
# Two transactions write the same: the one that comes second sees what the other wrote when it runs again.
_WRITTEN_BY_ANOTHER = (
    "uq_call_open_of_lead",  # a call planned for a lead
    "uq_prospect_event_caller_message_id",  # an event told twice
)
# Somebody was erased while something of hers was being written: now she is unknown.
_ERASED_MEANWHILE = ("_prospect_id_prospect", "_lead_id_lead")

UseCaseT = TypeVar("UseCaseT")


def retried(use_case: type[UseCaseT]) -> type[UseCaseT]:
    """Return the use case's class with a call that runs again, up to five times, when it was broken off."""
    call = cast("Callable[..., Awaitable[Any]]", use_case.__call__)

    @functools.wraps(call)
    async def again(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the use case has them
        for left in reversed(range(_MOST_TRIES)):
            try:
                return await call(*args, **kwargs)
            except DBAPIError as error:
                if not left or not _broken_off(error):
                    raise
                await asyncio.sleep(random.uniform(0, 0.05))  # noqa: S311 - jitter
        raise AssertionError("unreachable")

    return cast("type[UseCaseT]", type(use_case.__name__, (use_case,), {"__call__": again, "__slots__": ()}))


def _broken_off(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    names = {_UNIQUE: _WRITTEN_BY_ANOTHER, _REFERENCE: _ERASED_MEANWHILE}.get(state or "", ())
    return state in {_SERIALIZATION, _DEADLOCK} or any(name in str(error.orig) for name in names)
