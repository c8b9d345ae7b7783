"""The DI container: the only room that knows every adapter."""

from dishka import AsyncContainer, Provider, make_async_container

from growth.api.app import frame_provider
from growth.container.campaigns import Campaigns
from growth.container.conversations import Conversations
from growth.container.database import Database
from growth.container.drivers import Drivers
from growth.container.examples import EXAMPLES
from growth.container.privacy import Privacy
from growth.container.prospects import Prospects
from growth.container.referrals import Referrals
from growth.container.speech import Speech
from growth.container.vendors import SANDBOX_TOKEN, Vendors
from growth.settings import Settings

__all__ = ["EXAMPLES", "SANDBOX_TOKEN", "make_container"]


def make_container(settings: Settings, *instead: Provider) -> AsyncContainer:
    """Return the container of a process. It opens nothing before the first thing is asked of it.

    `instead`: what tests put in the place of parts.
    """
    contexts = (Campaigns(), Speech(), Referrals(), Prospects(), Conversations(), Privacy())
    providers = (Database(), Vendors(), *contexts, Drivers(), frame_provider(), *instead)
    return make_async_container(*providers, context={Settings: settings})
