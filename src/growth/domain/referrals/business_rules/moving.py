"""What becomes of referrals when one user takes the place of another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from growth.domain.kernel.ids import UserId
from growth.domain.referrals.entities.referrals import Referral


class Fate(StrEnum):
    MOVE = "move"
    SECOND = "second"  # the one who takes the place was referred already
    CIRCLE = "circle"  # somebody would refer himself, directly or through others


@dataclass(frozen=True, slots=True)
class Move:
    referral: Referral
    fate: Fate
    received: bool


def moves(
    source: UserId,
    target: UserId,
    referrals: Sequence[Referral],
    above_target: Collection[UserId],
    above_source: Collection[UserId],
) -> list[Move]:
    """Return what becomes of everything that `source` sent and received, the received one first.

    `referrals`: those of both; `above_…`: who referred that user, who referred that one, and so on.
    """
    received = {it.referred_user_id: it for it in referrals if it.referred_user_id in {source, target}}
    found = []
    above = set(above_target)
    if mine := received.get(source):
        if target in received:
            fate = Fate.SECOND
        elif target in above_source:  # it refers itself, or stands above the one who refers
            fate = Fate.CIRCLE
        else:
            fate = Fate.MOVE
            above = set(above_source)
        found.append(Move(mine, fate, received=True))
    for sent in referrals:
        if sent.referring_user_id == source and sent is not mine:
            circle = sent.referred_user_id == target or sent.referred_user_id in above
            found.append(Move(sent, Fate.CIRCLE if circle else Fate.MOVE, received=False))
    return found


def told(move: Move, source: UserId, target: UserId) -> str:
    """Return the log line of a move, for the person who asked for it."""
    what = "received" if move.received else "sent"
    line = f"referral {move.referral.id}, {what} by {source}: "
    return (
        line
        + {
            Fate.MOVE: f"now {what} by {target}",
            Fate.SECOND: f"deleted, {target} was referred already",
            Fate.CIRCLE: f"deleted, it would make {target} refer himself",
        }[move.fate]
    )
