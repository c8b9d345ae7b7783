"""One process of Growth: the HTTP server, the workers and the scheduler, on one container."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from dishka import AsyncContainer
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.engine import open_pool
from growth.api.app import create_app
from growth.container import make_container
from growth.deliveries import Deliveries
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.prospects.entities.sales_teams import SalesTeams
from growth.domain.referrals.entities.terms import Programme
from growth.http_server import serve
from growth.schedule import Scheduler
from growth.settings import Settings

log = structlog.get_logger(__name__)


@asynccontextmanager
async def working(container: AsyncContainer, settings: Settings) -> AsyncIterator[None]:
    """Run the workers, and the scheduler unless it is switched off, beside what the block does."""
    deliveries = await container.get(Deliveries)
    scheduler = await container.get(Scheduler) if settings.scheduler else None
    worker = asyncio.create_task(deliveries.run())
    if scheduler:
        scheduler.start()
    try:
        yield
    finally:
        if scheduler:
            await scheduler.stop()
        deliveries.stop()
        with suppress(asyncio.CancelledError):
            await worker


def _warn(settings: Settings) -> None:
    """Say loudly what is made for trying out."""
    if settings.sandboxed_vendors:
        log.warning("vendors_are_played_by_the_sandbox", vendors=settings.sandboxed_vendors)
    if settings.campaigns_file is None:
        log.warning("campaigns_are_the_example", detail="Set GROWTH_CAMPAIGNS_FILE to your campaigns file.")
    if settings.referral_terms_file is None:
        log.warning("referral_terms_are_the_example", detail="Set GROWTH_REFERRAL_TERMS_FILE to your terms file.")
    if settings.sales_teams_file is None:
        log.warning("sales_teams_are_the_example", detail="Set GROWTH_SALES_TEAMS_FILE to your file of sales teams.")


async def load_files(container: AsyncContainer) -> None:
    """Read what an operator has written. Raises `BadConfiguration`, `BadTerms`, `BadSalesTeams`."""
    await container.get(Configuration)
    await container.get(Programme)
    await container.get(SalesTeams)


async def run(container: AsyncContainer, settings: Settings, listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; then finish what is under way and give back what is not.

    Raises `BadConfiguration`, `BadTerms`, `BadSalesTeams` before anything is done.
    """
    await load_files(container)
    await open_pool(await container.get(AsyncEngine), settings.pool_size)
    app: FastAPI = create_app(container, settings)
    for warning in settings.warnings:
        log.warning("unknown_setting", detail=warning)
    if settings.production:
        _warn(settings)
    async with working(container, settings):
        await serve(app, settings, listening)


async def run_alone(settings: Settings, listening: socket.socket) -> None:
    """Serve on a container of its own."""
    container = make_container(settings)
    try:
        await run(container, settings, listening)
    finally:
        await container.close()
