"""The accounts and the referrals contexts."""

from functools import partial

from dishka import Provider, Scope, provide, provide_all
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.retry import retried
from growth.adapters.db.transaction import Followers
from growth.adapters.disposable_emails import disposable_domains
from growth.adapters.referral_codes import draw_code
from growth.adapters.terms_file import load_terms, remember_terms
from growth.api.webhooks.stripe_events import read_news
from growth.container.examples import EXAMPLES
from growth.domain.accounts import use_cases as accounts
from growth.domain.conversations.steps.following_contracts import FollowingContracts
from growth.domain.kernel.facts import ContractSigned, ContractTold, DiscountInvoiced, PersonBack, UserTold
from growth.domain.prospects.steps.posting import Posting
from growth.domain.prospects.steps.returning import Returning
from growth.domain.referrals import steps
from growth.domain.referrals import use_cases as programme
from growth.domain.referrals.entities.suspicion import DisposableDomains
from growth.domain.referrals.entities.terms import Programme
from growth.domain.referrals.ports.codes import DrawCode
from growth.domain.referrals.ports.news import ReadNews
from growth.settings import Settings


class Referrals(Provider):
    """The accounts and the referrals contexts."""

    scope = Scope.APP
    all_steps = provide_all(
        steps.Booking,
        steps.Contracting,
        steps.FreeMonths,
        steps.Hearing,
        steps.Joining,
        steps.Matching,
        steps.Publishing,
        steps.Replacing,
        steps.Settling,
        steps.Undoing,
        steps.Weighing,
    )
    tell_user = provide(retried(accounts.TellUser), provides=accounts.TellUser)
    tell_contract = provide(retried(accounts.TellContract), provides=accounts.TellContract)
    tell_employment = provide(retried(accounts.TellEmployment), provides=accounts.TellEmployment)
    tell_invoice = provide(retried(accounts.TellInvoice), provides=accounts.TellInvoice)
    create = provide(retried(programme.CreateReferral), provides=programme.CreateReferral)
    need_profile = provide(retried(programme.NeedProfile), provides=programme.NeedProfile)
    follow = provide(retried(programme.FollowLink), provides=programme.FollowLink)
    contract = provide(retried(programme.AddContractToReferral), provides=programme.AddContractToReferral)
    consume = provide(retried(programme.ConsumeReferral), provides=programme.ConsumeReferral)
    consume_all = provide(programme.ConsumeUnrewarded)
    consume_country = provide(programme.ConsumeCountry)
    request_consumption = provide(retried(programme.RequestConsumption), provides=programme.RequestConsumption)
    payout = provide(retried(programme.RecordPayout), provides=programme.RecordPayout)
    review = provide(retried(programme.ReviewReward), provides=programme.ReviewReward)
    delete = provide(retried(programme.DeleteReferral), provides=programme.DeleteReferral)
    delete_profile = provide(retried(programme.DeleteReferralProfile), provides=programme.DeleteReferralProfile)
    merge = provide(retried(programme.MergeReferralProfiles), provides=programme.MergeReferralProfiles)
    reassign = provide(retried(programme.ReassignReferralProfile), provides=programme.ReassignReferralProfile)
    grant = provide(retried(programme.GrantCredit), provides=programme.GrantCredit)
    add_amount = provide(retried(programme.AddRewardAmount), provides=programme.AddRewardAmount)
    take_news = provide(retried(programme.TakePaymentNews), provides=programme.TakePaymentNews)
    handle_kept = provide(retried(programme.HandleKeptPaymentEvent), provides=programme.HandleKeptPaymentEvent)
    tell_partner = provide(programme.TellPartner)

    @provide
    async def terms(self, settings: Settings, engine: AsyncEngine) -> Programme:
        loaded = load_terms(settings.referral_terms_file or EXAMPLES / "referral_terms.toml")
        await remember_terms(engine, loaded)
        return loaded

    @provide
    def disposable(self) -> DisposableDomains:
        return DisposableDomains(disposable_domains())

    @provide
    def draw_code(self) -> DrawCode:
        return draw_code

    @provide
    def read_news(self, settings: Settings) -> ReadNews:
        return partial(read_news, env=settings.env)

    @provide
    def followers(
        self,
        *,
        matching: steps.Matching,
        contracting: steps.Contracting,
        free_months: steps.FreeMonths,
        posting: Posting,
        signing: FollowingContracts,
        returning: Returning,
    ) -> Followers:
        """Return who acts on which fact, in the transaction in which it is told."""
        return {
            UserTold: [matching.when_told],
            ContractTold: [contracting.when_told],
            ContractSigned: [contracting.when_signed, posting.when_signed, signing.when_signed],
            DiscountInvoiced: [free_months.when_invoiced],
            PersonBack: [returning.when_back],
        }
