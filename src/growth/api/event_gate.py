"""The gate for single events: those that arrive together are written together, in one commit."""

import asyncio
from dataclasses import dataclass

from growth.domain.kernel.operating import Health
from growth.domain.prospects.entities.events import EventNews, Outcome
from growth.domain.prospects.use_cases import RecordEvents

_TOGETHER = 200  # events at most in one transaction
_AT_ONCE = 2  # transactions: while one waits for the disk, the other uses the processor


@dataclass(frozen=True, slots=True)
class _Waiting:
    news: EventNews
    answer: asyncio.Future[Outcome]


class EventGate:
    """Lets events through. There is no timer: who comes alone goes at once, who comes meanwhile goes with the next."""

    def __init__(self, record: RecordEvents, health: Health) -> None:
        self._record = record
        self._health = health
        self._waiting: list[_Waiting] = []
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, news: EventNews) -> Outcome:
        """Return what became of the event, after the commit."""
        waiting = _Waiting(news, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._running) < _AT_ONCE:
            task = asyncio.create_task(self._go())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await waiting.answer

    async def _go(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
            await self._write(together)

    async def _write(self, together: list[_Waiting]) -> None:
        try:
            outcomes = await self._record([it.news for it in together])
        except Exception as error:  # noqa: BLE001 - each of them gets it
            if len(together) == 1 or self._health.lost(error):
                for it in together:
                    if not it.answer.done():
                        it.answer.set_exception(error)
            else:  # one of them is to blame, and the others are not
                for it in together:
                    await self._write([it])
            return
        for it, outcome in zip(together, outcomes, strict=True):
            if not it.answer.done():  # the client may have hung up
                it.answer.set_result(outcome)
