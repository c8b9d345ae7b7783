"""The sandboxes of all vendors over real HTTP, and a server that only writes down what it is sent."""

import asyncio
import json
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import uvicorn
from tests.adapters.sandbox_client import NINE

from growth.adapters.sandbox.dialer_settings import DialerSettings
from growth.adapters.sandbox.vendors import vendors_app


@dataclass
class Vendors:
    """A client of the sandboxes, and their clock."""

    http: httpx2.AsyncClient
    url: str
    at: object = NINE

    async def ask(self, method, path, body=None, status=200):
        answer = await self.http.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def log(self, vendor):
        return (await self.ask("GET", f"/{vendor}/_sandbox/log"))["entries"]

    async def people(self):
        return await self.ask("GET", "/customerio/_sandbox/people")

    async def faults(self, vendor, **faults):
        await self.ask("PUT", f"/{vendor}/_sandbox/faults", faults)


@asynccontextmanager
async def all_vendors():
    vendors = Vendors(None, "")

    async def now():
        return vendors.at

    server = uvicorn.Server(uvicorn.Config(vendors_app(DialerSettings(), now), port=0, log_level="critical"))
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        vendors.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        async with httpx2.AsyncClient(base_url=vendors.url, trust_env=False) as vendors.http:
            yield vendors
    finally:
        server.should_exit = True
        await serving


@contextmanager
def a_capture():
    """A server that answers `{}` to everything; gives its port, and what it heard as (method, path, headers, JSON)."""
    heard = []

    class Capture(BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            heard.append((self.command, self.path, headers, json.loads(content) if content else None))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_PUT = do_DELETE = do_POST  # noqa: N815 - the library asks for these names

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Capture)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    try:
        yield server.server_port, heard
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
