"""Throwing away what nobody needs any more."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, literal, text
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.access import KEPT_FOR
from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.speech import forget_old_analyses
from growth.adapters.db.tables.access import idempotent_answers, rate_budgets
from growth.adapters.db.tables.campaigns import fillings
from growth.adapters.db.tables.consents import consents
from growth.adapters.db.tables.conversations import conversations
from growth.adapters.db.tables.messages import messages, vendor_attempts
from growth.adapters.db.tables.operations import ticks
from growth.adapters.db.ticks import SqlTicks
from growth.domain.kernel.messages import MessageState
from growth.domain.kernel.ticks import Tick

_BUDGETS: Final = timedelta(hours=1)
_MESSAGES: Final = timedelta(days=30)
_ATTEMPTS: Final = timedelta(hours=1)
_TICKS: Final = timedelta(days=90)
_CONVERSATIONS: Final = timedelta(days=400)
_FILLINGS: Final = timedelta(days=731)
_PROOFS = text("interval '3 years'")
# A consent that was withdrawn stays as long as the person is known: it is her no.
_expired = (consents.c.prospect_id.is_not(None), consents.c.withdrawn_at.is_(None))
_last_change = func.coalesce(conversations.c.updated_at, conversations.c.created_at, conversations.c.noted_at)


class SqlHousekeeping:
    """Deletes what nobody asks for any more.

    Answers to repeated requests after 72 hours, delivered messages after 30 days, ticks after 90 days,
    what runs judged by after two years, what was seen of conversations after 400 days without a change,
    consents three years after they ended, recordings' addresses and analyses of calls after 12 months
    (`speech.KEPT_FOR`).
    """

    def __init__(self, engine: AsyncEngine, clock: DatabaseClock) -> None:
        self._engine = engine
        self._clock = clock

    async def __call__(self, tick: Tick) -> None:
        async with self._engine.begin() as connection:
            if not await SqlTicks(connection).first_time(tick):
                return
            now = await self._clock.now_on(connection)
            delivered = messages.c.state.in_([MessageState.DONE, MessageState.EXPIRED])
            for stale in (
                delete(idempotent_answers).where(idempotent_answers.c.created_at < now - KEPT_FOR),
                delete(rate_budgets).where(rate_budgets.c.window_at < now - _BUDGETS),
                delete(messages).where(delivered, messages.c.done_at < now - _MESSAGES),
                delete(vendor_attempts).where(vendor_attempts.c.since < func.clock_timestamp() - _ATTEMPTS),
                delete(ticks).where(ticks.c.due_at < now - _TICKS),
                delete(consents).where(consents.c.kept_until < now),
                delete(consents).where(*_expired, consents.c.expires_at < literal(now) - _PROOFS),
                delete(fillings).where(fillings.c.filled_at < now - _FILLINGS),
                delete(conversations).where(_last_change < now - _CONVERSATIONS),
            ):
                await connection.execute(stale)
            await forget_old_analyses(connection, now)
