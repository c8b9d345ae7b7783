"""All vendors behind one address: the dialer at `/`, the others each below its name."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from growth.adapters.sandbox.customerio import customerio_app
from growth.adapters.sandbox.dialer import dialer_app
from growth.adapters.sandbox.dialer_settings import DialerSettings
from growth.adapters.sandbox.faults import FaultLayer, Faults, Now
from growth.adapters.sandbox.intercom import intercom_app
from growth.adapters.sandbox.raw_log import RawLog
from growth.adapters.sandbox.salesforce import salesforce_app
from growth.adapters.sandbox.slack import slack_app
from growth.adapters.sandbox.speech import speech_app


def vendors_app(dialer: DialerSettings, now: Now) -> ASGIApp:
    """Build the sandboxes, to be served by uvicorn as its own application. Each has its own faults and log."""
    played = {
        "customerio": customerio_app(),
        "intercom": intercom_app(),
        "salesforce": salesforce_app(),
        "slack": slack_app(),
        "speech": speech_app(),
    }
    below = {name: FaultLayer(RawLog(app), now, Faults()) for name, app in played.items()}
    return _ByName(below, dialer_app(dialer, now))


class _ByName:
    """Hands a request to the vendor that its path begins with, who sees only what follows."""

    def __init__(self, below: Mapping[str, ASGIApp], others: ASGIApp) -> None:
        self._below = below
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, _, rest = scope["path"].removeprefix("/").partition("/") if scope["type"] == "http" else ("", "", "")
        app = self._below.get(name)
        if app is None:
            await self._others(scope, receive, send)
            return
        raw = scope.get("raw_path", b"").removeprefix(f"/{name}".encode())
        await app({**scope, "path": f"/{rest}", "raw_path": raw}, receive, send)
