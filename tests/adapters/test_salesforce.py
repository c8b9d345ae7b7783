"""Salesforce's adapter against the sandbox, and the memory before it."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.adapters.sandbox_client import NINE
from tests.adapters.vendors_line import all_vendors

from growth.adapters.salesforce.accountants import RememberedAccountants, SalesforceAccountants
from growth.adapters.salesforce.queries import Credentials, SalesforceQueries, quoted
from growth.adapters.sandbox.salesforce import _found
from growth.adapters.vendor_http import Answer, VendorHttp
from growth.domain.kernel.messages import GiveUp, OutcomeUnknown, TryLater
from growth.domain.prospects.entities.accountants import Accountant

CLAIRE = "claire.durand@cabinet-durand.example"
ACCOUNTANT = Accountant(CLAIRE, "Claire Durand", "DURAND", "Cabinet Durand")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALL = "SELECT Email, Account.Name FROM Contact"


def a_contact(email=CLAIRE, name="Claire Durand", code="DURAND", firm="Cabinet Durand"):
    return {"Email": email, "Name": name, "Account": {"Name": firm, "Accounting_Firm_Partner_Code__c": code}}


@pytest.fixture
async def vendors():
    async with all_vendors() as vendors:
        yield vendors


@asynccontextmanager
async def queries_to(url, secret="sandbox"):
    http = VendorHttp(url, {})
    yield SalesforceQueries(http, Credentials("sandbox", secret))
    await http.close()


@pytest.fixture
async def queries(vendors):
    async with queries_to(f"{vendors.url}/salesforce") as queries:
        yield queries


async def paths(vendors):
    return [(it["method"], it["path"].rpartition("/")[2].partition("-")[0]) for it in await vendors.log("salesforce")]


async def test_an_accountant_is_a_contact_of_a_firm_with_a_partner_code(queries):
    accountants = SalesforceAccountants(queries)
    assert await accountants.get_by_email(CLAIRE) == ACCOUNTANT
    assert await accountants.get_by_email("no.partner@elsewhere.example") is None
    assert await accountants.get_by_email("nobody@elsewhere.example") is None


async def test_of_several_contacts_the_one_changed_last_counts(vendors, queries):
    contacts = [a_contact(code=None), a_contact(name="Claire D."), a_contact()]
    await vendors.ask("PUT", "/salesforce/_sandbox/contacts", contacts)
    assert (await SalesforceAccountants(queries).get_by_email(CLAIRE)).name == "Claire D."
    assert "ORDER BY LastModifiedDate DESC" in (await vendors.log("salesforce"))[-1]["query"]["q"]


@pytest.mark.parametrize(
    "email", ["o'brien@firm.example", "back\\slash'@firm.example", "x' OR Email != null OR Email = '@firm.example"]
)
async def test_no_address_ends_its_text(vendors, queries, email):
    await vendors.ask("PUT", "/salesforce/_sandbox/contacts", [a_contact(), a_contact(email=email, name="He")])
    assert (await SalesforceAccountants(queries).get_by_email(email)).name == "He"


@given(st.text(max_size=40))
def test_any_text_is_quoted_so_that_it_means_itself(text):
    found = list(
        _found(f"SELECT Name FROM Contact WHERE Name = {quoted(text)}", [{"Name": text}, {"Name": f"{text}x"}])
    )
    assert [it["Name"] for it in found] == [text]


async def test_all_pages_are_read_with_one_token(vendors, queries):
    contacts = [a_contact(email=f"p{number}@firm.example") for number in range(7)]
    await vendors.ask("PUT", "/salesforce/_sandbox/contacts", contacts)
    await vendors.ask("PUT", "/salesforce/_sandbox/settings", {"page_size": 3})
    assert [row["Email"] async for row in queries.rows(ALL)] == [it["Email"] for it in contacts]
    asked = await paths(vendors)
    assert asked[:2] == [("POST", "token"), ("GET", "query")]
    assert (len(asked), len({path for _, path in asked})) == (4, 4)


async def test_what_needs_one_row_reads_one_page(vendors, queries):
    await vendors.ask("PUT", "/salesforce/_sandbox/contacts", [a_contact()] * 9)
    await vendors.ask("PUT", "/salesforce/_sandbox/settings", {"page_size": 1})
    assert await SalesforceAccountants(queries).get_by_email(CLAIRE) == ACCOUNTANT
    assert [path for _, path in await paths(vendors)] == ["token", "query"]


async def test_a_token_that_is_refused_is_replaced_once_for_all_who_ask(vendors, queries):
    async def ask():
        return [row async for row in queries.rows(ALL)]

    await ask()
    await vendors.ask("POST", "/salesforce/_sandbox/expire", status=204)
    await asyncio.gather(*(ask() for _ in range(5)))
    asked = [path for _, path in await paths(vendors)]
    assert (asked.count("token"), asked.count("query")) == (2, 1 + 5 + 5)


class Answering:
    """Stands in for the HTTP client: says what it is told to say, in turn."""

    def __init__(self, *answers):
        self.answers, self.asked = [*answers], []

    async def call(self, method, path, **parts):
        self.asked.append(path)
        status, content = self.answers.pop(0)
        return Answer("acme.my.salesforce.com", status, {}, content)


TOKEN = (200, b'{"access_token": "t"}')


async def rows_of(*answers):
    http = Answering(TOKEN, *answers)
    return [row async for row in SalesforceQueries(http, Credentials("id", "secret")).rows(ALL)], http.asked


async def test_a_token_is_asked_for_again_only_once():
    refused = (401, b'[{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}]')
    with pytest.raises(TryLater, match="credentials") as failure:
        await rows_of(refused, TOKEN, refused)
    assert not isinstance(failure.value, OutcomeUnknown)


@pytest.mark.parametrize(
    "path",
    [
        b'"https://evil.example/services/data/v63.0/query/01g"',
        b'"//evil.example/x"',
        b'"/services/oauth2/token"',
        b'"/services/data/../oauth2/token"',
        b"null",
        b"7",
    ],
)
async def test_a_next_page_leads_nowhere_else(path):
    with pytest.raises(OutcomeUnknown, match="next page"):
        await rows_of((200, b'{"done": false, "records": [], "nextRecordsUrl": %s}' % path))


async def test_pages_without_an_end_come_to_one():
    page = (200, b'{"done": false, "records": [], "nextRecordsUrl": "/services/data/v63.0/query/x"}')
    with pytest.raises(GiveUp, match="50 pages"):
        await rows_of(*[page] * 60)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"records": 1, "done": true}', b'{"records": []}', b"x"])
async def test_what_is_no_page_is_an_unknown_outcome(body):
    with pytest.raises(OutcomeUnknown, match="unexpected answer"):
        await rows_of((200, body))


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (
            400,
            b'[{"message":"... WHERE Email = \'ana@x.fr\'","errorCode":"MALFORMED_QUERY"}]',
            GiveUp,
            "MALFORMED_QUERY",
        ),
        (400, b'[{"message":"No such column","errorCode":"INVALID_FIELD"}]', GiveUp, "INVALID_FIELD"),
        (403, b'[{"message":"ana@x.fr","errorCode":"REQUEST_LIMIT_EXCEEDED"}]', TryLater, "used up"),
        (403, b'[{"message":"ana@x.fr","errorCode":"ana@x.fr"}]', GiveUp, "refused with 403"),
        (404, b"ana@x.fr", GiveUp, "refused with 404"),
        (400, b"[7, null]", GiveUp, "refused with 400"),
    ],
)
async def test_a_refusal_is_told_by_its_code_and_nothing_personal(status, body, kind, said):
    with pytest.raises(kind, match=said) as failure:
        await rows_of((status, body))
    assert type(failure.value) is kind
    assert "ana@" not in str(failure.value)


async def test_the_sandbox_refuses_as_the_vendor_does(vendors, queries):
    for soql, code in [
        ("SELECT Shoe_Size__c FROM Contact", "INVALID_FIELD"),
        ("SELECT Email FROM Contact WHERE Email = 'x' OR Email != null", "MALFORMED_QUERY"),
        ("SELECT Id FROM Shoe", "INVALID_TYPE"),
        ("DROP", "MALFORMED_QUERY"),
    ]:
        with pytest.raises(GiveUp, match=code):
            [row async for row in queries.rows(soql)]
    await vendors.ask("PUT", "/salesforce/_sandbox/settings", {"requests_left": 0})
    with pytest.raises(TryLater, match="used up"):
        [row async for row in queries.rows(ALL)]


async def test_wrong_credentials_are_for_an_operator_to_put_right(vendors):
    async with queries_to(f"{vendors.url}/salesforce", "wrong") as queries:
        with pytest.raises(TryLater, match="check client id"):
            [row async for row in queries.rows(ALL)]
    assert "wrong" not in repr(Credentials("id", "wrong"))


class Asked:
    """Accountants in memory that count who asks; `gate` holds the answers back."""

    def __init__(self):
        self.asked, self.gate, self.fault = [], asyncio.Event(), None
        self.gate.set()

    async def get_by_email(self, email):
        self.asked.append(email)
        await self.gate.wait()
        if self.fault:
            raise self.fault
        return ACCOUNTANT if email == CLAIRE else None


@pytest.fixture
def asked():
    return Asked()


@pytest.fixture
def remembered(asked):
    async def now():
        return remembered.at

    remembered = RememberedAccountants(asked, now, most=3)
    remembered.at = NINE
    return remembered


@pytest.mark.parametrize(("email", "kept"), [(CLAIRE, DAY), ("nobody@firm.example", HOUR)])
async def test_who_is_found_is_kept_for_a_day_and_who_is_not_for_an_hour(asked, remembered, email, kept):
    for passed, calls in [(timedelta(), 1), (kept - timedelta(seconds=1), 1), (kept, 2), (kept * 1.5, 2)]:
        remembered.at = NINE + passed
        assert (await remembered.get_by_email(email) is None) is (email != CLAIRE)
        assert len(asked.asked) == calls


async def test_those_who_ask_at_once_share_one_call_even_when_the_first_goes_away(asked, remembered):
    asked.gate.clear()
    first, *others = [asyncio.create_task(remembered.get_by_email(CLAIRE)) for _ in range(20)]
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.sleep(0)
    asked.gate.set()
    assert await asyncio.gather(*others) == [ACCOUNTANT] * 19
    assert asked.asked == [CLAIRE]


async def test_a_failure_is_told_to_all_and_not_kept(asked, remembered):
    asked.fault = TryLater("away")
    results = await asyncio.gather(*(remembered.get_by_email(CLAIRE) for _ in range(3)), return_exceptions=True)
    assert results == [asked.fault] * 3
    asked.fault = None
    assert await remembered.get_by_email(CLAIRE) == ACCOUNTANT
    assert len(asked.asked) == 2


async def test_only_so_many_are_kept_the_oldest_go(asked, remembered):
    emails = [f"p{number}@firm.example" for number in range(4)]
    for email in [*emails, *emails[1:], emails[0]]:
        await remembered.get_by_email(email)
    assert asked.asked == [*emails, emails[0]]
