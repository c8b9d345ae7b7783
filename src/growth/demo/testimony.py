"""What is known of a season without asking the service: the dialer's own log, and what people were made to say."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

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


def said_in(happened: Iterable[Happening]) -> Said:
    """Return what people said, in the order in which it happened."""
    listed: dict[str, datetime] = {}
    withdrawn: dict[str, datetime] = {}
    consented: defaultdict[str, list[datetime]] = defaultdict(list)
    asked: defaultdict[str, list[datetime]] = defaultdict(list)
    for one in happened:
        row = one.submission
        phone = parse_phone(row.phone, row.answers.country_code)
        if one.what is What.LISTED and phone:
            listed[phone.number.lstrip("+")] = one.at
        elif one.what is What.WITHDRAWS and consented[row.email]:
            withdrawn[row.email] = one.at
        elif one.what is What.ASKS:
            asked[row.email].append(row.requested_at or one.at)
            if row.consent:
                consented[row.email].append(one.at)
    return Said(listed, consented, asked, withdrawn)


def twice_at_the_dialer(contacts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield who was handed over twice for one slot, whatever ids we gave the calls."""
    handed = Counter((it["customFields"].get("run_id"), it["customFields"].get("lead_id")) for it in contacts)
    for (run, lead), times in handed.items():
        if times > 1:
            yield f"lead {lead} is at the dialer {times} times for run {run}"
