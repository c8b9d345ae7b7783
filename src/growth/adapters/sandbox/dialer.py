"""A dialer to call over HTTP that behaves like Diabolocom Engage, as far as its public interface is known.

Control routes, without a token: `GET /_sandbox/log`, `/_sandbox/contacts`, `/_sandbox/requests`;
`PUT /_sandbox/settings` (some of FloorSettings), `/_sandbox/faults` (Faults); `POST /_sandbox/reset`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from growth.adapters.sandbox import dialer_wire as wire
from growth.adapters.sandbox.dialer_batches import Batch, Batches
from growth.adapters.sandbox.dialer_contacts import Campaign, Contact
from growth.adapters.sandbox.dialer_filters import ContactQuery, matching
from growth.adapters.sandbox.dialer_floor import Floor, Refused
from growth.adapters.sandbox.dialer_settings import WRAPUPS, CampaignSetup, DialerSettings, FloorSettings
from growth.adapters.sandbox.faults import FaultLayer, Now

Handler = Callable[[Request, bytes], Response]

V1, V2 = "/api/v1/voice/campaigns", "/api/v2/voice/campaigns"
CAMPAIGN = "{campaign:int}"
WRAPUPS_PER_PAGE = 50
SILENCE = b"\xff\xfb\x90\x00" + bytes(413)  # one MPEG-1 layer III frame


def dialer_app(settings: DialerSettings, now: Now) -> ASGIApp:
    """Build the sandbox dialer, to be served by uvicorn as its own application. All state is inside."""
    return FaultLayer(_Dialer(settings).application(), now, settings.faults)


class _Dialer:
    def __init__(self, settings: DialerSettings) -> None:
        self._settings = settings
        self._start_over()

    def _start_over(self) -> None:
        self._floor = Floor(self._settings, self._settings.campaigns)
        self._batches = Batches(self._floor)

    def application(self) -> Starlette:
        contacts, batch = f"{V2}/{CAMPAIGN}/contacts", f"{V2}/{CAMPAIGN}/contact-batch"
        vendor: Sequence[tuple[str, str, Handler]] = (
            ("GET", V1, self._list_campaigns),
            ("GET", f"{V1}/{CAMPAIGN}", self._get_campaign),
            ("PATCH", f"{V1}/{CAMPAIGN}", self._patch_campaign),
            ("POST", f"{V1}/{CAMPAIGN}/field", self._add_fields),
            ("GET", "/api/v1/account/wrapups", self._list_wrapups),
            ("GET", "/api/v1/recordings/interactions/{interaction}/content", self._get_recording),
            ("POST", contacts, self._create_contact),
            ("GET", f"{contacts}/{{contact:int}}", self._get_contact),
            ("PUT", f"{contacts}/{{contact:int}}", self._update_contact),
            ("DELETE", f"{contacts}/{{contact:int}}", self._delete_contact),
            ("POST", f"{contacts}/search", self._search),
            ("GET", f"{contacts}/search/by-date", self._search_by_date),
            ("POST", f"{V2}/contacts/search/by-phone", self._search_by_phone),
            ("POST", f"{batch}/create", self._batch_create),
            ("POST", f"{batch}/update", self._batch_update),
            ("POST", f"{batch}/delete", self._batch_delete),
            ("GET", f"{V2}/contact-batch/status/{{token}}", self._batch_status),
        )
        control: Sequence[tuple[str, str, Handler]] = (
            ("GET", "/_sandbox/log", self._log),
            ("GET", "/_sandbox/contacts", self._all_contacts),
            ("PUT", "/_sandbox/settings", self._change_settings),
            ("POST", "/_sandbox/reset", self._reset),
        )
        routes = [self._route(*entry, token=self._settings.token) for entry in vendor]
        return Starlette(routes=routes + [self._route(*entry, token=None) for entry in control])

    def _route(self, method: str, path: str, handler: Handler, *, token: str | None) -> Route:
        async def endpoint(request: Request) -> Response:
            if token is not None and request.headers.get("private-token") != token:
                return JSONResponse({"error": "error.unauthorized"}, HTTPStatus.UNAUTHORIZED)
            body = await request.body()
            self._floor.advance(request.state.at)
            try:
                return handler(request, body)
            except ValidationError as error:
                return _error(HTTPStatus.BAD_REQUEST, "error.bad.request", str(error))
            except Refused as refused:
                return _error(refused.status, refused.code, str(refused))

        return Route(path, endpoint, methods=[method])

    def _campaign(self, request: Request, columns: set[str] | None = None) -> Campaign:
        """Find the campaign of the path; it must have all of `columns`."""
        number: int = request.path_params["campaign"]
        campaign = self._floor.campaigns.get(number)
        if campaign is None and self._settings.open_campaigns:
            campaign = self._floor.open_campaign(CampaignSetup(id=number))
        if campaign is None:
            raise Refused(404, "error.campaign.not.exists", f"there is no campaign {number}")
        unknown = (columns or set()) - set(campaign.custom_fields)
        if unknown and not campaign.takes_any_column:
            raise Refused(400, "error.field.not.exists", f"no such columns: {', '.join(sorted(unknown))}")
        return campaign

    def _contact(self, request: Request) -> tuple[Campaign, Contact]:
        campaign = self._campaign(request)
        contact = campaign.contacts.get(request.path_params["contact"])
        if contact is None:
            raise Refused(404, "error.contact.not.exists", "the campaign has no such contact")
        return campaign, contact

    def _list_campaigns(self, request: Request, _: bytes) -> Response:
        wanted = wire.CampaignParameters.model_validate(dict(request.query_params))
        asked = wanted.model_dump(include={"name", "mode", "is_paused", "is_archived"}, exclude_none=True)
        found = [c for c in self._floor.campaigns.values() if all(getattr(c, k) == v for k, v in asked.items())]
        shown = [wire.campaign_json(campaign) for campaign in found]
        return _page(request, "campaigns", shown, wanted.page, wanted.page_size)

    def _get_campaign(self, request: Request, _: bytes) -> Response:
        return JSONResponse(wire.campaign_json(self._campaign(request)))

    def _patch_campaign(self, request: Request, body: bytes) -> Response:
        change = wire.CampaignPatch.model_validate_json(body)
        campaign = self._campaign(request)
        self._floor.change_campaign(campaign, change.model_dump(exclude_unset=True))
        return JSONResponse(wire.campaign_json(campaign))

    def _add_fields(self, request: Request, body: bytes) -> Response:
        new = wire.NewFields.model_validate_json(body).new_custom_fields
        campaign = self._campaign(request)
        if taken := {field.name for field in new} & set(campaign.custom_fields):
            raise Refused(400, "error.field.exists", f"these columns exist: {', '.join(sorted(taken))}")
        campaign.custom_fields += [field.name for field in new]
        campaign.phone_fields += [field.name for field in new if field.is_phone_number]
        return JSONResponse(wire.campaign_json(campaign))

    def _list_wrapups(self, request: Request, _: bytes) -> Response:
        wanted = wire.WrapupParameters.model_validate(dict(request.query_params))
        rest = {"isSystem": False, "isHidden": False, "wrapupPath": "Sandbox", "unpinAfter": None}
        shown = [asdict(w) | rest for w in WRAPUPS.values() if wanted.status in {None, w.status}]
        return _page(request, "wrapups", shown, wanted.page, WRAPUPS_PER_PAGE)

    def _get_recording(self, _request: Request, _: bytes) -> Response:
        return Response(SILENCE, media_type="audio/mpeg")

    def _create_contact(self, request: Request, body: bytes) -> Response:
        wire.CreateParameters.model_validate(dict(request.query_params))
        new = wire.ContactCreate.model_validate_json(body)
        campaign = self._campaign(request, set(new.custom_fields))
        contact = self._floor.create(campaign, new.custom_fields, new.values(), None)
        return JSONResponse(wire.contact_json(contact), HTTPStatus.CREATED)

    def _get_contact(self, request: Request, _: bytes) -> Response:
        return JSONResponse(wire.contact_json(self._contact(request)[1]))

    def _update_contact(self, request: Request, body: bytes) -> Response:
        change = wire.ContactUpdate.model_validate_json(body)
        self._campaign(request, set(change.custom_fields or ()))
        campaign, contact = self._contact(request)
        self._floor.update(campaign, contact, change.custom_fields or {}, change.values())
        return JSONResponse(wire.contact_json(contact))

    def _delete_contact(self, request: Request, _: bytes) -> Response:
        if not self._floor.delete(*self._contact(request)):
            raise Refused(409, "error.contact.processing.in.progress", "the contact is on a call: try again later")
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _search(self, request: Request, body: bytes) -> Response:
        search = wire.Search.model_validate_json(body)
        campaign = self._campaign(request, search.query.columns() if search.query else None)
        everyone = campaign.contacts.values()
        found = matching(search.query, everyone) if search.query else list(everyone)
        page, size = search.pageable.page, search.pageable.page_size
        shown, last = found[page * size : (page + 1) * size], (page + 1) * size >= len(found)
        return JSONResponse(
            {
                "content": wire.contacts_json(shown),
                "totalElements": len(found),
                "totalPages": -(-len(found) // size),
                "first": page == 0,
                "last": last,
                "number": page,
                "numberOfElements": len(shown),
                "empty": not shown,
            }
        )

    def _search_by_date(self, request: Request, _: bytes) -> Response:
        wanted = wire.ByDateParameters.model_validate(dict(request.query_params))
        start = (wanted.from_date, -1 if wanted.from_id is None else wanted.from_id)
        end = wanted.to_date
        everyone = ((c.last_updated_at, c.id, c) for c in self._campaign(request).contacts.values())
        found = sorted(e for e in everyone if e[:2] > start and (end is None or e[0] <= end))
        contacts = [contact for _, _, contact in found[: wanted.limit]]
        following = None
        if len(found) > wanted.limit:
            last = contacts[-1]
            query = {"fromDate": wire.text(last.last_updated_at), "fromId": last.id, "limit": wanted.limit}
            query |= {"toDate": wire.text(end)} if end else {}
            following = f"{request.url.path}?{urlencode(query)}"
        shown = wire.contacts_json(contacts)
        return JSONResponse({"contacts": shown, "count": len(shown), "next": following})

    def _search_by_phone(self, request: Request, body: bytes) -> Response:
        wanted = wire.ByPhoneParameters.model_validate(dict(request.query_params))
        search = wire.PhoneSearch.model_validate_json(body)
        numbers = self._floor.campaigns if search.campaign_ids is None else search.campaign_ids
        campaigns = [self._floor.campaigns[n] for n in dict.fromkeys(numbers) if n in self._floor.campaigns]
        query = ContactQuery(phones=search.phones)
        found = [c for campaign in campaigns for c in matching(query, campaign.contacts.values())]
        found = sorted((c for c in found if c.id > wanted.from_id), key=lambda c: c.id)
        shown = wire.contacts_json(found[: wanted.limit])
        following = None
        if len(found) > wanted.limit:
            query_string = urlencode({"fromId": str(shown[-1]["id"]), "limit": wanted.limit})
            following = f"{request.url.path}?{query_string}"
        return JSONResponse({"contacts": shown, "count": len(shown), "next": following})

    def _batch_create(self, request: Request, body: bytes) -> Response:
        wire.CreateParameters.model_validate(dict(request.query_params))
        new = wire.BatchCreate.model_validate_json(body)
        campaign = self._campaign(request, {name for fields in new.custom_fields for name in fields})
        return _accepted(self._batches.create(campaign, new))

    def _batch_update(self, request: Request, body: bytes) -> Response:
        change = wire.BatchUpdate.model_validate_json(body)
        columns = set(change.data.custom_fields or ())
        campaign = self._campaign(request, columns | change.query.columns())
        if phones := columns & set(campaign.phone_fields):
            raise Refused(400, "error.bad.request", f"a batch cannot change phones: {', '.join(sorted(phones))}")
        return _accepted(self._batches.update(campaign, change))

    def _batch_delete(self, request: Request, body: bytes) -> Response:
        query = ContactQuery.model_validate_json(body)
        return _accepted(self._batches.delete(self._campaign(request, query.columns()), query))

    def _batch_status(self, request: Request, _: bytes) -> Response:
        batch = self._batches.find(request.path_params["token"])
        found = {"status": batch.status, "modifiedElementsCount": batch.modified}
        return JSONResponse(found | {"failed": batch.failed, "excluded": batch.excluded})

    def _log(self, _request: Request, _: bytes) -> Response:
        return JSONResponse({"entries": wire.plain(self._floor.log)})

    def _all_contacts(self, _request: Request, _: bytes) -> Response:
        contacts = self._floor.contacts
        return JSONResponse(
            {"contacts": [wire.contact_json(c) | {"deletedAt": wire.plain(c.deleted_at)} for c in contacts]}
        )

    def _change_settings(self, _request: Request, body: bytes) -> Response:
        try:
            change = json.loads(body)
        except ValueError as error:
            raise Refused(400, "error.bad.request", f"not JSON: {error}") from error
        held = {name: getattr(self._floor.settings, name) for name in FloorSettings.model_fields}
        settings = FloorSettings.model_validate({**held, **change} if isinstance(change, Mapping) else change)
        self._floor.change_settings(settings)
        return JSONResponse(settings.model_dump(mode="json"))

    def _reset(self, _request: Request, _: bytes) -> Response:
        self._start_over()
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": code, "message": message}, status)


def _accepted(batch: Batch) -> Response:
    return JSONResponse({"token": batch.token})


def _page(request: Request, name: str, shown: list[dict[str, object]], page: int, size: int) -> Response:
    def address(number: int) -> str:
        return f"{request.url.path}?{urlencode({**request.query_params, 'page': number})}"

    following = address(page + 1) if (page + 1) * size < len(shown) else None
    previous = address(page - 1) if page else None
    items = shown[page * size : (page + 1) * size]
    return JSONResponse({"count": len(shown), name: items, "next": following, "previous": previous})
