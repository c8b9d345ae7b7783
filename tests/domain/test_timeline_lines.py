import pytest
from tests.domain.makers import MONDAY, number

from growth.domain.prospects.business_rules.timeline import line_of
from growth.domain.prospects.entities.timeline import Entry, EntryKind


@pytest.mark.parametrize(
    ("kind", "vendor", "line"),
    [
        ("customerio.person", "customerio", "Told Customer.io about the person"),
        ("customerio.event", "customerio", "Told Customer.io about a request"),
        ("customerio.unsuppress", "customerio", "Told Customer.io that the person is back"),
        ("erasure.vendor", "customerio", "Had customerio forget what was known before"),
        ("pigeon.letter", "pigeon", "Sent to pigeon: pigeon.letter"),
    ],
)
def test_a_message_is_told_in_words_or_by_its_kind(kind, vendor, line):
    told = {"vendor": vendor, "kind": kind}
    assert line_of(Entry(at=MONDAY, kind=EntryKind.MESSAGE, id=number(1), told=told)) == line
