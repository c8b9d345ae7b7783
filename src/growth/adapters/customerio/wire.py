"""What the Track API takes, and how much of it. Sizes are of UTF-8."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from growth.domain.kernel.messages import GiveUp, OutcomeUnknown
from growth.domain.prospects.ports.mailer import Recipient

LONGEST_NAME: Final = 150  # of an attribute
LONGEST_VALUE: Final = 1_000
MOST_ATTRIBUTES: Final = 300
LONGEST_EVENT_NAME: Final = 100
BIGGEST_EVENT: Final = 100_000
BIGGEST_OPERATION: Final = 32_000
BIGGEST_BATCH: Final = 500_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WORD = re.compile(r"[a-z_]{1,40}")
_AROUND = len(b'{"batch":[]}')

Operation = Mapping[str, object]


def path_of(whom: Recipient, *rest: str) -> str:
    """Return the path of a person; everything in her id or address is percent-encoded, as the vendor's SDK does."""
    return "/".join(("/api/v1/customers", quote(str(whom), safe=""), *rest))


def operation(action: str, whom: Recipient) -> Operation:
    """Return one operation of version 2, which wants to know by what somebody is named."""
    identifiers = {"id": str(whom)} if isinstance(whom, UUID) else {"email": whom}
    return {"type": "person", "identifiers": identifiers, "action": action}


def attributes(given: Mapping[str, object]) -> dict[str, object]:
    """Return what the vendor keeps of attributes: texts cut, what has no short form or name left out."""
    told = {name: _short(_plain(value)) for name, value in given.items() if len(name.encode()) <= LONGEST_NAME}
    kept = [(name, value) for name, value in told.items() if value is not None]
    return dict(kept[:MOST_ATTRIBUTES])


def event(name: str, given: Mapping[str, object], at: datetime, event_id: UUID | str) -> dict[str, object]:
    """Return an event with the ULID by which the vendor knows it again. Raises `GiveUp` for more than it takes."""
    data = {key: plain for key, value in given.items() if (plain := _plain(value)) is not None}
    if _size(data) > BIGGEST_EVENT:
        raise GiveUp(f"The data of an event are longer than {BIGGEST_EVENT} bytes: Customer.io takes no such event.")
    return {"name": _cut(name, LONGEST_EVENT_NAME), "data": data, "timestamp": _seconds(at), "id": ulid(at, event_id)}


def ulid(at: datetime, event_id: UUID | str) -> str:
    """Return the ULID of an event of ours: its time in milliseconds, and 80 bits of the digest of its id."""
    moment = (at - _EPOCH) // timedelta(milliseconds=1)
    number = moment << 80 | int.from_bytes(sha256(str(event_id).encode()).digest()[:10])
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def batches(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    """Part operations into requests of at most 500 kB. Raises `GiveUp` for one above 32 kB."""
    part: list[Operation] = []
    size = _AROUND
    for each in operations:
        own = _size(each) + 1
        if own > BIGGEST_OPERATION:
            raise GiveUp(f"An operation is longer than {BIGGEST_OPERATION} bytes: Customer.io takes no such operation.")
        if part and size + own > BIGGEST_BATCH:
            yield part
            part, size = [], _AROUND
        part.append(each)
        size += own
    if part:
        yield part


@dataclass(frozen=True, slots=True)
class Refusal:
    """An operation that a batch was accepted without. `reason`: the vendor's word for why, never its sentence."""

    operation: Operation
    reason: str


def refusals(answer: Any, sent: Sequence[Operation]) -> list[Refusal]:  # noqa: ANN401 - whatever came
    """Return what an answer 207 lists. Raises `OutcomeUnknown` when it lists nothing that was sent."""
    try:
        listed = {int(it["batch_index"]): str(it.get("reason")) for it in answer["errors"]}
    except (KeyError, TypeError, ValueError, AttributeError):
        listed = {}
    if not listed or not listed.keys() <= set(range(len(sent))):
        raise OutcomeUnknown("Customer.io accepted a part of a batch and does not say which.")
    return [Refusal(sent[index], reason if _WORD.fullmatch(reason) else "?") for index, reason in listed.items()]


def content(value: object) -> bytes:
    """Return the JSON of a request: its length is what the limits are about."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _size(value: object) -> int:
    return len(content(value))


def _short(value: object) -> object:
    if isinstance(value, str):
        return _cut(value, LONGEST_VALUE)
    return value if _size(value) <= LONGEST_VALUE else None


def _cut(text: str, most: int) -> str:
    """Cut to so many bytes, between characters."""
    return text.encode()[:most].decode(errors="ignore")


def _plain(value: object) -> object:
    """Return the value in JSON's kinds; the vendor's times are seconds since 1970."""
    match value:
        case datetime():
            return _seconds(value)
        case Mapping():
            return {str(key): _plain(it) for key, it in value.items()}
        case list() | tuple():
            return [_plain(it) for it in value]
        case None | bool() | int() | float():
            return value
        case _:
            return str(value)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
