"""What differs by country in capturing addresses and quoting: one port, one file for each country.

A new country is one new file, and its line in `COUNTRIES`.
"""

from collections.abc import Mapping
from typing import Protocol

from growth.domain.kernel.country import Country
from growth.domain.prospects.business_rules.countries.be import Belgium
from growth.domain.prospects.business_rules.countries.es import Spain
from growth.domain.prospects.business_rules.countries.fr import France
from growth.domain.prospects.entities.decisions import QuoteDecision, TrackedEvent
from growth.domain.prospects.entities.requests import SalesRequest


class CountryRules(Protocol):
    """`link` leads back into the flow. Raises `NotInThisCountry` where the country has no such thing."""

    def email_captured(self, request: SalesRequest, link: str) -> TrackedEvent: ...

    def quote_requested(self, request: SalesRequest, link: str) -> QuoteDecision: ...


COUNTRIES: Mapping[Country, CountryRules] = {
    Country.FR: France(),
    Country.BE: Belgium(),
    Country.ES: Spain(),
}
