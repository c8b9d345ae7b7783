"""What visitors of a site send: events of people who come back, and estimates of those who have looked around."""

from random import Random
from typing import Any

from stress.exchanges import Request, as_json
from stress.people import People

_NEWCOMERS, _AGAIN = 1 / 3, 0.5
_PAGES = ("/", "/prices", "/estimate", "/agencies/lyon", "/how-it-works", "/blog/selling-in-winter")
_CAME: tuple[dict[str, str], ...] = (
    {},
    {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "estimate-fr"},
    {"utm_source": "newsletter", "utm_medium": "email"},
    {"utm_source": "facebook", "utm_medium": "social"},
)
_LATER = ("page_view", "page_view", "page_view", "page_view", "website_capture_form", "meeting_request")
_POSTAL_CODES = ("75011", "69003", "13008", "33000", "59000", "44000", "31000", "67000")
_TIMEFRAMES = ("now", "3_months", "6_months", "12_months", "later", "none")


class Events:
    """`POST /v1/events`: a newcomer fills in a form, who is known looks at pages and comes back."""

    def __init__(self, people: People, chance: Random) -> None:
        self._people, self._chance, self._number = people, chance, 0

    def next(self) -> Request:
        person = None if self._chance.random() < _NEWCOMERS else self._people.anybody_known()
        if person is None:
            person = self._people.newcomer()
            body = self._event("website_capture_form", person) | self._chance.choice(_CAME)
            return _event(body, then=lambda _: self._people.meet(person))
        body = self._event(self._chance.choice(_LATER), person)
        return _event(body, then=lambda _: self._people.saw(person))

    def _event(self, name: str, person: int) -> dict[str, Any]:
        self._number += 1
        told = {"event_name": name, "email": self._people.email(person)}
        told["message_id"] = f"{self._people.tag}-{self._number}"
        if name == "page_view":
            return told | {"properties": {"url": f"https://www.example.org{self._chance.choice(_PAGES)}"}}
        told |= {"country_code": "FR", "persona_type": "Individual", "phone": self._people.phone(person)}
        form = {"request_type": "callback"} if name == "meeting_request" else {"form_name": "contact"}
        return told | {"properties": form}

    def bad(self) -> Request:
        body = self._event("website_capture_form", 0)
        breaks = (
            (body | {"email": "nobody"}, "bad-email"),
            (body | {"shoe_size": 43}, "invalid"),
            (body | {"properties": {}}, "bad-event"),
        )
        broken, code = self._chance.choice(breaks)
        return _event(broken, refusal=(422, code))


class Estimates:
    """`POST /v1/estimates`: of whoever has looked around, of somebody who asks again, or straight from an advert."""

    def __init__(self, people: People, chance: Random) -> None:
        self._people, self._chance = people, chance

    def next(self) -> Request:
        person = self._people.curious()
        if person is None and self._chance.random() < _AGAIN:
            person = self._people.anybody_known()
        if person is not None:
            return _estimate(self._wish(person))
        newcomer = self._people.newcomer()
        return _estimate(self._wish(newcomer), then=lambda _: self._people.meet(newcomer))

    def _wish(self, person: int) -> dict[str, Any]:
        chance = self._chance
        consent = {"wording_version": "stress-1", "evidence": {"form": "estimate", "box": "ticked"}}
        return {
            "email": self._people.email(person),
            "phone": self._people.phone(person),
            "first_name": "Stress",
            "last_name": f"Test {person}",
            "country_code": "FR",
            "is_owner": chance.random() < 0.8,
            "sell_timeframe": chance.choice(_TIMEFRAMES),
            "buys_first": chance.random() < 0.2,
            "property_type": chance.choice(("house", "apartment", "apartment", "land")),
            "postal_code": chance.choice(_POSTAL_CODES),
            "surface_m2": chance.randrange(20, 250),
            "estimated_price_eur": chance.randrange(80, 1_500) * 1_000,
            **({"consent": consent} if chance.random() < 0.5 else {}),
            **chance.choice(_CAME),
        }

    def bad(self) -> Request:
        wish = self._wish(0)
        breaks = (
            (wish | {"email": "nobody"}, "bad-email"),
            (wish | {"postal_code": "over there"}, "bad-postal-code"),
            (wish | {"sell_timeframe": "yesterday"}, "invalid"),
        )
        broken, code = self._chance.choice(breaks)
        return _estimate(broken, refusal=(422, code))


def _event(body: dict[str, Any], **meant: Any) -> Request:
    return Request("events", "POST", "/v1/events", as_json(body), **meant)


def _estimate(body: dict[str, Any], **meant: Any) -> Request:
    return Request("estimates", "POST", "/v1/estimates", as_json(body), **meant)
