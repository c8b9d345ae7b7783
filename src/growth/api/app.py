"""The application: routers in one list, one layer around them, and what the container has to know about the frame."""

from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from typing import Any

from dishka import AsyncContainer, Provider, Scope
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from growth.api import (
    accountants,
    accounts,
    attribution,
    campaign_reports,
    campaigns,
    consents,
    conversations,
    do_not_call,
    events,
    lead_imports,
    leads,
    ledger,
    openapi,
    operations,
    operator_settings,
    privacy,
    prospects,
    referral_profiles,
    referrals,
    replays,
    requests,
    sales_teams,
    scoring_models,
    speech,
    timelines,
    unsubscribing,
)
from growth.api.cors import CaptureCors
from growth.api.errors import refuse
from growth.api.frame import Frame
from growth.api.idempotency import Repeats
from growth.api.limits import RateLimits
from growth.api.routing import Routes
from growth.api.security import Guard, KeyRing
from growth.api.webhooks.customerio import customerio_webhook
from growth.api.webhooks.dialer import dialer_webhook
from growth.api.webhooks.intercom import intercom_webhook
from growth.api.webhooks.partners import partner_webhooks
from growth.api.webhooks.pubsub import pubsub_estimates
from growth.api.webhooks.speech import speech_webhook
from growth.api.webhooks.stripe import stripe_webhook
from growth.domain.kernel.errors import GrowthError
from growth.settings import Settings

ROUTERS: Sequence[Routes] = (
    events.router,
    prospects.router,
    timelines.router,
    lead_imports.router,
    leads.router,
    consents.router,
    do_not_call.router,
    campaigns.router,
    campaign_reports.router,
    speech.router,
    replays.router,
    accounts.router,
    accountants.router,
    referrals.router,
    referral_profiles.router,
    ledger.router,
    attribution.router,
    unsubscribing.router,
    requests.router,
    conversations.router,
    sales_teams.router,
    scoring_models.router,
    operator_settings.router,
    privacy.router,
    operations.router,
)
# None of a sender without a secret.
WEBHOOKS: Sequence[Callable[[Settings], Routes]] = (
    stripe_webhook,
    customerio_webhook,
    intercom_webhook,
    dialer_webhook,
    speech_webhook,
    pubsub_estimates,
    partner_webhooks,
)


def frame_provider() -> Provider:
    """Return what the frame itself gives to the container.

    The container provides the rest: `Settings`, `StoredKeys`, `RateBudgets`, `IdempotentAnswers`, `Health`, and the
    ports of the routes.
    """
    provider = Provider(scope=Scope.APP)
    provider.provide_all(KeyRing, RateLimits, Guard, Repeats)
    return provider


def create_app(container: AsyncContainer, settings: Settings, *, extra: Iterable[Routes] = ()) -> FastAPI:
    """Return the application. `extra`: more routers than those of the list."""
    app = FastAPI(
        title="Growth",
        docs_url=None if settings.production else "/docs",
        openapi_url=None if settings.production else "/openapi.json",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # the frame has its own
        redirect_slashes=False,
    )
    own = (operations.probes(settings), operations.test_clock(settings), *(webhook(settings) for webhook in WEBHOOKS))
    for router in (*own, *ROUTERS, *extra):
        app.router.routes.extend(router.routes)
    for error in (GrowthError, HTTPException, RequestValidationError):
        app.add_exception_handler(error, refuse)
    _name_operations(app)
    app.openapi = _document(app)  # type: ignore[method-assign]
    if settings.cors_origins:
        app.add_middleware(CaptureCors, origins=settings.cors_origins, routes=app.routes)
    app.add_middleware(Frame, container=container)
    return app


def _name_operations(app: FastAPI) -> None:
    for route in app.routes:
        if isinstance(route, APIRoute):
            route.operation_id = route.operation_id or route.name


def _document(app: FastAPI) -> Any:  # noqa: ANN401 - FastAPI's own method's type
    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = openapi.described(app.routes, version("growth"))
        return app.openapi_schema

    return document
