"""Inbound sales teams over HTTP. Those of the example: Hugo and Léa in France, Tom in Belgium."""

import asyncio

import pytest
from tests.api.conftest import CAPTURE, OPS, SERVICE
from tests.api.test_leads import z
from tests.domain.makers import DAY, HOUR, MONDAY, TEN

HUGO, LEA, TOM = "6100001", "6100002", "6200001"


async def put(service, *absences, member=HUGO, country="FR", **options):
    body = {"absences": [{"from": z(start), "until": z(end)} for start, end in absences]}
    return await service.ask("PUT", f"/v1/inbound-sales-teams/{country}/members/{member}", body, **options)


async def team(service, country="FR"):
    return await service.get(f"/v1/inbound-sales-teams/{country}")


async def there(service, country="FR"):
    return [it["name"] for it in (await team(service, country))["members"] if it["available"]]


async def setting(service, name, value):
    await service.ask("PUT", f"/v1/settings/{name}", {"value": value})


async def test_a_team_is_told_with_who_is_there(service):
    found = await team(service)
    assert found.keys() == {
        *("country_code", "timezone", "crew_name", "crew_slack_channel", "won_contracts_slack_channel", "crew_lead"),
        *("intercom_team_ids", "members", "reachable"),
    }
    assert found["crew_lead"] == {
        "id": "u-lead-fr",
        "email": "claire.martin@example.com",
        "pro_email": "claire@sales.example",
        "company_email": None,
        "full_name": "Claire Martin",
    }
    hugo, _ = found["members"]
    assert hugo.keys() == {"admin_id", "email", "name", "hours", "absences", "available"}
    assert (hugo["admin_id"], hugo["hours"][0], hugo["available"]) == (HUGO, "mon 09:00-18:00", False)
    assert found["reachable"] == []
    await service.world.at(TEN)
    assert await there(service) == ["Hugo Petit", "Léa Moreau"]
    assert (await team(service))["reachable"] == ["hugo.petit@example.com", "lea.moreau@example.com"]
    assert await there(service, "BE") == ["Tom Maes"]


async def test_absences_are_replaced_and_end(service):
    await service.world.at(TEN)
    gone = await put(service, (TEN - HOUR, TEN + HOUR), (TEN, TEN + 2 * HOUR))
    assert (gone["absences"], gone["available"]) == ([{"from": z(TEN - HOUR), "until": z(TEN + 2 * HOUR)}], False)
    assert await there(service) == ["Léa Moreau"]
    assert (await team(service))["members"][0] == gone
    await service.world.at(TEN + 2 * HOUR)
    assert await there(service) == ["Hugo Petit", "Léa Moreau"]
    await put(service, (TEN + DAY, TEN + 2 * DAY))
    assert len(await service.world.rows("sales_absence", "starts_at")) == 1
    await put(service)
    assert await service.world.rows("sales_absence", "starts_at") == []


async def test_absences_of_others_stay(service):
    await put(service, (TEN, TEN + HOUR), member=LEA)
    await put(service, (TEN, TEN + HOUR), member=TOM, country="BE")
    await put(service, (TEN, TEN + DAY))
    await put(service)
    assert [row.admin_id for row in await service.world.rows("sales_absence", "admin_id")] == [LEA, TOM]


async def test_who_replaces_absences_together_waits_and_the_last_one_counts(service):
    spans = [(TEN + at * DAY, TEN + at * DAY + HOUR) for at in range(10)]
    await asyncio.gather(*(put(service, span) for span in spans))
    (row,) = await service.world.rows("sales_absence", "starts_at")
    assert (row.starts_at, row.ends_at) in spans


async def test_who_is_excluded_is_never_there_and_the_backup_stands_in(service):
    await service.world.at(TEN)
    await setting(service, "fr_backup_inbound_sales_emails", ["backup@example.com"])
    await setting(service, "inbound_sales_emails_to_exclude", ["Hugo.Petit@example.com"])
    assert await there(service) == ["Léa Moreau"]
    assert (await team(service))["reachable"] == ["lea.moreau@example.com"]
    await put(service, (MONDAY, MONDAY + DAY), member=LEA)
    assert (await team(service))["reachable"] == ["backup@example.com"]
    assert (await team(service, "BE"))["reachable"] == ["tom.maes@example.com"]


@pytest.mark.parametrize(
    ("where", "absences", "status", "found"),
    [
        (f"FR/members/{TOM}", [], 404, ("unknown-team-member", [])),
        (f"DE/members/{HUGO}", [], 422, ("invalid", ["{country_code}"])),
        (f"FR/members/{HUGO}", [{"from": z(TEN), "until": z(TEN)}], 422, ("bad-absence", ["/absences/0/until"])),
        (f"FR/members/{HUGO}", [{"from": z(TEN)}], 422, ("invalid", ["/absences/0/until"])),
        (
            f"FR/members/{HUGO}",
            [{"from_": z(TEN), "until": z(TEN)}],
            422,
            ("invalid", ["/absences/0/from", "/absences/0/from_"]),
        ),
        (
            f"FR/members/{HUGO}",
            [{"from": "2026-11-23T10:00:00", "until": z(TEN)}],
            422,
            ("invalid", ["/absences/0/from"]),
        ),
        (f"FR/members/{HUGO}", [{"from": z(TEN), "until": z(TEN + HOUR)}] * 201, 422, ("invalid", ["/absences"])),
    ],
    ids=lambda it: str(it)[:30],
)
async def test_absences_that_cannot_be_used_are_refused(untouched, where, absences, status, found):
    path = f"/v1/inbound-sales-teams/{where}"
    assert await untouched.refused("PUT", path, {"absences": absences}, status=status) == found
    assert await untouched.world.rows("sales_absence", "starts_at") == []


async def test_the_backend_may_look_and_operators_may_change(untouched):
    path = "/v1/inbound-sales-teams/FR"
    for role, status in ((SERVICE, 200), (OPS, 200), (CAPTURE, 403)):
        assert (await untouched.client.get(path, headers=role)).status_code == status
    for role in (SERVICE, CAPTURE):
        await untouched.refused("PUT", f"{path}/members/{HUGO}", {"absences": []}, status=403, role=role)
    await untouched.refused("GET", "/v1/inbound-sales-teams/DE", status=422)
