"""What drives the service beside HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta

from dishka import Provider, Scope, provide
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.housekeeping import SqlHousekeeping
from growth.adapters.db.ticks import SqlLatestTicks
from growth.container.speech import SpeechHandlers
from growth.deliveries import Deliveries, Wake
from growth.domain.campaigns import use_cases
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.conversations import use_cases as conversations
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.messages import Handler
from growth.domain.privacy import use_cases as privacy
from growth.domain.prospects import use_cases as prospects
from growth.domain.referrals import use_cases as programme
from growth.schedule import CampaignJobs, Job, Scheduler, StartAgain, daily, every

_CONSUMED_AT = time(4)
_FORGOTTEN_AT = time(5)
_SPEECH_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CampaignHandlers:
    """The part of the routing table that the campaigns context answers for."""

    by_kind: Mapping[str, Handler]


@dataclass(frozen=True, slots=True)
class ProspectHandlers:
    """The part of the routing table that the prospects context answers for."""

    by_kind: Mapping[str, Handler]


@dataclass(frozen=True, slots=True)
class ReferralHandlers:
    """The part of the routing table that the referrals context answers for."""

    by_kind: Mapping[str, Handler]


@dataclass(frozen=True, slots=True)
class ConversationHandlers:
    """The part of the routing table that the conversations context answers for."""

    by_kind: Mapping[str, Handler]


@dataclass(frozen=True, slots=True)
class PrivacyHandlers:
    """The part of the routing table that the privacy context answers for."""

    by_kind: Mapping[str, Handler]


class Drivers(Provider):
    """What drives the service beside HTTP: workers and the scheduler."""

    scope = Scope.APP

    @provide
    def routing(
        self,
        *,
        of_campaigns: CampaignHandlers,
        of_speech: SpeechHandlers,
        of_referrals: ReferralHandlers,
        of_prospects: ProspectHandlers,
        of_conversations: ConversationHandlers,
        of_privacy: PrivacyHandlers,
    ) -> Mapping[str, Handler]:
        """Return the routing table: which handler delivers messages of which kind."""
        parts = (of_campaigns, of_speech, of_referrals, of_prospects, of_conversations, of_privacy)
        return {kind: handler for part in parts for kind, handler in part.by_kind.items()}

    @provide
    def campaign_handlers(
        self,
        *,
        inject: use_cases.InjectBatch,
        close: use_cases.CloseRun,
        take_back: use_cases.TakeBack,
        poll: use_cases.PollResults,
        pushed: use_cases.TakePushedLead,
        told: use_cases.TakeCallNews,
        replan: use_cases.ReplanPerson,
        again: StartAgain,
    ) -> CampaignHandlers:
        return CampaignHandlers(
            {
                "dialer.inject": inject,
                "dialer.close": close,
                "dialer.take_back": take_back,
                "dialer.poll": poll,
                "campaign.start": again,
                "consent.given": replan,
                "inbox.pubsub": pushed,
                "inbox.partners": pushed,
                "inbox.dialer": told,
            }
        )

    @provide
    def referral_handlers(
        self,
        consume: programme.ConsumeCountry,
        partner: programme.TellPartner,
        kept_payment: programme.HandleKeptPaymentEvent,
    ) -> ReferralHandlers:
        return ReferralHandlers({"referrals.consume": consume, "partner.event": partner, "inbox.stripe": kept_payment})

    @provide
    def prospect_handlers(
        self,
        *,
        post_request: prospects.PostRequest,
        post_contract: prospects.PostContract,
        track_request: prospects.TrackRequest,
        person: prospects.TellMailerOfPerson,
        user: prospects.TellMailerOfUser,
        unsuppress: prospects.UnsuppressPerson,
        kept_mail: prospects.HandleKeptMailEvent,
    ) -> ProspectHandlers:
        return ProspectHandlers(
            {
                "slack.request": post_request,
                "slack.won": post_contract,
                "customerio.event": track_request,
                "customerio.person": person,
                "customerio.user": user,
                "customerio.unsuppress": unsuppress,
                "inbox.customerio": kept_mail,
            }
        )

    @provide
    def conversation_handlers(
        self,
        *,
        detect: conversations.DetectForMessage,
        note: conversations.LeaveNote,
        close: conversations.CloseConversation,
        reopen: conversations.ReopenConversation,
        close_signed: conversations.CloseSignedForMessage,
        kept: conversations.HandleKeptNotification,
    ) -> ConversationHandlers:
        return ConversationHandlers(
            {
                "conversation.detect": detect,
                "conversation.note": note,
                "conversation.close": close,
                "conversation.reopen": reopen,
                "conversation.close_signed": close_signed,
                "inbox.intercom": kept,
            }
        )

    @provide
    def privacy_handlers(self, forget: privacy.ForgetAtVendor, retain: privacy.CarryOutRetention) -> PrivacyHandlers:
        return PrivacyHandlers({"erasure.vendor": forget, "retention.carry_out": retain})

    @provide
    def deliveries(
        self, engine: AsyncEngine, clock: DatabaseClock, handlers: Mapping[str, Handler], wake: Wake
    ) -> Deliveries:
        return Deliveries(engine, clock, handlers, wake)

    @provide
    def scheduler(
        self,
        *,
        campaigns: CampaignJobs,
        speech: use_cases.SendCallsToSpeech,
        consumption: programme.RequestConsumption,
        housekeeping: SqlHousekeeping,
        retention: privacy.RequestRetention,
        begin: Begin[CampaignsTx],
        clock: DatabaseClock,
        latest: SqlLatestTicks,
    ) -> Scheduler:
        jobs = [
            *campaigns.all(),
            Job("send-calls-to-speech", every(_SPEECH_EVERY), lambda tick: speech(tick=tick)),
            Job("consume-referrals", daily(_CONSUMED_AT, "Europe/Paris"), consumption),
            Job("housekeeping", daily(time(3), "UTC"), housekeeping),
            Job("retention", daily(_FORGOTTEN_AT, "Europe/Paris"), retention),
        ]
        return Scheduler(jobs, begin, clock, latest)
