"""Having the speech vendor forget somebody: the erasure port of privacy."""

from typing import Protocol

from growth.domain.campaigns.entities.calls import CallId
from growth.domain.privacy.entities import Subject


class ForgettingSpeech(Protocol):
    async def delete(self, call: CallId) -> None:
        """Delete what there is of a call. Raises `TryLater` or `GiveUp`."""
        ...


class SpeechErasure:
    """Deletes the calls of somebody, with their recordings and analyses: the vendor knows calls, and no people."""

    def __init__(self, speech: ForgettingSpeech) -> None:
        self._speech = speech

    async def erase(self, subject: Subject) -> None:
        for call in subject.speech:
            await self._speech.delete(CallId(call))
