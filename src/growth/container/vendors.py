"""Who is called."""

from collections.abc import AsyncIterator
from datetime import timedelta

from dishka import Provider, Scope, provide

from growth.adapters.diabolocom.dialer import DiabolocomDialer
from growth.adapters.partners.webhooks import StandardWebhooks
from growth.adapters.vendor_http import VendorHttp
from growth.domain.campaigns.ports.dialer import Dialer
from growth.domain.referrals.ports.partners import PartnerWebhooks
from growth.settings import Settings

_SETTLING, _SANDBOX_SETTLING = timedelta(seconds=60), timedelta(seconds=3)
SANDBOX_TOKEN = "sandbox"  # noqa: S105 - it keeps nothing of value


class Vendors(Provider):
    """Who is called: the real vendor, or the sandbox where there are no credentials."""

    scope = Scope.APP

    @provide
    async def dialer(self, settings: Settings) -> AsyncIterator[Dialer]:
        real = settings.diabolocom_token is not None
        url = settings.diabolocom_base_url or f"{settings.sandbox_url}"
        http = VendorHttp(url, {"Private-Token": settings.diabolocom_token or SANDBOX_TOKEN})
        yield DiabolocomDialer(http, _SETTLING if real else _SANDBOX_SETTLING)
        await http.close()

    @provide
    async def partners(self, settings: Settings) -> AsyncIterator[PartnerWebhooks]:
        webhooks = StandardWebhooks(
            settings.partner_webhooks or {}, settings.partner_secrets or {}, public_only=settings.production
        )
        yield webhooks
        await webhooks.close()
