"""Putting the load on: each request is sent when it is due, whatever became of those before it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from benchmarks.line import Line, NoConnection
from stress.exchanges import Request, Verdict, judge
from stress.measures import Record, Sample
from stress.traffic import Traffic


class Load:
    """`patience`: seconds from when a request is due until its answer counts as none."""

    def __init__(self, line: Line, traffic: Traffic, record: Record, patience: float) -> None:
        self._line, self._traffic, self._record, self._patience = line, traffic, record, patience
        self._clock = asyncio.get_running_loop().time

    async def run(self, arrivals: Iterable[float], seconds: float) -> None:
        """Send all, and wait for the answers; cancelled, it drops what is under way and says so in the record."""
        start = self._clock()
        async with self._closing(start, seconds), asyncio.TaskGroup() as sending:
            for at in arrivals:
                if (wait := start + at - self._clock()) > 0:
                    await asyncio.sleep(wait)
                self._record.late_ms = max(self._record.late_ms, (self._clock() - start - at) * 1000)
                self._record.seconds = at
                sending.create_task(self._send(self._traffic.next(), at, start + at))
            await asyncio.sleep(start + seconds - self._clock())
            self._record.seconds = seconds

    @asynccontextmanager
    async def _closing(self, start: float, seconds: float) -> AsyncIterator[None]:
        record = self._record
        try:
            yield
        except asyncio.CancelledError:
            record.interrupted, record.seconds = True, min(seconds, self._clock() - start)
            record.cut = record.sent - len(record.samples)
        finally:
            self._line.close()

    async def _send(self, request: Request, at: float, due: float) -> None:
        self._record.sent += 1
        verdict = await self._exchange(request, due)
        timed = verdict.error is None or verdict.error[0].isdigit() or verdict.error.startswith("timeout")
        ms = (self._clock() - due) * 1000 if timed else None
        self._record.samples.append(Sample(request.name, at, ms, verdict.error, verdict.refused))

    async def _exchange(self, request: Request, due: float) -> Verdict:
        left = due + self._patience - self._clock()
        parts = (request.method, request.path, request.content, request.headers)
        try:
            answer = await self._line.exchange(*parts, seconds=left)
        except NoConnection:
            return Verdict("timeout: no connection was free")
        except TimeoutError:
            return Verdict("timeout: no answer")
        except (OSError, EOFError, ValueError) as error:
            return Verdict(f"connection: {_of(error)}")
        verdict = judge(request, answer)
        try:
            if verdict == Verdict():
                request.then(answer)
        except (KeyError, TypeError):
            return Verdict(f"{answer.status} with a body that is not the route's")
        return verdict


def _of(error: Exception) -> str:
    kinds = {ConnectionRefusedError: "refused", EOFError: "closed", ConnectionError: "reset", OSError: "failed"}
    return next((word for kind, word in kinds.items() if isinstance(error, kind)), "not HTTP")
