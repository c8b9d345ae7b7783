"""Replays a history of people with known outcomes under a limited number of calls, to compare orders of calling."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush


@dataclass(frozen=True, slots=True)
class Replay:
    """After each slot: how many calls were made so far, and how many successes were among them."""

    calls: tuple[int, ...]
    successes: tuple[int, ...]


def replay(won: Sequence[bool], slots: Sequence[int], priorities: Sequence[float], capacity: int) -> Replay:
    """Return what calling by priority reaches.

    People arrive as rows do, `slots` says in which slot each (ascending). In a slot the `capacity` people with the
    highest priority among all who wait are called, of equals who came first; nobody is called twice, and who was not
    called waits on. Whoever still waits after the last slot is never called.
    """
    waiting: list[tuple[float, int]] = []
    calls, successes, reached, made, arriving = [], [], 0, 0, 0
    for slot in range(slots[-1] + 1 if slots else 0):
        while arriving < len(slots) and slots[arriving] == slot:
            heappush(waiting, (-priorities[arriving], arriving))
            arriving += 1
        for _ in range(min(capacity, len(waiting))):
            made += 1
            reached += won[heappop(waiting)[1]]
        calls.append(made)
        successes.append(reached)
    return Replay(tuple(calls), tuple(successes))


def slots_by_size(people: int, arrivals: int) -> list[int]:
    """Return the slot of each person when so many arrive in each."""
    return [at // arrivals for at in range(people)]


def slots_by_day(times: Sequence[float]) -> list[int]:
    """Return the slot of each person when every distinct time (a day, as files have it) is a slot; times ascend."""
    slots: list[int] = []
    for at, time in enumerate(times):
        slots.append((slots[-1] + (time != times[at - 1])) if at else 0)
    return slots
