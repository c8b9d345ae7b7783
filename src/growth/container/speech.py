"""Speech analysis: a part of the campaigns context with a vendor of its own."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from dishka import Provider, Scope, provide

from growth.adapters.db.retry import retried
from growth.adapters.db.transaction import SqlBegin
from growth.adapters.diabolocom.recordings import recording_url
from growth.adapters.partners.public_addresses import is_public, resolved
from growth.adapters.speech.analysis import NeutralSpeech, credentials
from growth.adapters.vendor_http import VendorHttp
from growth.api.webhooks.speech_analyses import AnalysisReader
from growth.container.vendors import SANDBOX_TOKEN
from growth.domain.campaigns import use_cases
from growth.domain.campaigns.entities.configuration import DialerKind
from growth.domain.campaigns.ports.speech import FindRecording, ReadAnalysis, SpeechAnalysis, SpeechTx
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.messages import Handler
from growth.settings import Settings


@dataclass(frozen=True, slots=True)
class SpeechHandlers:
    """The part of the routing table that speech analysis answers for."""

    by_kind: Mapping[str, Handler]


class Speech(Provider):
    """Speech analysis."""

    scope = Scope.APP
    send = provide(retried(use_cases.SendCallsToSpeech), provides=use_cases.SendCallsToSpeech)
    send_one = provide(retried(use_cases.SendCallToSpeech), provides=use_cases.SendCallToSpeech)
    delete_one = provide(use_cases.DeleteAtSpeech)
    take = provide(retried(use_cases.TakeAnalysis), provides=use_cases.TakeAnalysis)
    read = provide(AnalysisReader, provides=ReadAnalysis)

    @provide
    def transactions(self, begin: SqlBegin) -> Begin[SpeechTx]:
        return begin

    @provide
    async def vendor(self, settings: Settings) -> AsyncIterator[SpeechAnalysis]:
        url = settings.speech_base_url or f"{settings.sandbox_url}/speech"
        http = VendorHttp(url, credentials(settings.speech_token or SANDBOX_TOKEN))
        callback = f"{settings.public_api_url}/webhooks/speech"
        yield NeutralSpeech(http, callback, _all_public if settings.production else None)
        await http.close()

    @provide
    def find_recording(self, settings: Settings) -> FindRecording:
        def find(dialer: DialerKind | None, interaction_id: str) -> str | None:
            if dialer is not DialerKind.DIABOLOCOM:
                return None
            return recording_url(settings.diabolocom_base_url or settings.sandbox_url, interaction_id)

        return find

    @provide
    def handlers(
        self, one: use_cases.SendCallToSpeech, old: use_cases.DeleteAtSpeech, told: use_cases.TakeAnalysis
    ) -> SpeechHandlers:
        return SpeechHandlers({"speech.call": one, "speech.delete": old, "inbox.speech": told})


async def _all_public(host: str, port: int) -> bool:
    return all(map(is_public, await resolved(host, port)))
