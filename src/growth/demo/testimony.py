"""What is known of a season without asking the service: the dialer's own log, and what people were made to say."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from growth.adapters.sandbox.dialer_settings import Callback, Outcome
from growth.demo.happenings import Happening, What
from growth.demo.law import Attempt, Said
from growth.domain.kernel.person import parse_phone


def attempts_of(log: Iterable[Mapping[str, Any]]) -> list[Attempt]:
    """Return every attempt that the dialer made."""
    return [
        Attempt(
            at=datetime.fromisoformat(entry["at"]),
            phone=entry["custom_fields"]["Telephone_1"],
            email=entry["custom_fields"]["Email"],
            postal_code=entry["custom_fields"]["Postal_Code"],
            refused=entry["outcome"] == "nonargued",
        )
        for entry in log
        if entry["kind"] == "call"
    ]


def said_in(
    happened: Iterable[Happening],
    log: Iterable[Mapping[str, Any]],
    outcomes: Mapping[str, Outcome | Callback],
) -> Said:
    """Return what people said: to us, in the order in which it happened, and on the telephone."""
    listed: dict[str, datetime] = {}
    withdrawn: dict[str, datetime] = {}
    consented: defaultdict[str, list[datetime]] = defaultdict(list)
    asked: defaultdict[str, list[datetime]] = defaultdict(list)
    agreed: defaultdict[str, list[datetime]] = defaultdict(list)
    for one in happened:
        row = one.submission
        phone = parse_phone(row.phone, row.answers.country_code)
        if one.what is What.LISTED and phone:
            listed[phone.number.lstrip("+")] = one.at
        elif one.what is What.WITHDRAWS and consented[row.email]:
            withdrawn[row.email] = one.at
        elif one.what is What.ASKS:
            asked[row.email].append(row.requested_at or one.at)
            agreed[row.email] += [row.answers.callback_at] if row.answers.callback_at else []
            if row.consent:
                consented[row.email].append(one.at)
    for email, at in _called_back(log, outcomes):
        agreed[email].append(at)
    return Said(listed, consented, asked, withdrawn, agreed)


def _called_back(
    log: Iterable[Mapping[str, Any]], outcomes: Mapping[str, Outcome | Callback]
) -> Iterator[tuple[str, datetime]]:
    """Yield who agreed to which time when she was called: the one that was made up, else a day later."""
    for entry in log:
        if entry["kind"] == "call" and entry["outcome"] == Outcome.TO_CALL:
            email, ended = entry["custom_fields"]["Email"], datetime.fromisoformat(entry["ended_at"])
            wish = outcomes.get(email)
            told = wish.retry_at if isinstance(wish, Callback) else ended
            yield email, told if told > ended else ended + timedelta(days=1)


def twice_at_the_dialer(contacts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield who was handed over twice for one slot, whatever ids we gave the calls."""
    handed = Counter((it["customFields"].get("run_id"), it["customFields"].get("lead_id")) for it in contacts)
    for (run, lead), times in handed.items():
        if times > 1:
            yield f"lead {lead} is at the dialer {times} times for run {run}"
