"""What erasures need from outside: sealing, pseudonyms, and a dialer that forgets."""

from dataclasses import replace
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from tests.adapters.dialer_line import CAMPAIGN, a_batch, a_line, a_recipient

from growth.adapters.dialers import DialerErasure
from growth.adapters.encryption import AesGcmSealing
from growth.adapters.pseudonyms import HmacPseudonyms
from growth.domain.kernel.messages import TryLater
from growth.domain.privacy.entities import DialerTrace, Subject

CONTENT = b'{"emails": ["ana@example.org"]}'


def test_what_is_sealed_opens_with_its_key_and_the_secret_and_with_nothing_less():
    sealing = AesGcmSealing("s" * 16)
    sealed, again = sealing.seal(CONTENT), sealing.seal(CONTENT)
    assert sealing.open(sealed) == CONTENT
    assert b"ana" not in sealed.content
    assert sealed != again
    for wrong, how in (
        (replace(sealed, key=again.key), sealing),
        (replace(sealed, content=sealed.content[:-1] + bytes([sealed.content[-1] ^ 1])), sealing),
        (sealed, AesGcmSealing("t" * 16)),
    ):
        with pytest.raises(InvalidTag):
            how.open(wrong)


def test_a_pseudonym_is_of_one_text_one_purpose_and_one_secret():
    pseudonyms = HmacPseudonyms("s" * 16)
    mine = pseudonyms.of("email", "ana@example.org")
    assert pseudonyms.of("email", "ana@example.org") == mine
    others = {pseudonyms.of("phone", "ana@example.org"), pseudonyms.of("email", "eva@example.org")}
    others |= {HmacPseudonyms("t" * 16).of("email", "ana@example.org"), pseudonyms.of("emai", "lana@example.org")}
    assert mine not in others
    assert len(others) == 4


@pytest.fixture
async def line():
    async with a_line() as line:
        yield line


def forgotten(recipient):
    return Subject(None, (), (), (DialerTrace(CAMPAIGN, recipient.lead_id),))


async def test_the_dialer_deletes_the_contacts_of_a_lead_and_no_others(line):
    ana, eva = a_recipient(1), replace(a_recipient(2), phone=a_recipient(1).phone)
    await line.inject(a_batch(), [ana, eva])
    erasure = DialerErasure(line.adapter)
    await erasure.erase(forgotten(ana))
    await erasure.erase(forgotten(ana))
    left = [it["customFields"]["lead_id"] for it in await line.contacts() if not it.get("deletedAt")]
    assert left == [str(eva.lead_id)]


async def test_a_dialer_that_shows_everybody_deletes_nobody(line, monkeypatch):
    ana = a_recipient(1)
    await line.inject(a_batch(), [ana])

    async def everybody(_campaign, _query):
        yield {"contactId": 1, "customFields": {"lead_id": str(ana.lead_id)}}

    monkeypatch.setattr(line.adapter, "_search", everybody)
    with pytest.raises(TryLater, match="does not obey"):
        await DialerErasure(line.adapter).erase(forgotten(replace(ana, lead_id=uuid4())))
    monkeypatch.undo()
    assert len([it for it in await line.contacts() if not it.get("deletedAt")]) == 1
