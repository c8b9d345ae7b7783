"""Numbers of do-not-call lists, as they are written."""

from collections.abc import Sequence

from growth.domain.kernel.country import Country
from growth.domain.kernel.person import parse_phone


def dialled(texts: Sequence[str], country: Country) -> list[str | None]:
    """Return each as it is dialled (E.164), in whatever spelling; None: this is no number there."""
    parsed = (parse_phone(text, country) for text in texts)
    return [phone.number if phone and phone.valid else None for phone in parsed]
