"""The page behind the link in a mail: only its button, or a mail program's one click, changes anything."""

import base64
import hashlib
import re
from io import StringIO

import pytest
from tests.api.conftest import SERVICE
from tests.api.test_unsubscribing import USER_TOKEN, Mailing
from tests.domain.makers import number

from growth.api.request_log import configure_logging
from growth.api.unsubscribe_pages import language_for
from growth.domain.kernel.country import Country
from growth.domain.prospects.entities.unsubscribing import MailLink
from growth.domain.prospects.ports.tokens import UnsubscribeTokens

LOOKS = 150  # of each method at each link; `make torture` is for more
ONE_CLICK = {
    "application/x-www-form-urlencoded": b"List-Unsubscribe=One-Click",
    "multipart/form-data; boundary=cut": b"--cut\r\nContent-Disposition: form-data; "
    b'name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--cut--\r\n',
}


@pytest.fixture
async def mailing(service):
    return Mailing(service)


@pytest.fixture
async def prospect(mailing):
    """The path of a prospect's link."""
    return f"/unsubscribe/{(await mailing.prospect())[1]}"


@pytest.fixture
async def user(mailing):
    """The path of a user's link."""
    await mailing.user("ana", country_code="ES")
    return f"/unsubscribe/{USER_TOKEN}"


async def test_looking_at_links_changes_nothing(mailing, prospect, user):
    before = await mailing.world.contents()
    client = mailing.service.client
    for turn in range(LOOKS):
        for path in (prospect, user, prospect[:-1], f"{user}x"):
            method = ("GET", "HEAD")[turn % 2]
            answer = await client.request(method, path, params={"utm_source": turn, "List-Unsubscribe": "One-Click"})
            assert answer.status_code in {200, 404}
    assert await mailing.world.contents() == before


@pytest.mark.parametrize("kind", ONE_CLICK)
async def test_one_click_of_a_mail_program_unsubscribes_without_cookies_and_repeats(mailing, prospect, user, kind):
    for path in (prospect, user):
        answers = [
            await mailing.service.client.post(path, content=ONE_CLICK[kind], headers={"Content-Type": kind})
            for _ in range(3)
        ]
        assert [it.status_code for it in answers] == [200] * 3
        assert {it.content for it in answers} == {answers[0].content}
        assert "set-cookie" not in answers[0].headers
    assert await mailing.opted_out() == {"p1@example.org", "ana@example.org"}
    assert [kind for kind, _ in await mailing.told()] == ["customerio.person", "customerio.user"]


async def test_the_button_posts_an_empty_form(mailing, prospect):
    asked = await mailing.service.client.get(prospect)
    assert re.findall(r"<form[^>]*>", asked.text) == ['<form method="post">']
    assert len(re.findall("<button", asked.text)) == 1
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "null"}
    done = await mailing.service.client.post(prospect, content=b"", headers=headers)
    assert (done.status_code, "<form" in done.text) == (200, False)
    assert await mailing.opted_out() == {"p1@example.org"}


async def test_a_body_that_is_too_long_is_refused(mailing, prospect):
    answer = await mailing.service.client.post(prospect, content=b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413
    assert await mailing.opted_out() == set()


async def test_links_that_are_wrong_are_all_alike(mailing, prospect):
    other, _ = await mailing.prospect(2)
    tokens = await mailing.world.get(UnsubscribeTokens)
    erased = tokens.of(MailLink(number(7), 1))
    revoked, token = tokens.of(MailLink(other, 2)), prospect.rpartition("/")[2]
    wrong = [erased, revoked, token[:-1], token[:20], f"{token}A", token.swapcase(), "x", "p1@example.org", "é", "<b>"]
    for method in ("GET", "POST"):
        answers = [await mailing.service.client.request(method, f"/unsubscribe/{it}") for it in wrong]
        assert {it.status_code for it in answers} == {404}
        assert len({it.content for it in answers}) == 1
        assert len({str({**it.headers, "x-request-id": ""}) for it in answers}) == 1
        assert answers[0].headers["content-type"] == "text/html; charset=utf-8"
    assert await mailing.opted_out() == set()


async def test_the_page_is_for_people_and_for_nothing_else(mailing, prospect):
    answer = await mailing.service.client.get(prospect)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)[1]
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{hashed}'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert '<html lang="fr">' in answer.text
    assert not re.findall(r"<(?:script|img|link|iframe)|https?:|src=|href=|url\(", answer.text)
    for personal in (prospect.rpartition("/")[2], "p1@", "33 1 99"):
        assert personal not in answer.text


@pytest.mark.parametrize(
    ("country", "browser", "expected"),
    [
        pytest.param("FR", "en-GB", "fr", id="France: as our mails there"),
        pytest.param("ES", "", "es", id="Spain"),
        pytest.param("BE", "fr-BE, nl;q=0.8", "fr", id="Belgium: French for whoever reads that"),
        pytest.param("BE", "de, fr;q=0.1, nl;q=0.7", "nl", id="Belgium: Dutch for whoever likes it better"),
        pytest.param("BE", "en", "nl", id="Belgium: else Dutch"),
        pytest.param("BE", "nl;q=0, fr;q=oops", "nl", id="Belgium: not understood"),
        pytest.param(None, "", "en", id="unknown: English"),
        pytest.param(None, "de, es;q=0.9, fr;q=0.5", "es", id="unknown: as the browser says"),
        pytest.param(None, "zh" + ",x" * 5000, "en", id="unknown: another language"),
    ],
)
def test_the_language_is_that_of_our_mails_and_of_the_browser(country, browser, expected):
    assert language_for(country and Country(country), browser) == expected


@pytest.mark.parametrize(("country", "language"), [("FR", "fr"), ("BE", "nl"), ("ES", "es")])
async def test_all_pages_are_in_the_language_of_the_country(mailing, country, language):
    await mailing.user("ana", country_code=country)
    client, path = mailing.service.client, f"/unsubscribe/{USER_TOKEN}"
    for answer in (await client.get(path), await client.post(path)):
        assert f'<html lang="{language}">' in answer.text
        assert answer.headers["content-language"] == language


async def test_no_log_line_holds_a_token(mailing, prospect, user):
    log = StringIO()
    configure_logging(log)
    client = mailing.service.client
    for path in (prospect, user, prospect[:-1]):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
            await client.request(method, path)
    body = {"email": "p1@example.org", "token": USER_TOKEN, "target_type": "user"}
    await client.post("/v1/unsubscribes", json=body, headers=SERVICE)
    await mailing.world.execute("ALTER TABLE user_account RENAME TO away")
    assert [(await client.get(path)).status_code for path in (prospect, user)] == [500, 500]
    written = log.getvalue()
    assert written.count('"route":"/unsubscribe/{token}"') == 17
    assert "request failed" in written
    for token in (prospect.rpartition("/")[2], USER_TOKEN):
        assert token[:20] not in written
