"""The stores a referrals transaction may touch.

Everybody locks in this order: the names by which payments and contracts are known, the user, the graph, referrals by
id, holders by user id.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from growth.domain.kernel.begin import Timed
from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import Contract, RewardType, User
from growth.domain.kernel.ids import ContractRef, UserId
from growth.domain.kernel.inbox import Inbox, InboxEvent, InboxState
from growth.domain.kernel.messages import Outbox
from growth.domain.kernel.month import Month
from growth.domain.kernel.ticks import Ticks
from growth.domain.referrals.entities.codes import ReferralCode
from growth.domain.referrals.entities.ledger import Balance, Holder, Posting
from growth.domain.referrals.entities.payments import Case, Paid, Payment, Setback
from growth.domain.referrals.entities.profiles import Profile
from growth.domain.referrals.entities.referrals import Discount, Referral, ReferralId
from growth.domain.referrals.entities.rewards import RewardAmount
from growth.domain.referrals.entities.suspicion import Likeness


class Customers(Protocol):
    """Users and contracts, as the main application told of them."""

    async def get(self, id: UserId) -> User | None: ...

    async def lock(self, id: UserId) -> User | None: ...

    async def lock_payer(self, id: UserId) -> User | None:
        """Lock the user and, where another took his place, return that one, locked."""
        ...

    async def replace(self, source: UserId, target: UserId) -> None:
        """Write down that one user takes the place of another; who does stands for himself again."""
        ...

    async def set_tier(self, id: UserId, tier: str) -> None: ...

    async def contract(self, ref: ContractRef) -> Contract | None:
        """Return the contract; it is the user's who took its user's place, where one did."""
        ...


class Profiles(Protocol):
    async def get(self, user_id: UserId) -> Profile | None: ...

    async def of_code(self, code: ReferralCode) -> Profile | None: ...

    async def add(self, profile: Profile) -> Profile | None:
        """Return the user's one profile, adding this one when there is none; None when the code is taken."""
        ...

    async def count_visit(self, code: ReferralCode, day: date) -> None: ...

    async def delete(self, user_id: UserId) -> None: ...


class Referrals(Protocol):
    async def lock_graph(self) -> None:
        """Wait until nobody else changes who referred whom."""
        ...

    async def lock_contract(self, ref: ContractRef) -> None:
        """Wait until nobody else gives or takes this contract; it need not be told of."""
        ...

    async def with_contract(self, ref: ContractRef) -> Referral | None:
        """Return the one that has this contract; not a deleted one."""
        ...

    async def is_spent(self, ref: ContractRef, *, but: ReferralId) -> bool:
        """Tell whether another referral has the contract, or gave its free month before it was deleted."""
        ...

    async def decided_before(self, user_id: UserId) -> bool:
        """Tell whether a deleted referral of the user gave what stays given, or was rejected by a person.

        Those of users whose place he took count as his.
        """
        ...

    async def add(self, referral: Referral) -> bool:
        """Keep it; False when the user was referred already."""
        ...

    async def save(self, referral: Referral) -> None: ...

    async def lock(self, id: ReferralId) -> Referral | None:
        """Lock and return it, a deleted one too."""
        ...

    async def received_by(self, user_id: UserId) -> Referral | None:
        """Return the referral by which the user came; not a deleted one."""
        ...

    async def lock_received(self, user_id: UserId) -> Referral | None: ...

    async def lock_all_of(self, user_ids: Collection[UserId]) -> list[Referral]:
        """Lock and return, by id, what these users sent and received; not what is deleted."""
        ...

    async def referrers_above(self, user_id: UserId) -> set[UserId]:
        """Return who referred the user, who referred that one, and so on."""
        ...

    async def unrewarded(
        self, country: Country, contracts: Collection[ContractRef], after: ReferralId | None, limit: int
    ) -> list[ReferralId]:
        """Return referrals by id that have a contract, no discount and no reward; of these contracts, where given."""
        ...

    async def likeness(self, referral: Referral, since: datetime, until: datetime) -> Likeness:
        """Return what both sides have in common; of the referring side's referrals, those created in [since, until)."""
        ...


class Discounts(Protocol):
    async def of_referral(self, id: ReferralId) -> Discount | None: ...

    async def of_month(self, contract: ContractRef, month: Month) -> Discount | None: ...

    async def months(self, contract: ContractRef) -> set[Month]: ...

    async def add(self, discount: Discount) -> bool:
        """Keep it; False when the contract has one in that month."""
        ...

    async def save(self, discount: Discount) -> None: ...

    async def delete_of(self, id: ReferralId) -> None: ...


class Payments(Protocol):
    async def lock_names(self, names: Collection[str]) -> None:
        """Wait for everybody else who handles something known by one of these ids of the provider."""
        ...

    async def lock_paid_by(self, references: Collection[str]) -> None:
        """Wait for everybody else who handles a payment that one of these charges or payment intents made."""
        ...

    async def open(self, event: InboxEvent, names: Collection[str]) -> datetime | None:
        """Lock the names, keep the event as handled, and return the time; None when it was settled before."""
        ...

    async def close(self, event: InboxEvent, state: InboxState, reason: str | None) -> None:
        """Write down that an opened event came to something else than handled without a reason."""
        ...

    async def add(self, payment: Payment) -> tuple[bool, User | None]:
        """Keep a payment and lock whose it is; False when it is kept already.

        It is the user's with its customer id, else the one's whom it names, else the one's whom a checkout names for
        its customer, its subscription or itself.
        """
        ...

    async def lock_unmatched(self, user: User) -> list[Payment]:
        """Lock and return payments that are this user's by all that is known now, and are not counted as such yet.

        They are nobody's, or another's who has less of a name to them.
        """
        ...

    async def assign(self, ids: Collection[UUID], user_id: UserId) -> None: ...

    async def move(self, source: UserId, target: UserId) -> int:
        """Make the payments of one user those of another; return how many."""
        ...

    async def link(self, external_id: str, references: Collection[str]) -> None:
        """Remember that these charges or payment intents paid the invoice."""
        ...

    async def link_user(self, names: Collection[str], user_id: UserId) -> None:
        """Remember that a checkout names this user for a customer, a subscription or an invoice."""
        ...

    async def setback(self, id: str) -> Setback | None: ...

    async def put_setback(self, setback: Setback, references: Collection[str]) -> None: ...

    async def owners_of(self, references: Collection[str]) -> list[UserId]:
        """Return whose payments were paid by one of these charges, payment intents or invoices."""
        ...

    async def add_fingerprint(self, customer: str, fingerprint: str) -> None: ...

    async def of_user(self, user_id: UserId) -> tuple[Paid, ...]:
        """Return all payments of a user with what touches them."""
        ...

    async def lock_case(self, user_id: UserId) -> Case | None:
        """Lock the referral by which the user came and return its case; None when he came by none."""
        ...


class Ledger(Protocol):
    async def lock(self, people: Collection[UserId]) -> list[Holder]:
        """Lock the accounts of these people, opening those not open, and return them in the order of user ids."""
        ...

    async def post(
        self, transaction: UUID, at: datetime, postings: Sequence[Posting], holders: Sequence[Holder]
    ) -> None:
        """Write the two entries of each posting, and the windows of these holders."""
        ...

    async def is_posted(self, key: str) -> bool:
        """Tell whether there is a posting with this key."""
        ...

    async def balances(self, referral: ReferralId) -> list[Balance]:
        """Return what each account has of the referral, where that is not zero."""
        ...

    async def balances_of(self, holder: Holder) -> list[Balance]:
        """Return what a person's accounts have, by referral, the oldest first."""
        ...

    async def last_reversal(self, referral: ReferralId) -> list[Posting]: ...

    async def given_in(self, user_id: UserId, since: datetime, until: datetime) -> Mapping[str, int]:
        """Return what a referring user was given by unit in [since, until), by the values of `Unit`."""
        ...


class Amounts(Protocol):
    async def all(self, country: Country, type: RewardType) -> list[RewardAmount]: ...

    async def add(self, amounts: Sequence[RewardAmount]) -> None: ...


class ReferralsTx(Timed, Protocol):
    @property
    def customers(self) -> Customers: ...
    @property
    def profiles(self) -> Profiles: ...
    @property
    def referrals(self) -> Referrals: ...
    @property
    def discounts(self) -> Discounts: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def amounts(self) -> Amounts: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def ticks(self) -> Ticks: ...
