"""A real browser, driven by the DevTools protocol over two pipes: no library, no port, nothing left behind."""

import asyncio
import base64
import fcntl
import itertools
import json
import os
import shutil
import sys
from contextlib import asynccontextmanager

CHROMIUM = shutil.which("chromium")
MISSING = "there is no chromium here: apt-get install chromium, as .ci/run does"
# The protocol is spoken on the descriptors 3 and 4, wherever our ends of the pipes are.
_LAUNCH = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--remote-debugging-pipe", "--window-size=800,600"),
)
_PATIENCE = 30  # seconds for one answer
_LIMIT = 32 * 1024 * 1024  # bytes of one message: a screenshot


class Browser:
    """One tab. `requests`: the URLs that were asked for; `troubles`: what the console complains about."""

    def __init__(self, reader, write):
        self._reader, self._write = reader, write
        self._numbers, self._waiting, self._session = itertools.count(1), {}, {}
        self._loaded = asyncio.Event()
        self.requests, self.troubles = [], []

    async def open_tab(self, *, scripts, language):
        target = await self.send("Target.createTarget", url="about:blank")
        attached = await self.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Network", "Log", "Runtime"):
            await self.send(f"{domain}.enable")
        await self.send("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        await self.send("Emulation.setScriptExecutionDisabled", value=not scripts)

    async def send(self, method, **parameters):
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": parameters, **self._session}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        return await asyncio.wait_for(self._waiting[number], _PATIENCE)

    async def listen(self):
        while True:
            message = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            if "id" in message:
                answer = self._waiting.pop(message["id"])
                if "error" in message:
                    answer.set_exception(RuntimeError(message["error"]["message"]))
                else:
                    answer.set_result(message["result"])
            else:
                self._hear(message["method"], message["params"])

    def _hear(self, event, told):
        if event == "Page.loadEventFired":
            self._loaded.set()
        elif event == "Network.requestWillBeSent":
            self.requests.append((told["request"]["method"], told["request"]["url"]))
        elif event == "Log.entryAdded":
            self.troubles.append(told["entry"]["text"])

    async def go(self, url):
        async with self.loads():
            await self.send("Page.navigate", url=url)

    @asynccontextmanager
    async def loads(self):
        """What is done inside leads to another page, which is there when this ends."""
        self._loaded.clear()
        yield
        await asyncio.wait_for(self._loaded.wait(), _PATIENCE)

    async def read(self, expression):
        """The value of a JavaScript expression on the page."""
        found = await self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    async def click(self, selector):
        """Press the mouse in the middle of an element, as a person does."""
        box = await self.read(f"JSON.stringify(document.querySelector({json.dumps(selector)}).getBoundingClientRect())")
        box = json.loads(box)
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        for kind in ("mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    async def press(self, key, code, text=""):
        for kind in ("keyDown", "keyUp"):
            await self.send("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=text)

    async def spoken(self):
        """Role and name of everything that a screen reader finds."""
        await self.send("Accessibility.enable")
        nodes = (await self.send("Accessibility.getFullAXTree"))["nodes"]
        return [(it["role"]["value"], it["name"]["value"]) for it in nodes if it.get("name", {}).get("value")]

    async def picture(self):
        return base64.b64decode((await self.send("Page.captureScreenshot"))["data"])


@asynccontextmanager
async def browser(folder, *, scripts=False, language="en"):
    """Start Chromium with its profile in `folder`. Without `scripts`, no page runs JavaScript."""
    ours, theirs = _pipes()
    command = [sys.executable, "-c", _LAUNCH, *map(str, theirs), CHROMIUM, *_OPTIONS, f"--user-data-dir={folder}"]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, pass_fds=theirs, stdout=quiet, stderr=quiet)
    for end in theirs:
        os.close(end)
    read, write = ours
    reader = asyncio.StreamReader(limit=_LIMIT)
    pipe = os.fdopen(read, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    tab = Browser(reader, write)
    listening = asyncio.create_task(tab.listen())
    try:
        await tab.open_tab(scripts=scripts, language=language)
        yield tab
    finally:
        listening.cancel()
        os.close(write)  # it ends by itself when nobody speaks to it any more
        transport.close()
        try:
            await asyncio.wait_for(process.wait(), _PATIENCE)
        except TimeoutError:
            process.kill()
            await process.wait()


def _pipes():
    """Our ends, and theirs above the descriptors that the protocol is spoken on."""
    (their_read, write), (read, their_write) = os.pipe(), os.pipe()
    theirs = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (their_read, their_write))
    os.close(their_read)
    os.close(their_write)
    return (read, write), theirs
