"""What the fault tests start from: campaigns, a file of leads, a database that has them."""

import csv
import io
from collections import Counter


def agents(number, capacity):
    return "\n".join(
        f'[[groups.agents]]\nid = "a{n}"\nname = "Agent {n}"\ndialer_user_id = {500 + n}\ncapacity = {capacity}'
        for n in range(number)
    )


def campaign(name, type_, dialer, slots, maximum):
    listed = ", ".join(f'"{slot}"' for slot in slots)
    groups = '\ngroups = ["all"]' if type_ == "PVI" else ""
    return (
        f'[[campaigns]]\nname = "{name}"\ntype = "{type_}"\ncountry = "FR"\nslots = [{listed}]\n'
        f"maximum = {maximum}\ndialer_campaign_id = {dialer}{groups}\n"
    )


def configuration(*campaigns, agents_=1, capacity=50):
    return "\n".join(('[[groups]]\nname = "all"\nzones = ["everywhere"]', agents(agents_, capacity), *campaigns))


def estimate(number, **answers):
    """Return one person's request; its price tells its number."""
    return {
        "email": f"p{number}@example.org",
        "phone": f"+33 6 {(45_000_000 + number) // 1_000_000:02} {number % 1_000_000:06}",
        "country_code": "FR",
        "is_owner": True,
        "sell_timeframe": "now",
        "property_type": "house",
        "postal_code": "69003",
        "estimated_price_eur": 300_000 + number,
        **answers,
    }


def leads_csv(estimates, requested_at):
    rows = [each | {"requested_at": requested_at.isoformat()} for each in estimates]
    file = io.StringIO()
    writer = csv.DictWriter(file, dict.fromkeys(name for row in rows for name in row))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def lost_and_double(contacts, numbers):
    """Compare what the vendor has with the people who had to get there: how many are missing, how many too many."""
    there = Counter(contact["customFields"]["Email"] for contact in contacts)
    expected = {f"p{n}@example.org" for n in numbers}
    assert there.keys() <= expected, "the vendor has people whom nobody sent"
    return len(expected - there.keys()), sum(count - 1 for count in there.values())
