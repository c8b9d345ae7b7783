"""Sending recorded calls to speech analysis."""

from collections.abc import Mapping
from typing import Self

from dishka.integrations.fastapi import FromDishka
from pydantic import Field

from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import Input, Instant, Output
from growth.api.security import Role, allow
from growth.domain.campaigns.entities.speech import BadWindow, SkipReason, SpeechReport
from growth.domain.campaigns.use_cases import SendCallsToSpeech

router = Routes(tags=["campaigns"])


class WindowIn(Input):
    start_date: Instant | None = Field(default=None, description="Default: an hour before the end.")
    end_date: Instant | None = Field(default=None, description="Not included. Default: now.")
    dry_run: bool = Field(default=False, description="Report what would happen, and change nothing.")


class SentOut(Output):
    """`sent`: handed over now; `known`: sent before; `skipped`: not sent, by reason."""

    start_date: Instant
    end_date: Instant
    sent: int
    known: int
    skipped: Mapping[SkipReason, int]
    dry_run: bool

    @classmethod
    def of(cls, report: SpeechReport, *, dry_run: bool) -> Self:
        counts = {name: getattr(report, name) for name in ("sent", "known", "skipped")}
        return cls(start_date=report.start, end_date=report.end, **counts, dry_run=dry_run)


@router.post("/v1/calls/send-to-speech", dependencies=[allow(Role.OPS)], responses=problems(BadWindow))
async def send_calls_to_speech(send: FromDishka[SendCallsToSpeech], body: WindowIn | None = None) -> SentOut:
    """Send the recorded calls of a time span to speech analysis; each is sent once, however often it is asked for."""
    asked = body or WindowIn()
    report = await send(asked.start_date, asked.end_date, dry_run=asked.dry_run)
    return SentOut.of(report, dry_run=asked.dry_run)
