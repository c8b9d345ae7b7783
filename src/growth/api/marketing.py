"""Marketing parameters in a body: the whole object, or the loose ones of the page's address."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from growth.api.schemas import Input
from growth.domain.kernel import marketing

_Utm = Annotated[Any, Field(description="Of the page's address; cut to 255 characters.")]
_UTMS = ("source", "medium", "campaign", "term", "content")


class Marketed(Input):
    """A body that tells how somebody came. Nothing in here is refused: what cannot be used is left out."""

    marketing_parameters: Any = Field(default=None, description="Lenient; counts instead of the loose `utm_…`.")
    utm_source: _Utm = None
    utm_medium: _Utm = None
    utm_campaign: _Utm = None
    utm_term: _Utm = None
    utm_content: _Utm = None

    def marketing(self) -> dict[str, object] | None:
        if isinstance(self.marketing_parameters, Mapping):
            return marketing.cleaned(self.marketing_parameters)
        loose = {name: value for name in _UTMS if isinstance(value := getattr(self, f"utm_{name}"), str) and value}
        return marketing.cleaned({"utms": loose}) if loose else None
