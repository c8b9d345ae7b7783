"""The container: what is asked for is there, and nothing is there that nobody asks for."""

from collections.abc import Mapping
from dataclasses import replace
from inspect import signature
from typing import get_args

import pytest
from dishka import AsyncContainer
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.access import SqlApiKeys
from growth.adapters.db.clock import DatabaseClock
from growth.api.app import create_app
from growth.api.idempotency import Repeats
from growth.api.security import Guard
from growth.container import make_container
from growth.deliveries import Deliveries
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.use_cases import ExportCalls, ImportDoNotCall, RescoreLeads, SimulateCampaigns
from growth.domain.conversations.use_cases import CloseSigned, RetrieveDuplicates
from growth.domain.kernel.messages import Handler
from growth.domain.kernel.operating import Health
from growth.domain.referrals.use_cases import ConsumeUnrewarded
from growth.schedule import Scheduler
from growth.settings import Settings

# What the drivers ask for by hand: the process, the command line, the routes' own frame.
ASKED = {
    *(ConsumeUnrewarded, CloseSigned, RetrieveDuplicates, ImportDoNotCall, SimulateCampaigns, ExportCalls),
    RescoreLeads,
    *(Scheduler, Deliveries, Configuration, SqlApiKeys, DatabaseClock, Guard, Repeats, Health),
}
VENDORS = ("STRIPE", "CUSTOMERIO", "INTERCOM_FR")


@pytest.fixture
async def container(database_url):
    secrets = {f"GROWTH_{vendor}_WEBHOOK_SECRET": "a secret of a test" for vendor in VENDORS}
    secrets |= {"GROWTH_PUBSUB_AUDIENCE": "us", "GROWTH_PUBSUB_EMAIL": "push@example.org"}
    settings = replace(Settings.from_environment({"GROWTH_ENV": "test"} | secrets), database_url=database_url)
    container = make_container(settings)
    yield container
    await container.close()


def provided(container):
    """What there is, each with what it is made from."""
    return {
        key.type_hint: {it.type_hint for it in (*factory.dependencies, *factory.kw_dependencies.values())}
        for key, factory in container.registry.factories.items()
        if isinstance(key.type_hint, type) or get_args(key.type_hint)
    }


async def test_everything_that_is_provided_can_be_made(container):
    kinds = provided(container)
    assert len(kinds) > 30
    for kind in kinds:
        assert await container.get(kind) is not None


async def test_nothing_is_provided_that_nobody_uses(container):
    kinds = provided(container)
    used = set().union(*kinds.values()) | ASKED | asked_by_routes(container, await container.get(Settings))
    assert kinds.keys() - used - {AsyncContainer} == set()


async def test_every_message_that_is_sent_has_a_handler(container):
    routing = await container.get(Mapping[str, Handler])
    dialer = {"dialer.inject", "dialer.close", "dialer.take_back", "dialer.poll", "campaign.start", "inbox.dialer"}
    leads = {"inbox.pubsub", "inbox.partners"}
    law = {"consent.given"}
    speech = {"speech.call", "speech.delete", "inbox.speech"}
    mailer = {"customerio.person", "customerio.user", "customerio.event", "customerio.unsuppress", "inbox.customerio"}
    others = {"referrals.consume", "partner.event", "inbox.stripe", "slack.request", "slack.won"}
    desk = {f"conversation.{it}" for it in ("detect", "note", "close", "reopen", "close_signed")} | {"inbox.intercom"}
    privacy = {"erasure.vendor", "retention.carry_out"}
    assert routing.keys() == dialer | mailer | desk | others | privacy | law | leads | speech


async def test_a_container_opens_nothing_before_it_is_asked(container):
    assert (await container.get(AsyncEngine)).pool.checkedout() == 0


def asked_by_routes(container, settings):
    routes = [it for it in create_app(container, settings).routes if isinstance(it, APIRoute)]
    endpoints = [getattr(it.endpoint, "__dishka_orig_func__", it.endpoint) for it in routes]
    return {
        get_args(it.annotation)[0]
        for endpoint in endpoints
        for it in signature(endpoint).parameters.values()
        if any("FromComponent" in type(extra).__name__ for extra in get_args(it.annotation)[1:])
    }
