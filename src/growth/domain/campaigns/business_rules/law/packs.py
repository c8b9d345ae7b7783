"""The law packs. This is not legal advice: have a lawyer read them before you rely on them."""

from dataclasses import replace
from datetime import date, time

from growth.domain.campaigns.entities.law import AttemptWindow, CallHours, Ground, Grounds, LawPack, Silence
from growth.domain.campaigns.entities.slots import WeeklySlot
from growth.domain.kernel.country import Country

_MONDAY_TO_FRIDAY = range(5)


def _working_days(*windows: tuple[time, time]) -> tuple[WeeklySlot, ...]:
    return tuple(WeeklySlot(day, start, end) for day in _MONDAY_TO_FRIDAY for start, end in windows)


_D_223_9 = "Code de la consommation D.223-9 (decree 2022-1313)"
_FRANCE_2023 = LawPack(
    version="FR-2023-03-01",
    country=Country.FR,
    valid_from=date(2023, 3, 1),
    hours=CallHours(
        windows=_working_days((time(10), time(13)), (time(14), time(20))),
        on_holidays=False,
        agreed_times=False,
        legal_source=_D_223_9,
    ),
    do_not_call="Code de la consommation L.223-1 (Bloctel)",
    grounds=None,
    attempts=AttemptWindow(most=4, days=30, legal_source=_D_223_9),
    silence=Silence(least_days=60, legal_source=_D_223_9),
)

_LAW_2025_594 = "law 2025-594, decree 2026-662"
_FRANCE_2026 = replace(
    _FRANCE_2023,
    version="FR-2026-08-11",
    valid_from=date(2026, 8, 11),
    hours=replace(_FRANCE_2023.hours, agreed_times=True, legal_source=_LAW_2025_594),
    do_not_call="GDPR art. 21(3): the person objects to such calls",
    grounds=Grounds(
        accepted=frozenset({Ground.CONSENT, Ground.REQUEST, Ground.RUNNING_CONTRACT}),
        consent_years=1,
        legal_source=f"Code de la consommation L.223-1 ({_LAW_2025_594})",
    ),
    attempts=AttemptWindow(most=4, days=30, legal_source=_LAW_2025_594),
    silence=Silence(least_days=0, legal_source="default of this service: silence after a refusal"),
)

_SPAIN = LawPack(
    version="ES-2023-06-29",
    country=Country.ES,
    valid_from=date(2023, 6, 29),
    hours=CallHours(
        windows=_working_days((time(9), time(21))),
        on_holidays=False,
        agreed_times=False,
        legal_source="Real Decreto Legislativo 1/2007, art. 96.2",
    ),
    do_not_call="Ley Orgánica 3/2018, art. 23; GDPR art. 21(3)",
    grounds=Grounds(
        accepted=frozenset({Ground.CONSENT, Ground.REQUEST, Ground.EARLIER_CONTRACT}),
        consent_years=None,
        legal_source="Ley 11/2022, art. 66.1.b; AEPD Circular 1/2023",
    ),
    attempts=None,
    silence=None,
)

_BELGIUM = LawPack(
    version="BE-2014-05-31",
    country=Country.BE,
    valid_from=date(2014, 5, 31),
    hours=CallHours(
        windows=_working_days((time(9), time(18))),
        on_holidays=False,
        agreed_times=False,
        legal_source="default of this service: business hours",
    ),
    do_not_call="Code de droit économique VI.111 to VI.115",
    grounds=None,
    attempts=None,
    silence=None,
)

# Of each country the newest first.
LAW_PACKS = {Country.FR: (_FRANCE_2026, _FRANCE_2023), Country.ES: (_SPAIN,), Country.BE: (_BELGIUM,)}


def pack_on(country: Country, day: date) -> LawPack:
    """Return the law in force on the local date `day`."""
    for pack in LAW_PACKS[country]:
        if pack.valid_from <= day:
            return pack
    return LAW_PACKS[country][-1]


def next_pack(country: Country, day: date) -> LawPack | None:
    """Return the first pack that comes into force after the local date `day`."""
    return next((pack for pack in reversed(LAW_PACKS[country][:-1]) if pack.valid_from > day), None)
