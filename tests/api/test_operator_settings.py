"""Settings that operators change while the service runs."""

import asyncio
from datetime import datetime

import pytest
from tests.api.conftest import CAPTURE, OPS, SERVICE, service_on
from tests.domain.makers import HOUR, MONDAY

from growth.adapters.db.operator_settings import SqlOperatorSettingViews
from growth.domain.prospects.entities.operator_settings import SETTINGS, Definition, Kind
from growth.domain.prospects.ports.operator_settings import OperatorSettingViews

CHAT, WARNING, EXCLUDED = "fr_enable_chat", "fr_warning_in_contact_modal", "inbound_sales_emails_to_exclude"


async def put(service, name, value, **options):
    return await service.ask("PUT", f"/v1/settings/{name}", {"value": value}, **options)


async def values(service):
    return {it["name"]: it["value"] for it in (await service.get("/v1/settings"))["items"]}


DEFAULTS = {name: definition.default for name, definition in SETTINGS.items()}


async def test_there_are_all_settings_with_their_defaults(service):
    assert await values(service) == DEFAULTS
    found = await service.get(f"/v1/settings/{EXCLUDED}")
    assert found.keys() == {"name", "kind", "value", "default", "updated_at"}
    assert (found["kind"], found["value"], found["default"]) == ("emails", None, None)


async def test_a_changed_setting_stays_changed_whoever_starts_again(service, database_url):
    await service.get("/v1/settings")
    await service.world.at(MONDAY + HOUR)
    changed = await put(service, CHAT, value=False)
    assert (changed["value"], changed["default"]) == (False, True)
    assert datetime.fromisoformat(changed["updated_at"]) >= MONDAY + HOUR
    await put(service, WARNING, "Closed on Friday")
    await put(service, EXCLUDED, ["Hugo.Petit@example.com"])
    async with service_on(database_url) as another:
        now = {CHAT: False, WARNING: "Closed on Friday", EXCLUDED: ["hugo.petit@example.com"]}
        assert await values(another) == DEFAULTS | now
        assert await another.get(f"/v1/settings/{CHAT}") == changed
    await put(service, WARNING, None)
    assert (await values(service))[WARNING] is None


async def test_what_is_changed_before_anything_was_read_is_not_loaded_over(service):
    await put(service, CHAT, value=False)
    assert await values(service) == DEFAULTS | {CHAT: False}


async def test_a_setting_of_a_later_version_is_loaded_beside_the_others(service):
    await put(service, CHAT, value=False)
    views = await service.world.get(OperatorSettingViews)
    assert isinstance(views, SqlOperatorSettingViews)
    later = {"later": Definition(Kind.NUMBER, 3), CHAT: Definition(Kind.SWITCH, default=True)}
    await asyncio.gather(*(views.load(later, MONDAY) for _ in range(5)))
    rows = {row.name: row.value for row in await service.world.rows("operator_setting", "name")}
    assert rows == DEFAULTS | {"later": 3, CHAT: False}
    assert await values(service) == DEFAULTS | {CHAT: False}  # one that this version does not know


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        (CHAT, "true", "true or false"),
        (CHAT, None, "true or false"),
        (WARNING, 5, "a text"),
        (EXCLUDED, "a@example.org", "a list"),
        (EXCLUDED, ["nobody"], "email addresses"),
        ("fr_b2c_weekly_capacity_per_person", -1, "a whole number"),
        ("fr_b2c_weekly_capacity_per_person", 1.5, "a whole number"),
        ("fr_b2c_weekly_capacity_per_person", True, "a whole number"),
    ],
)
async def test_a_value_of_another_kind_is_refused_with_what_is_wanted(untouched, name, value, wanted):
    answer = await untouched.client.put(f"/v1/settings/{name}", json={"value": value}, headers=OPS)
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong-kind-of-value")
    assert wanted in answer.json()["detail"]
    assert [it["pointer"] for it in answer.json()["errors"]] == ["/value"]
    assert await values(untouched) == DEFAULTS


async def test_an_unknown_setting_and_a_missing_value_are_refused(untouched):
    for method, body in (("GET", None), ("PUT", {"value": True})):
        assert (await untouched.refused(method, "/v1/settings/fax", body, status=404))[0] == "unknown-setting"
    assert await untouched.refused("PUT", f"/v1/settings/{CHAT}", {}) == ("invalid", ["/value"])
    assert await untouched.refused("PUT", f"/v1/settings/{CHAT}", {"value": True, "x": 1}) == ("invalid", ["/x"])


async def test_the_backend_may_read_settings_and_operators_change_them(untouched):
    assert (await untouched.client.get(f"/v1/settings/{CHAT}", headers=SERVICE)).status_code == 200
    for role in (SERVICE, CAPTURE):
        await untouched.refused("PUT", f"/v1/settings/{CHAT}", {"value": True}, status=403, role=role)
    await untouched.refused("GET", "/v1/settings", status=403, role=CAPTURE)
