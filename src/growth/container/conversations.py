"""The conversations context."""

from collections.abc import Collection

from dishka import Provider, Scope, provide

from growth.adapters.db.conversations import SqlAcquaintances
from growth.adapters.db.retry import retried
from growth.adapters.db.transaction import SqlBegin
from growth.api.webhooks.intercom_notifications import NotificationReader, app_ids_of
from growth.domain.conversations import use_cases
from growth.domain.conversations.entities.teams import ChatTag, InboundTeam
from growth.domain.conversations.ports.notifications import ReadNotification
from growth.domain.conversations.ports.stores import Acquaintances, ConversationsTx
from growth.domain.conversations.ports.teams import InboundTeams
from growth.domain.conversations.steps.following_contracts import FollowingContracts
from growth.domain.conversations.steps.hearing_replies import HearingReplies
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import AdminId
from growth.domain.prospects.entities.sales_teams import SalesTeams
from growth.domain.prospects.steps.looking import Looking
from growth.settings import Settings


class _TeamsOfProspects:
    """The team as conversations see it: the prospects context keeps it."""

    def __init__(self, teams: SalesTeams, look: Looking) -> None:
        self._teams = teams
        self._look = look

    def of(self, country: Country) -> InboundTeam:
        team = self._teams.of[country]
        return InboundTeam(frozenset(team.intercom_team_ids), {it.admin_id: it.name for it in team.members})

    async def available(self, country: Country) -> Collection[AdminId]:
        view = await self._look(country)
        return [it.member.admin_id for it in view.members if it.available]


class Conversations(Provider):
    """The conversations context."""

    scope = Scope.APP
    following = provide(FollowingContracts)
    hearing = provide(HearingReplies)
    acquaintances = provide(SqlAcquaintances, provides=Acquaintances)
    teams = provide(_TeamsOfProspects, provides=InboundTeams)
    find = provide(use_cases.FindDuplicates)
    retrieve = provide(use_cases.RetrieveDuplicates)
    detect = provide(retried(use_cases.DetectDuplicates), provides=use_cases.DetectDuplicates)
    detect_for_message = provide(use_cases.DetectForMessage)
    reopen = provide(retried(use_cases.ReopenIfPossible), provides=use_cases.ReopenIfPossible)
    close_signed = provide(retried(use_cases.CloseSigned), provides=use_cases.CloseSigned)
    close_for_message = provide(use_cases.CloseSignedForMessage)
    handle_kept = provide(retried(use_cases.HandleKeptNotification), provides=use_cases.HandleKeptNotification)
    leave_note = provide(use_cases.LeaveNote)
    close = provide(use_cases.CloseConversation)
    open_again = provide(use_cases.ReopenConversation)

    @provide
    def transactions(self, begin: SqlBegin) -> Begin[ConversationsTx]:
        return begin

    @provide
    def chat_tag(self, settings: Settings) -> ChatTag:
        return ChatTag(settings.intercom_chat_tag)

    @provide
    def read_notification(self, settings: Settings) -> ReadNotification:
        return NotificationReader(app_ids_of(settings))
