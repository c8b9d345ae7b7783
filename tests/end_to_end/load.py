"""Clients that post estimates without a pause, and know of each what became of it."""

import asyncio
import json
import time
from collections import Counter
from itertools import count

import httpx2
from processes import OPS
from world import estimate


class Load:
    """`answers`: how many by status; `refused`: not sent, nobody listened; `broken`: sent, and no answer came."""

    def __init__(self, port):
        self._port, self._numbers, self._stopped = port, count(), False
        self.answers, self.refused, self.broken = Counter(), 0, 0
        self.accepted, self.problems, self.last_success = set(), [], 0.0
        self._tasks = []

    def start(self, clients=16):
        self._tasks = [asyncio.create_task(self._client()) for _ in range(clients)]

    async def stop(self):
        self._stopped = True
        await asyncio.gather(*self._tasks)

    async def _client(self):
        while not self._stopped:
            number = next(self._numbers)
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                self.refused += 1
                await asyncio.sleep(0.05)
                continue
            try:
                self._note(number, await self._ask(reader, writer, number))
            finally:
                writer.close()

    async def _ask(self, reader, writer, number):
        body = json.dumps(estimate(number)).encode()
        head = (
            "POST /v1/estimates HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer dev-service-key\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        try:
            writer.write(head.encode() + body)
            return await asyncio.wait_for(reader.read(), 30)
        except (OSError, TimeoutError):
            return b""

    def _note(self, number, answer):
        status = int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") and b"\r\n\r\n" in answer else None
        if status is None:
            self.broken += 1
            return
        self.answers[status] += 1
        if status == 202:
            self.accepted.add(number)
            self.last_success = time.monotonic()
        elif status != 503 or b"retry-after" not in answer.lower():
            self.problems.append(answer)


async def numbers_of_leads(server):
    """Read all leads over the API; return their numbers."""
    found, cursor = set(), None
    async with httpx2.AsyncClient(trust_env=False, timeout=30, base_url=server.url, headers=OPS) as client:
        while True:
            page = (
                await client.get("/v1/leads", params={"limit": 200} | ({"cursor": cursor} if cursor else {}))
            ).json()
            found |= {item["estimated_price_eur"] - 300_000 for item in page["items"]}
            cursor = page["next_cursor"]
            if not cursor:
                return found
