"""Unsubscribe tokens: one for each prospect and version, and nothing else opens."""

import base64
import random
import re
import string
from uuid import UUID

import pytest
from tests.domain.makers import number

from growth.adapters.unsubscribe_tokens import HmacUnsubscribeTokens
from growth.domain.prospects.entities.unsubscribing import MailLink

SECRET = "a-secret-of-the-test"
TOKENS = HmacUnsubscribeTokens(SECRET, "https://growth.example")
LINK = MailLink(number(1), 1)
TOKEN = TOKENS.of(LINK)
LETTERS = string.ascii_letters + string.digits + "-_"
MUTANTS = 10_000


def test_a_token_says_whose_it_is():
    assert TOKENS.read(TOKEN) == LINK
    assert TOKENS.of(LINK) == TOKEN
    assert TOKENS.read(TOKENS.of(MailLink(number(2), 300))) == MailLink(number(2), 300)


def test_a_token_fits_into_an_address_as_it_is_and_hides_more_than_128_bits():
    assert re.fullmatch(r"[A-Za-z0-9_-]{48}", TOKEN)
    assert TOKENS.unsubscribe_url(TOKEN) == f"https://growth.example/unsubscribe/{TOKEN}"
    seal = base64.urlsafe_b64decode(TOKEN)[18:]
    assert len(seal) * 8 >= 128


def test_two_versions_two_people_and_two_secrets_share_no_token():
    links = [MailLink(number(person), version) for person in range(1, 20) for version in range(1, 20)]
    other = HmacUnsubscribeTokens("another-secret", "https://growth.example")
    assert len({tokens.of(link) for tokens in (TOKENS, other) for link in links}) == 2 * len(links)
    assert other.read(TOKEN) is None


def test_a_token_is_bound_to_its_purpose(monkeypatch):
    monkeypatch.setattr("growth.adapters.unsubscribe_tokens._PURPOSE", b"unsubscribe:other")
    elsewhere = TOKENS.of(LINK)
    monkeypatch.undo()
    assert elsewhere[:24] == TOKEN[:24]  # the same id and version
    assert TOKENS.read(elsewhere) is None


def mutated(chance):
    """Some other text: cut, longer, with letters changed, bits flipped, or with another id or version."""
    raw = base64.urlsafe_b64decode(TOKEN)
    place, kind = chance.randrange(48), chance.randrange(6)
    if kind == 0:
        return TOKEN[:place]
    if kind == 1:
        return TOKEN[:place] + chance.choice(LETTERS + "=+/ \n%é٣") + TOKEN[place:]
    if kind == 2:
        letter = chance.choice([it for it in LETTERS + "+/=.~ ٣" if it != TOKEN[place]])
        return TOKEN[:place] + letter + TOKEN[place + 1 :]
    if kind == 3:
        flipped = (int.from_bytes(raw) ^ (1 << chance.randrange(288))).to_bytes(36)
        return base64.urlsafe_b64encode(flipped).decode()
    if kind == 4:
        version = chance.choice([0, 2, 3, 65535]).to_bytes(2)
        return base64.urlsafe_b64encode(raw[:16] + version + raw[18:]).decode()
    return base64.urlsafe_b64encode(UUID(int=chance.getrandbits(128)).bytes + raw[16:]).decode()


def test_nothing_but_the_token_itself_is_let_in():
    chance = random.Random(20261121)
    mutants = [mutated(chance) for _ in range(MUTANTS)]
    assert TOKEN not in mutants
    assert [mutant for mutant in mutants if TOKENS.read(mutant) is not None] == []


@pytest.mark.parametrize("text", ["", "A" * 48, TOKEN + "=", TOKEN + "\n", f" {TOKEN}", TOKEN.lower(), "é" * 48])
def test_what_is_no_token_is_nobodys(text):
    assert TOKENS.read(text) is None
