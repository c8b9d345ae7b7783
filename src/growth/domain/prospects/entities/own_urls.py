"""Where we are ourselves, for the links that we give out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnUrls:
    """Without a slash at the end. `site`: what people visit; `api`: this service."""

    site: str
    api: str
