"""The people of one run. All of them can be found again, and none of them exists.

Addresses stand under example.org, which is nobody's (RFC 2606), and carry the run's id; numbers are from those that
France keeps for films and books (ARCEP), which are never given to anybody.
"""

from collections import Counter, deque
from random import Random

# 06 39 98 is no mobile number to Google's library, whose word the service takes: these leads have an invalid number,
# as some have whose owner mistyped.
_FICTITIOUS = ("19900", "26191", "35301", "46571", "53649", "63998")
_EACH = 10_000
_SHIFT = 10  # of Zipf and Mandelbrot: without it the most frequent of 200 people would be every eighth one
_BEFORE_AN_ESTIMATE = 2


class People:
    """`newest`: how many there are. They are numbered from 1 on."""

    def __init__(self, run: str, chance: Random) -> None:
        self.tag, self.newest = f"stress-{run}", 0
        self._chance = chance
        self._known: list[int] = []
        self._events = Counter[int]()
        self._curious = deque[int]()

    def newcomer(self) -> int:
        self.newest += 1
        return self.newest

    def meet(self, person: int) -> None:
        """From now on the server knows the person, who may come back."""
        self._known.append(person)
        self.saw(person)

    def saw(self, person: int) -> None:
        """The person did something; after some of these comes an estimate."""
        self._events[person] += 1
        if self._events[person] == _BEFORE_AN_ESTIMATE:
            self._curious.append(person)

    def anybody_known(self) -> int | None:
        """Return who comes back: some do often, most seldom, by Zipf's law."""
        place = by_zipf(len(self._known), self._chance)
        return None if place is None else self._known[place]

    def curious(self) -> int | None:
        """Return somebody who has looked around and not yet asked for an estimate."""
        return self._curious.popleft() if self._curious else None

    def email(self, person: int) -> str:
        return f"{self.tag}-{person}@example.org"

    def phone(self, person: int) -> str:
        return f"+33{_FICTITIOUS[person % len(_FICTITIOUS)]}{person // len(_FICTITIOUS) % _EACH:04}"


def by_zipf(number: int, chance: Random) -> int | None:
    """Return one of so many places, the first the most often; None of none."""
    if not number:
        return None
    spread = (number + _SHIFT) / _SHIFT
    return min(number - 1, int(_SHIFT * spread ** chance.random() - _SHIFT))
