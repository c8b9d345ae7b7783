"""Profiles, codes and links of the referral programme."""

from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Header, Path, Request
from fastapi.responses import RedirectResponse

from growth.api.errors import problems
from growth.api.referral_schemas import LogOut, MergeIn, Name, ProfileOut, ReferrerOut, ReplaceIn
from growth.api.routing import Routes
from growth.api.security import CallerOf, Role, allow, anyone
from growth.domain.kernel.ids import UserId
from growth.domain.kernel.operating import MovableClock
from growth.domain.referrals.business_rules.codes import is_robot, parse_code, visit_url
from growth.domain.referrals.entities.profiles import SameUser, UnknownCode, UnknownUser
from growth.domain.referrals.entities.referrals import BothReferred, WouldCircle
from growth.domain.referrals.ports.views import ReferralViews
from growth.domain.referrals.use_cases import (
    DeleteReferralProfile,
    FollowLink,
    MergeReferralProfiles,
    NeedProfile,
    ReassignReferralProfile,
)
from growth.settings import Settings

_MOST_TRIES = 5
router = Routes(tags=["referral profiles"])
_TRIES = 30  # a minute and address: codes are not found by trying
_CODES = "referral-codes"
_VISITOR = [anyone(per_minute=_TRIES, together=_CODES, lenient=True, gentle=True)]
UserIdIn = Annotated[Name, Path()]
_Code = Annotated[str, Path(max_length=200)]
_Agent = Annotated[str | None, Header(include_in_schema=False)]


@router.get(
    "/v1/referral-profiles/{user_id}",
    dependencies=[allow(Role.SERVICE, Role.OPS)],
    responses=problems(UnknownUser),
)
async def read_profile(
    user_id: UserIdIn,
    need: FromDishka[NeedProfile],
    views: FromDishka[ReferralViews],
    clock: FromDishka[MovableClock],
    settings: FromDishka[Settings],
) -> ProfileOut:
    """Return all that a "refer a friend" page shows; the profile is made on first need.

    Of a user who was merged or reassigned, it is the other's.
    """
    now = await clock.now()
    view = await views.profile(UserId(user_id), now)
    for _ in range(_MOST_TRIES):  # somebody may delete it before we look again
        if view is not None:
            break
        profile = await need(UserId(user_id))
        view = await views.profile(profile.user_id, now)
    if view is None:
        raise UnknownUser
    return ProfileOut.of(view, settings.public_site_url, settings.public_api_url, now)


@router.delete("/v1/referral-profiles/{user_id}", status_code=204, dependencies=[allow(Role.ADMIN)])
async def delete_profile(user_id: UserIdIn, delete: FromDishka[DeleteReferralProfile]) -> None:
    """Delete everything that a user sent and received, then his profile. Unknown: nothing is done."""
    await delete(UserId(user_id))


@router.post("/v1/referral-profiles/merge", dependencies=[allow(Role.ADMIN)], responses=problems(UnknownUser, SameUser))
async def merge_profiles(body: MergeIn, merge: FromDishka[MergeReferralProfiles]) -> LogOut:
    """Give everything of a duplicated user to the one who exists; an unknown duplicate: an empty log."""
    source, target = UserId(body.duplicated_user_id), UserId(body.existing_user_id)
    return LogOut(log=await merge(source, target, dry_run=body.dry_run))


@router.post(
    "/v1/referral-profiles/reassign",
    dependencies=[allow(Role.ADMIN)],
    responses=problems(UnknownUser, SameUser, BothReferred, WouldCircle),
)
async def reassign_profile(body: ReplaceIn, reassign: FromDishka[ReassignReferralProfile]) -> LogOut:
    """Give everything of one user to another, or nothing at all; an unknown source: an empty log."""
    source, target = UserId(body.from_user_id), UserId(body.to_user_id)
    return LogOut(log=await reassign(source, target, dry_run=body.dry_run))


@router.get(
    "/v1/referral-codes/{code}",
    dependencies=[allow(Role.CAPTURE, Role.SERVICE, per_minute=_TRIES, together=_CODES)],
    responses=problems(UnknownCode),
)
async def read_code(code: _Code, views: FromDishka[ReferralViews]) -> ReferrerOut:
    """Return who invites, for the "you were invited by" banner: the first name only."""
    parsed = parse_code(code)
    referrer = await views.referrer(parsed) if parsed else None
    if referrer is None:
        raise UnknownCode
    return ReferrerOut(code=referrer.code, referrer_name=referrer.name)


@router.get("/r/{code}", status_code=302, response_class=RedirectResponse, dependencies=_VISITOR)
async def follow_link(
    *,
    code: _Code,
    request: Request,
    visitor: CallerOf,
    follow: FromDishka[FollowLink],
    settings: FromDishka[Settings],
    user_agent: _Agent = None,
) -> RedirectResponse:
    """Send a visitor on to the site with the code, marketing parameters kept; an unknown code goes without it.

    So do all codes from an address that has tried too many this minute, and their visits are not counted.
    """
    known = None if visitor.over_limit else await follow(code, counted=not is_robot(user_agent))
    return RedirectResponse(visit_url(settings.public_site_url, known, request.query_params.multi_items()), 302)


@router.head("/r/{code}", status_code=302, response_class=RedirectResponse, dependencies=_VISITOR)
async def look_at_link(
    code: _Code, request: Request, visitor: CallerOf, follow: FromDishka[FollowLink], settings: FromDishka[Settings]
) -> RedirectResponse:
    """Say where the link leads, without counting a visit."""
    known = None if visitor.over_limit else await follow(code, counted=False)
    return RedirectResponse(visit_url(settings.public_site_url, known, request.query_params.multi_items()), 302)
