"""Who is called."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from dishka import Provider, Scope, provide

from growth.adapters.customerio.mailer import CustomerioMailer, credentials
from growth.adapters.db.clock import DatabaseClock
from growth.adapters.diabolocom.dialer import DiabolocomDialer
from growth.adapters.dialer_csv.dialer import CsvDialer
from growth.adapters.dialers import Dialers
from growth.adapters.google_keys import GoogleKeys
from growth.adapters.intercom.away import IntercomAway
from growth.adapters.intercom.helpdesk import IntercomHelpdesk
from growth.adapters.intercom.helpdesk import credentials as intercom_credentials
from growth.adapters.partners.webhooks import StandardWebhooks
from growth.adapters.salesforce.accountants import RememberedAccountants, SalesforceAccountants
from growth.adapters.salesforce.queries import Credentials, SalesforceQueries
from growth.adapters.slack.announcer import SlackAnnouncer
from growth.adapters.vendor_http import VendorHttp
from growth.api.webhooks.google_tokens import SigningKeys
from growth.domain.campaigns.entities.configuration import Configuration, DialerKind
from growth.domain.campaigns.ports.dialer import Dialer
from growth.domain.conversations.entities.teams import Workspace
from growth.domain.conversations.ports.helpdesk import Helpdesk
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import AdminId
from growth.domain.prospects.ports.accountants import Accountants
from growth.domain.prospects.ports.announcer import Announcer
from growth.domain.prospects.ports.mailer import Mailer
from growth.domain.prospects.ports.sales_teams import AwayMode
from growth.domain.referrals.ports.partners import PartnerWebhooks
from growth.settings import Settings

_SETTLING, _SANDBOX_SETTLING = timedelta(seconds=60), timedelta(seconds=3)
SANDBOX_TOKEN = "sandbox"  # noqa: S105 - it keeps nothing of value
_SOON = timedelta(seconds=5)  # somebody waits for the answer


@dataclass(frozen=True, slots=True)
class Workspaces:
    """The client of each country's workspace at Intercom."""

    clients: Mapping[Country, VendorHttp]


class Vendors(Provider):
    """Who is called: the real vendor, or the sandbox where there are no credentials."""

    scope = Scope.APP

    @provide
    async def diabolocom(self, settings: Settings) -> AsyncIterator[DiabolocomDialer]:
        real = settings.diabolocom_token is not None
        url = settings.diabolocom_base_url or f"{settings.sandbox_url}"
        http = VendorHttp(url, {"Private-Token": settings.diabolocom_token or SANDBOX_TOKEN})
        yield DiabolocomDialer(http, _SETTLING if real else _SANDBOX_SETTLING)
        await http.close()

    @provide
    def dialers(self, diabolocom: DiabolocomDialer, settings: Settings, configuration: Configuration) -> Dialers:
        files = CsvDialer(settings.dialer_csv_folder or settings.data_dir / "dialer")
        of = {it.dialer_campaign_id: it.dialer.value for it in configuration.campaigns}
        return Dialers({DialerKind.DIABOLOCOM: diabolocom, DialerKind.CSV: files}, of, DialerKind.DIABOLOCOM)

    @provide
    def dialer(self, dialers: Dialers) -> Dialer:
        return dialers

    @provide
    async def customerio(self, settings: Settings) -> AsyncIterator[CustomerioMailer]:
        url = settings.customerio_base_url or f"{settings.sandbox_url}/customerio"
        given = (settings.customerio_site_id or SANDBOX_TOKEN, settings.customerio_api_key or SANDBOX_TOKEN)
        http = VendorHttp(url, credentials(*given))
        yield CustomerioMailer(http)
        await http.close()

    @provide
    def mailer(self, customerio: CustomerioMailer) -> Mailer:
        return customerio

    @provide
    async def accountants(self, settings: Settings, clock: DatabaseClock) -> AsyncIterator[Accountants]:
        url = settings.salesforce_base_url or f"{settings.sandbox_url}/salesforce"
        given = Credentials(
            settings.salesforce_client_id or SANDBOX_TOKEN, settings.salesforce_client_secret or SANDBOX_TOKEN
        )
        http = VendorHttp(url, {}, deadline=_SOON)
        yield RememberedAccountants(SalesforceAccountants(SalesforceQueries(http, given)), clock.now)
        await http.close()

    @provide
    async def intercom(self, settings: Settings) -> AsyncIterator[Workspaces]:
        clients = {}
        for country in map(Country, settings.intercom):
            base = settings.intercom_base_url or f"{settings.sandbox_url}/intercom"
            clients[country] = VendorHttp(base, intercom_credentials(_token(settings, country)))
        yield Workspaces(clients)
        for http in clients.values():
            await http.close()

    @provide
    def helpdesk(self, settings: Settings, workspaces: Workspaces) -> IntercomHelpdesk:
        played = {
            Country(code): Workspace(it.app_id or f"sandbox-{code.lower()}", AdminId(it.admin_id or "1"))
            for code, it in settings.intercom.items()
        }
        return IntercomHelpdesk(workspaces.clients, played)

    @provide
    def helpdesk_port(self, intercom: IntercomHelpdesk) -> Helpdesk:
        return intercom

    @provide
    def away(self, workspaces: Workspaces) -> AwayMode:
        return IntercomAway(workspaces.clients)

    @provide
    async def google_keys(self, settings: Settings) -> AsyncIterator[SigningKeys]:
        url = urlsplit(settings.pubsub_certs_url)
        http = VendorHttp(f"{url.scheme}://{url.netloc}", {}, deadline=_SOON)
        yield GoogleKeys(http, url.path)
        await http.close()

    @provide
    async def partners(self, settings: Settings) -> AsyncIterator[PartnerWebhooks]:
        webhooks = StandardWebhooks(
            settings.partner_webhooks or {}, settings.partner_secrets or {}, public_only=settings.production
        )
        yield webhooks
        await webhooks.close()

    @provide
    async def announcer(self, settings: Settings) -> AsyncIterator[Announcer]:
        sandbox = None if settings.production else f"{settings.sandbox_url}/slack"
        slack = SlackAnnouncer(settings.slack_webhooks, sandbox)
        yield slack
        await slack.close()


def _token(settings: Settings, country: Country) -> str:
    return settings.intercom[country].token or f"{SANDBOX_TOKEN}-{country}"
