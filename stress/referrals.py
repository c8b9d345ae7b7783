"""Referrals as the main application tells them: users first, then who invited whom, then contract or payment."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

from benchmarks.line import Answer
from stress.exchanges import Request, as_json
from stress.people import People, by_zipf

_TOLD_AGAIN, _NEW_REFERRER, _CONTRACT = 0.05, 0.25, 0.5
_PATHS = {
    "user": ("PUT", "/v1/users/{}"),
    "profile": ("GET", "/v1/referral-profiles/{}"),
    "referral": ("POST", "/v1/referrals"),
    "contract": ("PUT", "/v1/contracts/{}"),
}


@dataclass(frozen=True, slots=True)
class _Invitation:
    user_id: str
    code: str


class Referrals:
    """One request of a story at a time; what comes after it is ready when it has been answered.

    `payers`: customers who were invited, have no contract and have not paid yet.
    """

    def __init__(self, people: People, chance: Random) -> None:
        self._people, self._chance = people, chance
        self._ready = deque[Callable[[], Request]]()
        self._codes: list[str] = []
        self._told: list[_Invitation] = []
        self.payers = deque[str]()

    def next(self) -> Request:
        if self._told and self._chance.random() < _TOLD_AGAIN:
            known = self._refer(self._chance.choice(self._told))
            return replace(known, name=f"{known.name} again", then=lambda _: None)
        if self._ready:
            return self._ready.popleft()()
        if not self._codes or self._chance.random() < _NEW_REFERRER:
            return self._user(self._profile)
        place = by_zipf(len(self._codes), self._chance)
        code = self._codes[place or 0]
        return self._user(lambda user_id: self._refer(_Invitation(user_id, code)))

    def _user(self, following: Callable[[str], Request]) -> Request:
        person = self._people.newcomer()
        user_id = f"{self._people.tag}-{person}"
        body = {"email": self._people.email(person), "full_name": f"Stress Test {person}", "country_code": "FR"}
        body["stripe_customer_id"] = f"cus_{user_id}"
        return _request("user", user_id, body, lambda _: self._ready.append(lambda: following(user_id)))

    def _profile(self, user_id: str) -> Request:
        return _request("profile", user_id, None, lambda answer: self._codes.append(answer.told()["referral_code"]))

    def _refer(self, invitation: _Invitation) -> Request:
        def then(_: Answer) -> None:
            self._told.append(invitation)
            if self._chance.random() < _CONTRACT:
                self._ready.append(lambda: self._contract(invitation.user_id))
            else:
                self.payers.append(f"cus_{invitation.user_id}")

        body = {"referred_user_id": invitation.user_id, "referral_code": invitation.code}
        return _request("referral", "", body, then)

    def _contract(self, user_id: str) -> Request:
        now = datetime.now(UTC)
        body = {"user_id": user_id, "country_code": "FR", "reward_type": "fr_individual"}
        body |= {"signed_at": now.isoformat(), "start_date": now.date().isoformat()}
        return _request("contract", user_id, body, lambda _: None)

    def bad(self) -> Request:
        nobody = f"{self._people.tag}-nobody"
        breaks = (
            ("user", {"email": "nobody", "country_code": "FR"}, (422, "bad-email")),
            ("user", {"email": self._people.email(0), "country_code": "XX"}, (422, "invalid")),
            ("referral", {"referred_user_id": nobody}, (422, "invalid")),
            ("profile", None, (404, "unknown-user")),
        )
        step, body, refusal = self._chance.choice(breaks)
        return _request(step, nobody, body, lambda _: None, refusal=refusal)


def _request(
    step: str,
    name: str,
    body: object,
    then: Callable[[Answer], None],
    *,
    refusal: tuple[int, str] | None = None,
) -> Request:
    method, path = _PATHS[step]
    content = b"" if body is None else as_json(body)
    return Request(f"referrals: {step}", method, path.format(name), content, refusal=refusal, then=then)
