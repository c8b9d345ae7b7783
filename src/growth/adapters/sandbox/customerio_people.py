"""The people of a sandbox workspace: who is known by what, what happened to them, who is suppressed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

_TRUE = {"true", "1"}


@dataclass(slots=True)
class Person:
    cio_id: str
    id: str | None = None
    email: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def unsubscribed(self) -> bool:
        return str(self.attributes.get("unsubscribed", "")).lower() in _TRUE

    @property
    def names(self) -> set[tuple[str, str]]:
        named = (("cio_id", self.cio_id), ("id", self.id), ("email", self.email))
        return {(kind, value) for kind, value in named if value is not None}


Identifier = tuple[str, str]


def identifier(text: str) -> Identifier:
    """Return what a path names: an address, the vendor's own id, or ours; a phone is read as an id."""
    if "@" in text:
        return ("email", text.lower())
    return ("cio_id", text.removeprefix("cio_")) if text.startswith("cio_") else ("id", text)


class People:
    def __init__(self) -> None:
        self.people: list[Person] = []
        self.suppressed: set[Identifier] = set()
        self.failures: list[dict[str, Any]] = []
        self._made = 0

    def find(self, named: Identifier) -> Person | None:
        return next((it for it in self.people if named in it.names), None)

    def identify(self, named: Identifier, attributes: Mapping[str, Any]) -> None:
        """Set attributes. What would give one identifier to two people is not applied, and only the log says so."""
        given = {k: v for k, v in attributes.items() if not k.startswith("_") and k not in {"id", "email"}}
        new = {named} | {
            (kind, value.lower() if kind == "email" else value)
            for kind in ("id", "email")
            if (value := attributes.get(kind))
        }
        if new & self.suppressed:
            return
        person = self.find(named)
        if person is None and attributes.get("_update"):
            return
        holders = [other for it in new if (other := self.find(it)) is not None and other is not person]
        if holders:
            self.failures.append({"kind": "Attribute Update Failure", "identifier": named, "attributes": attributes})
            return
        person = person or self._add()
        for kind, value in new - {("cio_id", person.cio_id)}:
            setattr(person, kind, value)
        person.attributes |= given

    def track(self, named: Identifier, event: Mapping[str, Any]) -> None:
        """Keep an event, once for each `id`; an unknown person is made."""
        if named in self.suppressed:
            return
        if self.find(named) is None:
            self.identify(named, {})
        person = self.find(named)
        if person is not None and (
            event.get("id") is None or event["id"] not in [it.get("id") for it in person.events]
        ):
            person.events.append(dict(event))

    def delete(self, named: Identifier) -> None:
        self.people = [it for it in self.people if named not in it.names]

    def suppress(self, named: Identifier) -> None:
        """Delete a person for good: nothing is kept under any of the identifiers from then on."""
        person = self.find(named)
        self.suppressed |= {named} | (person.names if person else set())
        self.delete(named)

    def unsuppress(self, named: Identifier) -> None:
        self.suppressed.discard(named)

    def shown(self) -> dict[str, Any]:
        return {
            "people": [asdict(it) | {"unsubscribed": it.unsubscribed} for it in self.people],
            "suppressed": [dict([it]) for it in sorted(self.suppressed)],
            "failures": self.failures,
        }

    def _add(self) -> Person:
        self._made += 1
        self.people.append(Person(f"{self._made:012x}"))
        return self.people[-1]
