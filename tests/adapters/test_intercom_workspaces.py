"""Workspaces at Intercom: which countries have one, how many calls it allows, who is away there, who is forgotten."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs
from tests.adapters.intercom_line import (
    ANA,
    BE,
    ES,
    FR,
    SINCE,
    TOKEN,
    WORKSPACES,
    Intercom,
    a_conversation,
    a_helpdesk,
    a_page,
    clients,
    refusal,
)

from growth.adapters.intercom.away import IntercomAway
from growth.adapters.intercom.erasure import IntercomErasure
from growth.adapters.intercom.helpdesk import IntercomHelpdesk
from growth.domain.kernel.messages import GiveUp, OutcomeUnknown, TryLater
from growth.domain.privacy.entities import Subject

PROSPECT = UUID("0190163d-8694-739b-aea5-966c26f8ad91")


def test_a_link_leads_to_the_conversation_only():
    helpdesk = IntercomHelpdesk(dict.fromkeys(WORKSPACES), WORKSPACES)
    assert helpdesk.link(FR, "7/3") == "https://app.intercom.com/a/inbox/abc%2F1/inbox/conversation/7%2F3"


async def test_a_country_without_a_workspace_is_refused_before_any_call():
    async with a_helpdesk({}) as (helpdesk, intercom):
        for call in (
            helpdesk.conversation(ES, "73"),
            helpdesk.contacts(ES, [ANA], [], []),
            helpdesk.conversations_of(ES, ["c1"], SINCE),
            helpdesk.note(ES, "73", "x", "r", again=True),
            helpdesk.close(ES, "73"),
            helpdesk.reopen(ES, "73"),
        ):
            with pytest.raises(GiveUp, match="no workspace"):
                await call
        with pytest.raises(GiveUp, match="no workspace"):
            helpdesk.link(ES, "73")
        assert await IntercomAway({})(ES) == frozenset()
    assert intercom.calls == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(refusal(401), TryLater, id="credentials"),
        pytest.param(refusal(403), GiveUp, id="plan"),
        pytest.param({"status_code": 200, "html": "<html>busy</html>"}, OutcomeUnknown, id="a web page"),
        pytest.param({"status_code": 200, "content": b"x" * 3_000}, OutcomeUnknown, id="huge"),
        pytest.param({"status_code": 503}, OutcomeUnknown, id="fault"),
    ],
)
async def test_what_is_no_answer(answer, expected):
    async with a_helpdesk(answer, max_answer_bytes=2_000) as (helpdesk, _):
        for call in (helpdesk.conversation(FR, "73"), helpdesk.contacts(FR, [ANA], [], []), helpdesk.close(FR, "73")):
            with pytest.raises(expected) as failure:
                await call
            assert ANA not in str(failure.value)
            assert TOKEN not in str(failure.value)


async def test_a_workspace_without_calls_left_is_not_called_until_it_has_some():
    now = datetime.now(UTC)
    window = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(now.timestamp()) + 8)}
    busy, fine = Intercom(refusal(429, **window)), Intercom(a_conversation())
    async with clients(busy, fine) as http:
        helpdesk = IntercomHelpdesk(http, WORKSPACES)
        for _ in range(2):
            with pytest.raises(TryLater) as failure:
                await helpdesk.conversation(FR, "73")
            assert not isinstance(failure.value, OutcomeUnknown)
            assert timedelta(seconds=4) < failure.value.after <= timedelta(seconds=8)
            assert failure.value.whole_vendor
        assert (await helpdesk.conversation(BE, "73")).id == "73"
    assert len(busy.calls) == 1


async def test_a_failure_of_away_modes_is_logged_without_anybodys_name():
    seconds, intercom = [0.0], Intercom({"admins": []})
    async with clients(intercom) as http:
        away = IntercomAway(http, lambda: seconds[0])

        async def ask(answer, after):
            intercom.answers[:], seconds[0] = [answer], seconds[0] + after
            with capture_logs() as logs:
                return await away(FR), logs

        assert await ask(refusal(403), 0) == (frozenset(), [THE_WARNING])
        admins = [{"id": "1", "away_mode_enabled": True}, {"id": 2, "away_mode_enabled": True, "email": ANA}, {"id": 3}]
        assert await ask({"admins": admins}, 59) == (frozenset(), [])
        assert await ask({"admins": admins}, 1) == ({"1", "2"}, [])
        assert await ask({"admins": []}, 59) == ({"1", "2"}, [])
        assert (await ask(refusal(500), 1))[0] == {"1", "2"}
        assert (await ask({"admins": [ANA]}, 60))[0] == {"1", "2"}
        assert await ask({"admins": []}, 60) == (frozenset(), [])
    assert intercom.paths == ["GET /admins"] * 5


async def test_those_who_ask_for_away_modes_at_once_share_one_call():
    intercom = Intercom({"admins": [{"id": "1", "away_mode_enabled": True}]})
    async with clients(intercom) as http:
        away = IntercomAway(http)
        assert await asyncio.gather(*(away(FR) for _ in range(5))) == [{"1"}] * 5
    assert len(intercom.calls) == 1


THE_WARNING = {
    "event": "away-modes-not-read",
    "country": "FR",
    "reason": "api.example refused with 403.",
    "log_level": "warning",
}


@asynccontextmanager
async def erasing(french, belgian):
    async with clients(french, belgian) as http:
        yield IntercomErasure(IntercomHelpdesk(http, WORKSPACES))


def subject(*emails, prospect_id=PROSPECT):
    return Subject(prospect_id, emails, ("+33199001234",), ())


async def test_somebody_is_deleted_in_every_workspace_by_all_that_is_hers():
    hers = [{"id": "c/1", "email": "Ana@example.org"}, {"id": "c2", "external_id": str(PROSPECT)}]
    french, belgian = Intercom(a_page("data", hers), refusal(404), refusal(410)), Intercom(a_page("data", []))
    async with erasing(french, belgian) as erasure:
        await erasure.erase(subject(ANA, "other@example.org"))
    assert french.paths == ["POST /contacts/search", "DELETE /contacts/c%2F1", "DELETE /contacts/c2"]
    assert belgian.calls == french.calls[:1]
    assert [(it["field"], it["value"]) for it in french.calls[0][2]["query"]["value"]] == [
        ("email", [ANA, "other@example.org"]),
        ("external_id", [str(PROSPECT)]),
    ]


async def test_of_whom_nothing_is_known_nothing_is_asked():
    intercom = Intercom({})
    async with erasing(intercom, intercom) as erasure:
        await erasure.erase(subject(prospect_id=None))
    assert intercom.calls == []


@pytest.mark.parametrize("stranger", [{"id": "c9"}, {"id": "c9", "email": "bob@example.org", "external_id": "70"}])
async def test_who_was_not_asked_for_is_never_deleted(stranger):
    french = Intercom(a_page("data", [{"id": "c1", "email": ANA}, stranger]))
    async with erasing(french, Intercom(a_page("data", []))) as erasure:
        with pytest.raises(OutcomeUnknown, match="not asked for"):
            await erasure.erase(subject(ANA))
    assert french.paths == ["POST /contacts/search"]


@pytest.mark.parametrize(
    "french", [Intercom(refusal(403)), Intercom(a_page("data", [{"id": "1", "email": ANA}]), refusal(403))]
)
async def test_a_refusal_of_one_workspace_keeps_no_other_from_forgetting(french):
    for belgian, expected in [(Intercom(a_page("data", [])), GiveUp), (Intercom(refusal(429)), TryLater)]:
        async with erasing(french, belgian) as erasure:
            with pytest.raises(expected):
                await erasure.erase(subject(ANA))
        assert belgian.paths == ["POST /contacts/search"]


async def test_who_may_have_left_more_behind_is_looked_for_again():
    pages = [a_page("data", [{"id": f"{n}-{it}", "email": ANA} for it in range(150)], "more") for n in range(7)]
    french = Intercom(*pages, {})
    async with erasing(french, Intercom(a_page("data", []))) as erasure:
        with pytest.raises(TryLater, match="more people"):
            await erasure.erase(subject(ANA))
    assert len(french.calls) == 7 + 1_000
