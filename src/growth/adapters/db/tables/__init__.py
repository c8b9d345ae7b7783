"""All tables of the service: importing this module fills `metadata`."""

from growth.adapters.db.metadata import metadata
from growth.adapters.db.tables import (
    access,
    accounts,
    campaigns,
    consents,
    conversations,
    messages,
    models,
    operations,
    people,
    privacy,
    prospects,
    referrals,
    speech,
    terms,
)

__all__ = [
    "access",
    "accounts",
    "campaigns",
    "consents",
    "conversations",
    "messages",
    "metadata",
    "models",
    "operations",
    "people",
    "privacy",
    "prospects",
    "referrals",
    "speech",
    "terms",
]
