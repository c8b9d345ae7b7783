"""Requests to sales, as they are read again when they are told on."""

from typing import Protocol

from growth.domain.prospects.entities.requests import RequestId, SalesRequest


class Requests(Protocol):
    async def add(self, request: SalesRequest) -> None: ...


class RequestViews(Protocol):
    async def get(self, id: RequestId) -> SalesRequest | None:
        """Return a request; None when its person was erased."""
        ...
