"""The privacy context."""

from collections.abc import Mapping

from dishka import Provider, Scope, provide

from growth.adapters.customerio.erasure import CustomerioErasure
from growth.adapters.customerio.mailer import CustomerioMailer
from growth.adapters.db.erasures import SqlErasureViews
from growth.adapters.db.retry import retried
from growth.adapters.db.transaction import SqlBegin
from growth.adapters.dialers import DialerErasure, Dialers
from growth.adapters.encryption import AesGcmSealing
from growth.adapters.erasure_alarm import erasure_alarm
from growth.adapters.intercom.erasure import IntercomErasure
from growth.adapters.intercom.helpdesk import IntercomHelpdesk
from growth.adapters.pseudonyms import HmacPseudonyms
from growth.adapters.speech.erasure import SpeechErasure
from growth.domain.campaigns.ports.speech import SpeechAnalysis
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.pseudonyms import Pseudonyms
from growth.domain.privacy import use_cases
from growth.domain.privacy.entities import Retention
from growth.domain.privacy.ports import Alarm, ErasureViews, PrivacyTx, Sealing, VendorErasure
from growth.domain.privacy.steps.erasing import Erasing
from growth.settings import Settings


class Privacy(Provider):
    """The privacy context."""

    scope = Scope.APP
    erasing = provide(Erasing)
    erase = provide(retried(use_cases.ErasePerson), provides=use_cases.ErasePerson)
    forget = provide(retried(use_cases.ForgetAtVendor), provides=use_cases.ForgetAtVendor)
    request_retention = provide(retried(use_cases.RequestRetention), provides=use_cases.RequestRetention)
    retain = provide(retried(use_cases.CarryOutRetention), provides=use_cases.CarryOutRetention)
    views = provide(SqlErasureViews, provides=ErasureViews)

    @provide
    def transactions(self, begin: SqlBegin) -> Begin[PrivacyTx]:
        return begin

    @provide
    def pseudonyms(self, settings: Settings) -> Pseudonyms:
        return HmacPseudonyms(settings.secret)

    @provide
    def sealing(self, settings: Settings) -> Sealing:
        return AesGcmSealing(settings.secret)

    @provide
    def retention(self, settings: Settings) -> Retention:
        return Retention(settings.retention_years)

    @provide
    def alarm(self) -> Alarm:
        return erasure_alarm

    @provide
    def vendors(
        self, mailer: CustomerioMailer, dialers: Dialers, helpdesk: IntercomHelpdesk, speech: SpeechAnalysis
    ) -> Mapping[str, VendorErasure]:
        """Return who is told when somebody is to be forgotten."""
        return {
            "customerio": CustomerioErasure(mailer),
            "diabolocom": DialerErasure(dialers),
            "intercom": IntercomErasure(helpdesk),
            "speech": SpeechErasure(speech),
        }
