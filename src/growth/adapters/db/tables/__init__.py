"""All tables of the service: importing this module fills `metadata`."""

from growth.adapters.db.metadata import metadata
from growth.adapters.db.tables import access, campaigns, messages, operations, people

__all__ = ["access", "campaigns", "messages", "metadata", "operations", "people"]
