"""Calls to hosts that a stranger named: only to public addresses, and to the very address that was checked."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

import httpx2

from growth.domain.kernel.messages import GiveUp

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_CONNECT_SECONDS = 5.0
_ASSIGNED = ipaddress.ip_network("2000::/3")  # no IPv6 beyond it is public: IPv4 within IPv6, NAT64, site-local
_SPECIAL = [  # `is_global` does not know them
    ipaddress.ip_network("2002::/16"),  # 6to4: leads to the IPv4 address that it holds
    ipaddress.ip_network("192.88.99.0/24"),  # its relays
    ipaddress.ip_network("3fff::/20"),  # documentation
]


async def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses of the host, the system's favourite first; numbers in any notation are read as such."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    if not ip.is_global or ip.is_multicast:
        return False
    return (ip.version == 4 or ip in _ASSIGNED) and not any(ip in network for network in _SPECIAL)  # noqa: PLR2004


class PublicOnly(httpx2.AsyncBaseTransport):
    """Asks DNS once, raises `GiveUp` unless all the addresses are public, and connects to one of these.

    TLS still wants the certificate of the host's name. One instance calls one host only: connections are kept by
    address, and another host there would be believed without a certificate of its own.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport | None = None, resolve: Resolve = resolved) -> None:
        self._inner = inner or httpx2.AsyncHTTPTransport(trust_env=False)
        self._resolve = resolve

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        failure: httpx2.TransportError = httpx2.ConnectError("no address")
        for address in await self._checked(request.url):
            try:
                return await self._inner.handle_async_request(_pinned(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as unreachable:
                failure = unreachable
        raise failure

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _checked(self, url: httpx2.URL) -> Sequence[str]:
        host = url.raw_host.decode("ascii")
        try:
            addresses = await self._resolve(host, url.port or {"http": 80, "https": 443}[url.scheme])
        except (OSError, UnicodeError):  # a label may be too long for DNS
            raise httpx2.ConnectError("the name is unknown") from None
        if not all(map(is_public, addresses)):
            raise GiveUp(f"{host} has an address that is not public: events are only sent into the open Internet.")
        return addresses


def _pinned(request: httpx2.Request, address: str) -> httpx2.Request:
    """Return the request to this address; its Host header is still the name."""
    timeouts = request.extensions.get("timeout", {}) | {"connect": _CONNECT_SECONDS}
    name = {"sni_hostname": request.url.raw_host.decode("ascii")}
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, **name, "timeout": timeouts},
    )
