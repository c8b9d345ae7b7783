"""What the load would fall on. A server counts as production until something speaks for the opposite."""

import ipaddress
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.line import Answer, Line
from stress.exchanges import as_json, code_of

_PATIENCE = 20  # seconds: the description is made when it is first asked for
_DESCRIPTION = "/openapi.json"
_NO_SUCH_ROUTE, _OK, _NOT_FOR_THIS_KEY = 404, 200, {401, 403}


class NotThere(Exception):
    """Nobody answers under the URL, or not to this key."""


class MayBeProduction(Exception):
    """Nothing says that it is not."""


@dataclass(frozen=True, slots=True)
class Target:
    """`routes`: the paths it describes, None where it describes nothing."""

    url: str
    routes: Collection[str] | None

    def has(self, path: str, template: str) -> bool:
        return self.routes is None or path in self.routes or template in self.routes


async def look_at(url: str, line: Line, *, yes_real_data: bool) -> Target:
    """Return the target. Raises `MayBeProduction` where it is, or may be, production and nobody has said yes.

    In production a server keeps its description closed, wherever it stands: one that is reached through a tunnel too.
    """
    answer = await _asked(line)
    routes = None if answer is None else _described(answer)
    if not yes_real_data and (reason := _reason(url, answer, routes)):
        raise MayBeProduction(
            f"{url} counts as production: {reason}. Nothing was sent. Should it bear the load all the same, with "
            "invented people under example.org, add --yes-real-data."
        )
    if answer is None:
        raise NotThere(f"Nobody answers at {url}: start the server, or mend the URL.")
    return Target(url, routes)


async def check_key(line: Line, key: str) -> None:
    """Raise `NotThere` when the server does not take the key for one of the role service."""
    headers = {"authorization": f"Bearer {key}"}
    answer = await line.exchange("POST", "/v1/referrals", as_json({}), headers, seconds=_PATIENCE)
    if answer.status in _NOT_FOR_THIS_KEY:
        raise NotThere(f"The key is refused ({answer.status} {code_of(answer)}): give one of the role service.")


async def _asked(line: Line) -> Answer | None:
    try:
        return await line.exchange("GET", _DESCRIPTION, seconds=_PATIENCE)
    except (OSError, EOFError, ValueError):
        return None


def _described(answer: Answer) -> Collection[str] | None:
    """Return the paths of Growth's description, None where it is none."""
    told = answer.told() if answer.status == _OK else None
    if not isinstance(told, Mapping) or not isinstance(told.get("info"), Mapping):
        return None
    paths = told.get("paths")
    return list(paths) if told["info"].get("title") == "Growth" and isinstance(paths, Mapping) else None


def _reason(url: str, answer: Answer | None, routes: Collection[str] | None) -> str | None:
    """Return why it counts as production; None: it does not."""
    if routes is not None:
        return None
    if answer is not None and answer.status == _NO_SUCH_ROUTE:
        return f"it keeps {_DESCRIPTION} closed, as production does"
    if answer is None:
        return None if is_private(url) else "its address is public and it did not say that it is none"
    return f"it answers {_DESCRIPTION} with {answer.status}, and does not say that it is none"


def is_private(url: str) -> bool:
    """Tell whether every address of the URL's host is of this machine or of a private network."""
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    addresses = [ipaddress.ip_address(str(address[0]).partition("%")[0]) for *_, address in found]
    return all(it.is_loopback or it.is_private or it.is_link_local for it in addresses)
