"""Every kind of request to Intercom, held against the vendor's own description of its API by Prism.

Prism answers with the description's examples, and with an error to whatever does not fit; its `--errors` would refuse
these examples, too, which do not all fit. It needs node and, once for each checkout, npm's registry; without them its
tests are skipped. A search it does not check, for that schema refers to itself: this is done here.
"""

import gzip
import os
import shutil
import socket
import subprocess
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import jsonschema_rs
import pytest
import yaml
from tests.adapters.intercom_line import ANA, FR, WORKSPACES, a_helpdesk

from growth.adapters.intercom.away import IntercomAway
from growth.adapters.intercom.helpdesk import IntercomHelpdesk, credentials
from growth.adapters.vendor_http import VendorHttp
from growth.domain.conversations.entities.conversations import State
from growth.domain.conversations.entities.teams import Workspace
from growth.domain.kernel.messages import GiveUp, TryLater

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION = ROOT / "tests" / "data" / "intercom" / "intercom.yaml.gz"
PRISM = "@stoplight/prism-cli@5.14.2"  # the last that runs on node 20
INSTALLED = ROOT / ".cache" / "prism-5.14.2"
INSTALLING, STARTING = 180, 90  # seconds
SINCE = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(scope="session")
def prism():
    """The program, installed once for each checkout."""
    program = INSTALLED / "node_modules" / ".bin" / "prism"
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Install node and npm to hold our requests against Intercom's description.")
    if not program.exists():
        fresh = INSTALLED.with_name(f"{INSTALLED.name}-{os.getpid()}")
        fresh.mkdir(parents=True)
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"]
        command = ["npm", "install", "--prefix", str(fresh), *options, PRISM]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALLING)
            fresh.replace(INSTALLED)
        except (subprocess.SubprocessError, OSError) as failure:
            if not program.exists():  # another run may have been faster
                pytest.skip(f"npm does not install {PRISM} ({type(failure).__name__}): let it reach its registry.")
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return program


@pytest.fixture(scope="module")
def url(prism, tmp_path_factory):
    """The address of Prism with the vendor's description."""
    folder = tmp_path_factory.mktemp("prism")
    description, said = folder / "intercom.yaml", folder / "said.txt"
    description.write_bytes(gzip.decompress(DESCRIPTION.read_bytes()))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(prism), "mock", "-h", "127.0.0.1", "-p", str(port), str(description)]
    with said.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as running:
        try:
            until = time.monotonic() + STARTING
            while "Prism is listening" not in said.read_text() and running.poll() is None:
                assert time.monotonic() < until, said.read_text()[-2_000:]
                time.sleep(0.1)
            assert running.poll() is None, said.read_text()[-2_000:]
            yield f"http://127.0.0.1:{port}"
        finally:
            running.kill()


class Fitting(httpx2.AsyncHTTPTransport):
    """Keeps what was asked and how Prism found it: some refusals mean something to the adapter."""

    def __init__(self):
        super().__init__()
        self.found = []

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        self.found.append((request.method, request.url.raw_path.decode(), response.status_code))
        return response


@asynccontextmanager
async def a_workspace(url, **headers):
    fitting = Fitting()
    http = VendorHttp(url, credentials("any") | headers, transport=fitting)
    try:
        yield {FR: http}, fitting
    finally:
        await http.close()


GET = ("GET", "/conversations/503")
REPLY, PARTS = ("POST", "/conversations/503/reply"), ("POST", "/conversations/503/parts")
REQUESTS = {
    "a conversation and its contact": (
        lambda it: it.conversation(FR, "503"),
        [GET, ("GET", "/contacts/6762f1261bb69f9f2193bba7")],
    ),
    "a note": (lambda it: it.note(FR, "503", "<p>Same company</p>", "r-1", again=False), [REPLY]),
    "a note again": (lambda it: it.note(FR, "503", "<p>Same company</p>", "r-1", again=True), [GET, REPLY]),
    "closing": (lambda it: it.close(FR, "503"), [PARTS]),
    "reopening": (lambda it: it.reopen(FR, "503"), [PARTS]),
    "deleting a contact": (lambda it: it.delete(FR, "6762f"), [("DELETE", "/contacts/6762f")]),
    "one contact": (lambda it: it.contacts(FR, [ANA], [], []), [("POST", "/contacts/search")]),
    "many contacts": (
        lambda it: it.contacts(FR, [f"{n}@example.org" for n in range(700)], ["+33199001234"], ["70", "71"]),
        [("POST", "/contacts/search")] * 2,
    ),
    "conversations": (lambda it: it.conversations_of(FR, ["c1"], SINCE), [("POST", "/conversations/search")]),
    "many conversations": (
        lambda it: it.conversations_of(FR, [f"c{n}" for n in range(160)], SINCE),
        [("POST", "/conversations/search")],
    ),
}


@pytest.mark.parametrize(("ask", "expected"), REQUESTS.values(), ids=REQUESTS.keys())
async def test_a_request_fits_the_vendors_description(url, ask, expected):
    async with a_workspace(url) as (http, fitting):
        await ask(IntercomHelpdesk(http, WORKSPACES))
    assert fitting.found == [(*it, 200) for it in expected]


async def test_what_the_vendor_gives_as_examples_is_read(url):
    async with a_workspace(url) as (http, fitting):
        helpdesk = IntercomHelpdesk(http, WORKSPACES)
        found = await helpdesk.conversation(FR, "503")
        (other,) = await helpdesk.conversations_of(FR, ["c1"], datetime(2024, 1, 1, tzinfo=UTC))
        away = await IntercomAway(http)(FR)
    assert (found.id, found.state, found.email) == ("503", State.CLOSED, "joe@bloggs.com")
    assert (found.team_id, found.admin_id, found.tags) == ("5017691", "991267715", {"Test tag"})
    assert (other.id, other.contact_ids) == ("515", ("6762f14a1bb69f9f2193bbb3",))
    assert away == frozenset()
    assert fitting.found[-1] == ("GET", "/admins", 200)


@pytest.mark.parametrize(
    ("headers", "admin"),
    [({}, 991), ({"Intercom-Version": "3.0"}, "991"), ({"Authorization": ""}, "991")],
)
async def test_what_does_not_fit_is_found(url, headers, admin):
    async with a_workspace(url, **headers) as (http, fitting):
        helpdesk = IntercomHelpdesk(http, {FR: Workspace("abc", admin)})
        with pytest.raises((GiveUp, TryLater)):
            await helpdesk.note(FR, "503", "<p>x</p>", "r-1", again=False)
    assert fitting.found[0][2] in {401, 422}


@pytest.fixture(scope="module")
def fits_search():
    """Hold the body of a search against the description; raises `ValidationError`."""
    described = yaml.load(gzip.decompress(DESCRIPTION.read_bytes()), yaml.CSafeLoader)

    def fits(path, body):
        schema = described["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": described["components"]}
        jsonschema_rs.Draft4Validator(whole, ignore_unknown_formats=True).validate(body)

    return fits


SEARCHES = {name: ask for name, (ask, expected) in REQUESTS.items() if "search" in expected[0][1]}


@pytest.mark.parametrize("ask", SEARCHES.values(), ids=SEARCHES.keys())
async def test_a_search_fits_the_vendors_description(fits_search, ask):
    first = {"data": [], "conversations": [], "pages": {"next": {"starting_after": "WzE3MzQ1XQ=="}}}
    async with a_helpdesk(first, {"data": [], "conversations": []}) as (helpdesk, intercom):
        await ask(helpdesk)
    assert [body["pagination"].get("starting_after") for _, _, body in intercom.calls][:2] == [None, "WzE3MzQ1XQ=="]
    for _, path, body in intercom.calls:
        fits_search(path, body)


ONE = {"field": "email", "operator": "IN", "value": [ANA]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": ONE | {"operator": "in"}},
        {"query": ONE | {"value": {"email": ANA}}},
        {"query": {"operator": "AND", "value": [ONE, {"operator": "OR", "value": [ONE]}]}},
        {"query": ONE, "pagination": {"per_page": "150"}},
    ],
)
@pytest.mark.parametrize("path", ["/contacts/search", "/conversations/search"])
def test_a_search_that_does_not_fit_is_found(fits_search, path, body):
    fits_search(path, {"query": ONE})
    with pytest.raises(jsonschema_rs.ValidationError):
        fits_search(path, body)
