"""Erasures and tombstones."""

from enum import StrEnum


class ErasureState(StrEnum):
    REPORTED = "reported"  # a dry run: nothing was removed
    RUNNING = "running"  # gone here, some vendor has not confirmed yet
    COMPLETE = "complete"


class VendorState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    ALARMED = "alarmed"  # refused for good or for too long: a person has to see to it


class TombstoneKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"
