"""Takes values of the right kind and size out of a JSON object, or says in one clause which is wrong."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, Final, TypeVar

_LARGEST: Final = 1e100
_LONGEST_TEXT: Final = 1_000

ChoiceT = TypeVar("ChoiceT")


class Wrong(Exception):
    """The first thing that is wrong: a clause, to be put after "the file cannot be used:"."""


class Fields:
    """An object of JSON; `at` is where it stands, like "model.trees[3]"."""

    def __init__(self, raw: Any, at: str) -> None:  # noqa: ANN401 - anything can stand in a file
        if not isinstance(raw, dict):
            raise Wrong(f"{at or 'it'}: is not an object")
        self.raw: dict[str, Any] = raw
        self.at = at

    def exactly(self, *names: str) -> None:
        if missing := [name for name in names if name not in self.raw]:
            raise Wrong(f"{self._name(missing[0])}: is missing")
        if len(self.raw) > len(names):
            raise Wrong(f"{self.at or 'it'}: has keys that do not belong there")

    def at_most(self, count: int) -> None:
        if len(self.raw) > count or any(len(name) > _LONGEST_TEXT for name in self.raw):
            raise Wrong(f"{self.at}: has more than {count} keys, or one that is too long")

    def fields(self, name: str) -> "Fields":
        return Fields(self.raw.get(name), self._name(name))

    def each(self, name: str, most: int) -> Iterator["Fields"]:
        for place, raw in enumerate(self._list(name, 0, most)):
            yield Fields(raw, f"{self._name(name)}[{place}]")

    def text(self, name: str) -> str:
        return self._text(self.raw[name], self._name(name))

    def texts(self, name: str, most: int) -> tuple[str, ...]:
        return tuple(self._text(each, self._name(name)) for each in self._list(name, 0, most))

    def one_of(self, name: str, choices: Sequence[ChoiceT]) -> ChoiceT:
        for choice in choices:
            if self.raw[name] == choice:
                return choice
        raise Wrong(f"{self._name(name)}: has to be one of {', '.join(map(str, choices))}")

    def number(self, name: str) -> float:
        return self._number(self.raw[name], self._name(name))

    def numbers(self, name: str, least: int, most: int) -> tuple[float, ...]:
        return tuple(self._number(each, self._name(name)) for each in self._list(name, least, most))

    def whole(self, name: str, highest: int, lowest: int = 0) -> int:
        return self._whole(self.raw[name], self._name(name), lowest, highest)

    def wholes(self, name: str, least: int, most: int, highest: int) -> tuple[int, ...]:
        return tuple(self._whole(each, self._name(name), -1, highest) for each in self._list(name, least, most))

    def switches(self, name: str, count: int) -> tuple[bool, ...]:
        found = self._list(name, count, count)
        if not all(isinstance(each, bool) for each in found):
            raise Wrong(f"{self._name(name)}: may only have true and false")
        return tuple(found)

    def fact(self, name: str) -> str | int | float:
        value = self.raw[name]
        if isinstance(value, str):
            return self._text(value, self._name(name))
        number = self._number(value, self._name(name))
        return value if isinstance(value, int) else number

    def _name(self, name: str) -> str:
        return f"{self.at}.{name}" if self.at else name

    def _list(self, name: str, least: int, most: int) -> list[Any]:
        found = self.raw[name]
        if not isinstance(found, list) or not least <= len(found) <= most:
            sizes = f"{least}" if least == most else f"{least} to {most}"
            raise Wrong(f"{self._name(name)}: has to be a list of {sizes}")
        return found

    @staticmethod
    def _text(value: object, at: str) -> str:
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise Wrong(f"{at}: has to be text of at most {_LONGEST_TEXT} characters")
        return value

    @staticmethod
    def _number(value: object, at: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not -_LARGEST <= value <= _LARGEST:
            raise Wrong(f"{at}: has to have numbers that are finite and not huge")
        if not isfinite(number := float(value)):
            raise Wrong(f"{at}: has to have finite numbers")
        return number

    @staticmethod
    def _whole(value: object, at: str, lowest: int, highest: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise Wrong(f"{at}: has to be whole and from {lowest} to {highest}")
        return value
