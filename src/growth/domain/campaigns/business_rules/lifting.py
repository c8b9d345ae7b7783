"""What scoring is worth: leads in score order against those of the hold-out share, called in order of arrival."""

from collections.abc import Iterable
from math import exp, log, sqrt

from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.reports import Arm, HoldOutArm, Lift

LEAST_CALLED = 30  # on each side
LEAST_APPOINTMENTS = 5  # on both together
_Z = 1.959963984540054  # 95 % of a normal distribution lie within so many deviations


def lifts(arms: Iterable[HoldOutArm]) -> list[Lift]:
    """Return one lift for each campaign that holds leads out.

    There is none over all: shares and people differ between campaigns, and their mixture would show that instead.
    """
    sides: dict[CampaignName, dict[bool, Arm]] = {}
    for it in arms:
        sides.setdefault(it.campaign, {})[it.held_out] = it.arm
    return [lift(name, of.get(False, Arm()), of.get(True, Arm())) for name, of in sorted(sides.items())]


def lift(campaign: CampaignName, scored: Arm, held_out: Arm) -> Lift:
    """Return the ratio of the two proportions and its 95 % interval after Katz, on the logarithm.

    One half is added to each count, so that a side without an appointment has a ratio, too.
    """
    few = min(scored.called, held_out.called) < LEAST_CALLED
    if few or scored.appointments + held_out.appointments < LEAST_APPOINTMENTS:
        return Lift(campaign, scored, held_out, None, None, None)
    a, n = scored.appointments + 0.5, scored.called + 0.5
    b, m = held_out.appointments + 0.5, held_out.called + 0.5
    ratio = log((a / n) / (b / m))
    within = _Z * sqrt(1 / a - 1 / n + 1 / b - 1 / m)
    return Lift(campaign, scored, held_out, exp(ratio), exp(ratio - within), exp(ratio + within))
