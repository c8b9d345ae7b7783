"""What goes wrong in a season, by its seed: when the worker is killed, and what the dialer does to its answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from growth.adapters.sandbox.faults import Faults, Refuse
from growth.demo.calendar import Season

QUARTER = timedelta(minutes=15)
_TIMED_OUT = 16.0  # a little longer than the service waits for an answer
_DAYS_FOR_TIMEOUTS = 5  # each takes a quarter of a minute of the audience's life
SUFFERING = 704  # the campaign whose batches are slow, and time out
BATCHES = f"/api/v2/voice/campaigns/{SUFFERING}/contact-batch"
# A quarter of an hour of the calendar has one of these, as often as it says.
WEATHER: Mapping[str, tuple[int, Faults]] = {
    "fair": (45, Faults()),
    "lost answers": (14, Faults(drop_answer=0.1)),
    "late after a lost answer": (10, Faults(drop_answer=0.1, apply_late_after_drop=2)),
    "503": (12, Faults(refuse=Refuse(probability=0.1, status=503))),
    "429": (4, Faults(refuse=Refuse(probability=0.05, status=429, retry_after=1))),
    "no JSON": (8, Faults(html=0.1)),
    "slow": (7, Faults(path=BATCHES, hang=0.5)),
}
TIME_OUT = Faults(path=f"{BATCHES}/create", hang=_TIMED_OUT)


@dataclass(frozen=True, slots=True)
class Kill:
    """When the clock shows `at`, and then so many real seconds later."""

    at: datetime
    delay: float


def kills(season: Season, seed: int) -> Iterator[Kill]:
    """Yield in order: two in the night of the change, one for every other slot: at its start, within, at its end."""
    chance = Random(f"{seed} {season.name} kills")  # noqa: S311 - repeatable on purpose
    opens, closes = season.night()
    moments = [season.change_of_clocks(), opens + chance.random() * (closes - opens)]
    for start, end in season.slots():
        drawn = chance.random()
        if drawn < 0.25:  # noqa: PLR2004 - shares, one after the other
            moments.append(start)
        elif drawn < 0.4:  # noqa: PLR2004
            moments.append(start + chance.random() * (end - start))
        elif drawn < 0.55:  # noqa: PLR2004
            moments.append(end)
    yield from (Kill(at, chance.uniform(0, 0.7)) for at in sorted(moments))


def weather(season: Season, seed: int, at: datetime) -> tuple[str, Faults]:
    """Return the name and the faults of the quarter of an hour that `at` lies in."""
    quarter = int((at - season.opens) / QUARTER)
    chance = Random(f"{seed} {season.name} {quarter}")  # noqa: S311 - repeatable on purpose
    (name,) = chance.choices(list(WEATHER), [share for share, _ in WEATHER.values()])
    return name, WEATHER[name][1].model_copy(update={"seed": chance.randrange(2**31)})


def time_outs(season: Season) -> list[datetime]:
    """Return from when on one request that hands contacts over is answered too late."""
    slots = list(season.slots())
    return [start for start, _ in slots[3::9]][:3] if season.days >= _DAYS_FOR_TIMEOUTS else []
