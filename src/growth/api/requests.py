"""What people ask of sales, and the self-serve flows in which many do. Everybody gets the same answer."""

from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Path

from growth.api.errors import problems
from growth.api.request_schemas import EmailCaptureIn, FlowIdIn, FlowIn, QuoteRequestIn, RequestIn, SubmissionOut
from growth.api.routing import Routes
from growth.api.security import Caller, CallerOf, Role, allow
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.person import BadEmail
from growth.domain.prospects.entities.events import BadEvent
from growth.domain.prospects.entities.people import UnknownFlow
from growth.domain.prospects.entities.requests import FlowOfAnotherCountry, NotInThisCountry
from growth.domain.prospects.use_cases import RequestSales, SaveFlow

router = Routes(tags=["requests"])
_BROWSERS = [allow(Role.CAPTURE, Role.SERVICE)]
_ASKED = problems(BadEmail, UnknownFlow, NotInThisCountry, FlowOfAnotherCountry, BadEvent)
_IN_FLOW = problems(BadEmail, UnknownFlow, NotInThisCountry)


@router.put("/v1/self-serve-flows/{flow_id}", status_code=202, dependencies=_BROWSERS, responses=problems(BadEmail))
async def save_flow(
    flow_id: Annotated[FlowIdIn, Path()], body: FlowIn, save: FromDishka[SaveFlow], new_id: FromDishka[NewId]
) -> SubmissionOut:
    """Tell where a self-serve flow stands, a new one or one that was told before."""
    await save(body.news(flow_id))
    return SubmissionOut(submission_id=new_id())


@router.post("/v1/prospect-requests", status_code=202, dependencies=_BROWSERS, responses=_ASKED)
async def request_sales(body: RequestIn, caller: CallerOf, request: FromDishka[RequestSales]) -> SubmissionOut:
    """Ask something of sales."""
    return SubmissionOut(submission_id=await request(body.news(by_backend=_is_backend(caller))))


@router.post("/v1/email-captures", status_code=202, dependencies=_BROWSERS, responses=_IN_FLOW)
async def capture_email(body: EmailCaptureIn, caller: CallerOf, request: FromDishka[RequestSales]) -> SubmissionOut:
    """Leave an address in a self-serve flow, to go on with it later."""
    return SubmissionOut(submission_id=await request(body.news(by_backend=_is_backend(caller))))


@router.post("/v1/quote-requests", status_code=202, dependencies=_BROWSERS, responses=_IN_FLOW)
async def request_quote(body: QuoteRequestIn, caller: CallerOf, request: FromDishka[RequestSales]) -> SubmissionOut:
    """Ask for a quote at the end of a self-serve flow."""
    return SubmissionOut(submission_id=await request(body.news(by_backend=_is_backend(caller))))


def _is_backend(caller: Caller) -> bool:
    return caller.role is Role.SERVICE
