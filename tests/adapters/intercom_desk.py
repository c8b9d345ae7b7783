"""A client of the sandbox of Intercom, over real HTTP, and of its control routes."""

from tests.adapters.sandbox_client import NINE

NOW = int(NINE.timestamp())


class Desk:
    """A client of the sandbox, in the workspace of FR unless said."""

    def __init__(self, vendors):
        self.vendors = vendors

    async def ask(self, method, path, body=None, status=200, country="FR"):
        headers = {"Authorization": f"Bearer sandbox-{country}", "Intercom-Version": "2.16"}
        answer = await self.vendors.http.request(method, f"/intercom{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def put(self, what, country="FR", **given):
        return await self.vendors.ask("PUT", f"/intercom/_sandbox/workspaces/{country}/{what}", given)

    async def contact(self, id="ana", **given):
        return await self.put(f"contacts/{id}", **given)

    async def conversation(self, id, **given):
        return await self.put(f"conversations/{id}", **given)

    async def settings(self, **given):
        await self.vendors.ask("PUT", "/intercom/_sandbox/settings", given)

    async def refused(self, method, path, body=None, country="FR"):
        headers = {"Authorization": f"Bearer sandbox-{country}", "Intercom-Version": "2.16"}
        answer = await self.vendors.http.request(method, f"/intercom{path}", json=body, headers=headers)
        assert answer.json()["type"] == "error.list"
        (error,) = answer.json()["errors"]
        assert error["message"]
        return answer.status_code, error["code"]

    async def search(self, query, what="conversations", country="FR", **pagination):
        body = {"query": query} | ({"pagination": pagination} if pagination else {})
        return await self.ask("POST", f"/{what}/search", body, country=country)

    async def found(self, query, what="conversations", country="FR"):
        answer = await self.search(query, what, country)
        items = answer["conversations" if what == "conversations" else "data"]
        assert answer["total_count"] == len(items)
        return sorted(it["id"] for it in items)


def where(field, operator, value):
    return {"field": field, "operator": operator, "value": value}


def group(operator, *parts):
    return {"operator": operator, "value": list(parts)}
