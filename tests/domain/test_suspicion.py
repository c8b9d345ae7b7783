from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from growth.domain.kernel.person import Email, parse_email
from growth.domain.referrals.business_rules.suspicion import is_disposable, mailbox, suspicions
from growth.domain.referrals.entities.suspicion import Likeness, Suspicion

GMAIL = ("gmail.com", "googlemail.com")
ELSEWHERE = ("example.org", "mail.example.co.uk", "notgmail.com", "gmail.com.example.org", "gmail.fr")
IDN = (("ex\u00e4mple.org", "EXA\u0308MPLE.org", "xn--exmple-cua.org"), ("stra\u00dfe.de", "xn--strae-oqa.de"))
DISPOSABLE = frozenset({"mailinator.com", "b.example"})
A_DAY = 5

words = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-\u00e9", min_size=1, max_size=12)
tags = st.none() | st.text("abcdefgh123.+-_", max_size=8).filter(lambda it: ".." not in it and it.strip(".") == it)


def a_likeness(**changes):
    likeness = Likeness(
        referred_emails=(Email("bob@example.org"),),
        referring_emails=(Email("ada@example.org"),),
        shares_phone=False,
        shares_instrument=False,
        referred_that_day=1,
    )
    return replace(likeness, **changes)


def held_for(referred, referring):
    likeness = a_likeness(referred_emails=(referred,), referring_emails=(referring,))
    return suspicions(likeness, frozenset(), A_DAY)


@st.composite
def in_any_case(draw, text):
    return "".join(draw(st.sampled_from((it.lower(), it.upper()))) if it.isascii() else it for it in text)


@st.composite
def dotted(draw, word):
    return word[0] + "".join(draw(st.sampled_from(("", "."))) + it for it in word[1:])


@st.composite
def spelling(draw, word, domains, *, dots):
    """One of the ways to write the mailbox `word` at a provider that these domains all name."""
    local = draw(dotted(word)) if dots else word
    tag = draw(tags)
    address = f"{local}{'' if tag is None else '+' + tag}@{draw(st.sampled_from(domains))}"
    return draw(in_any_case(address))


@st.composite
def two_spellings(draw):
    word = draw(words)
    domains = draw(st.sampled_from((GMAIL, *IDN, *((domain,) for domain in ELSEWHERE))))
    one, other = (draw(spelling(word, domains, dots=domains == GMAIL)) for _ in range(2))
    return one, other


@given(two_spellings(), st.booleans())
def test_every_spelling_of_one_mailbox_is_held(pair, stored_as_parsed):
    one, other = map(parse_email, pair) if stored_as_parsed else map(Email, pair)
    assert mailbox(one) == mailbox(other)
    assert held_for(one, other) == held_for(other, one) == (Suspicion.SAME_EMAIL,)


@given(two_spellings())
def test_a_mailbox_is_its_own_mailbox(pair):
    folded = mailbox(Email(pair[0]))
    assert mailbox(Email(folded)) == folded


@given(st.data(), words, words, st.sampled_from((GMAIL, *IDN)))
def test_two_people_at_one_provider_are_not_held(data, one, other, domains):
    assume(one != other)
    spelled = [data.draw(spelling(word, domains, dots=domains == GMAIL)) for word in (one, other)]
    assert held_for(*map(Email, spelled)) == ()


@given(st.data(), words.filter(lambda word: len(word) > 1), st.sampled_from(ELSEWHERE))
def test_dots_tell_two_people_apart_elsewhere(data, word, domain):
    other = data.draw(dotted(word))
    assume(other != word)
    assert held_for(Email(f"{word}@{domain}"), Email(f"{other}@{domain}")) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("ada@example.org", "ada-home@example.org", id="a minus begins no tag"),
        pytest.param("ada@gmail.com", "ada-home@gmail.com", id="not at Gmail either"),
        pytest.param("ada@gmail.com", "ada_@gmail.com", id="an underscore is no dot"),
        pytest.param("ada@gmail.com", "ada@gmail.fr", id="one name at two providers"),
        pytest.param("ada@gmail.com", "ada@mail.gmail.com", id="a domain below Gmail is another"),
        pytest.param("ada@gmail.com", "ada@notgmail.com", id="a domain that ends like it too"),
        pytest.param("ada@stra\u00dfe.de", "ada@strasse.de", id="an eszett is not ss"),
        pytest.param("ada@example.org", "\u0430da@example.org", id="a Cyrillic a is another letter"),
        pytest.param("ada@example.org", "aada@example.org", id="one letter more"),
        pytest.param("+home@example.org", "+work@example.org", id="a plus in front begins no tag"),
    ],
)
def test_look_alikes_are_never_held(one, other):
    assert held_for(Email(one), Email(other)) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(" Ada@Example.org\n", "ada@example.org", id="blanks and capitals"),
        pytest.param("ada@example.org. ", "ada@example.org", id="a root dot"),
        pytest.param("a..da+x@GoogleMail.com", "ada@gmail.com", id="not even an address: folded all the same"),
        pytest.param("Nobody", "nobody", id="no address at all"),
    ],
)
def test_older_rows_are_folded_too(one, other):
    assert mailbox(Email(one)) == mailbox(Email(other))


def test_any_of_the_addresses_counts():
    likeness = a_likeness(
        referred_emails=(Email("bob@example.org"), Email("ada+2@corp.example")),
        referring_emails=(Email("ada@example.org"), Email("ada@corp.example")),
    )
    assert suspicions(likeness, DISPOSABLE, A_DAY) == (Suspicion.SAME_EMAIL,)


@pytest.mark.parametrize(
    ("email", "disposable"),
    [
        ("x@mailinator.com", True),
        ("x@MAILINATOR.COM", True),
        ("x+y@a.b.mailinator.com", True),
        ("x@a.b.example", True),
        ("x@example", False),
        ("x@notmailinator.com", False),
        ("x@mailinator.com.example.org", False),
        ("mailinator.com@example.org", False),
    ],
)
def test_a_disposable_address_is_one_at_a_listed_domain_or_below(email, disposable):
    assert is_disposable(Email(email), DISPOSABLE) is disposable


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ()),
        ({"referring_emails": (Email("bob+1@example.org"),)}, (Suspicion.SAME_EMAIL,)),
        ({"shares_phone": True}, (Suspicion.SAME_PHONE,)),
        ({"shares_instrument": True}, (Suspicion.SAME_PAYMENT_INSTRUMENT,)),
        ({"referred_emails": (Email("b@example.org"), Email("b@mailinator.com"))}, (Suspicion.DISPOSABLE_ADDRESS,)),
        ({"referring_emails": (Email("ada@mailinator.com"),)}, ()),
        ({"referred_that_day": A_DAY}, ()),
        ({"referred_that_day": A_DAY + 1}, (Suspicion.BURST,)),
        ({"referring_emails": ()}, ()),
        ({"referred_emails": ()}, ()),
    ],
)
def test_each_reason_to_hold_a_reward(changes, found):
    assert suspicions(a_likeness(**changes), DISPOSABLE, A_DAY) == found


def test_without_the_list_every_reward_is_held():
    assert suspicions(a_likeness(), None, A_DAY) == (Suspicion.DISPOSABLE_LIST_MISSING,)


def test_all_reasons_are_told():
    likeness = Likeness((Email("a@mailinator.com"),), (Email("A@mailinator.com"),), True, True, A_DAY + 1)
    everything = set(Suspicion) - {Suspicion.DISPOSABLE_LIST_MISSING}
    assert set(suspicions(likeness, DISPOSABLE, A_DAY)) == everything
