"""How a route is declared: `router = Routes(tags=[…])`, `@router.post("/v1/…", dependencies=[allow(Role.OPS)])`."""

import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from dishka import AsyncContainer
from dishka.integrations.fastapi import inject
from fastapi import APIRouter, Request, Response, params
from fastapi._compat import field_annotation_is_sequence
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute

from growth.api.errors import Refused
from growth.api.idempotency import Repeats
from growth.api.security import Guard, Rule
from growth.api.strict_json import is_storable, parse
from growth.domain.kernel.errors import Fault
from growth.settings import Role

_JSON = re.compile(r'application/json(\s*;\s*charset="?utf-8"?)?\s*', re.IGNORECASE)


class GrowthRoute(APIRoute):
    """A route with a declared rule, strict input, `Idempotency-Key` and injected ports, in this order at run time."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401
        declared: Sequence[params.Depends] = options.pop("dependencies", None) or ()
        rules = [it.dependency for it in declared if isinstance(it.dependency, Rule)]
        if len(rules) != 1:
            raise TypeError(f"{path}: declare one of allow(…), anyone(), unmetered() in `dependencies`.")
        self.rule: Rule = rules[0]
        rest = [it for it in declared if it.dependency is not self.rule]
        super().__init__(path, inject(endpoint), dependencies=rest, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        fields = [it for it in get_flat_params(self.dependant) if isinstance(it.field_info, params.Query)]
        lists = {it.alias: field_annotation_is_sequence(it.field_info.annotation) for it in fields}

        async def admitted(request: Request) -> Response:
            container: AsyncContainer = request.scope["state"]["dishka_container"]
            caller = await (await container.get(Guard)).admit(request, self.rule, self.path)
            request.scope["state"]["caller"] = caller
            _check_parameters(request, lists, lenient=self.rule.lenient)
            strict = _StrictRequest(request.scope, request.receive)
            if self.body_field:
                await strict.load()

            async def run() -> Response:
                return await answer(strict)

            key = request.headers.get("idempotency-key")
            if key is None or request.method != "POST" or not self.rule.repeatable or caller.role is Role.CAPTURE:
                return await run()
            return await (await container.get(Repeats)).once(strict, caller, key, run)

        return admitted


class Routes(APIRouter):
    """A router whose routes are all of that kind. Paths are written in full."""

    def __init__(self, *, tags: list[str]) -> None:
        super().__init__(route_class=GrowthRoute, tags=list(tags))


class _StrictRequest(Request):
    async def load(self) -> None:
        """Read the body as strict JSON, so that `json()` returns that."""
        body = await self.body()
        if not body:
            return
        encoded = self.headers.get("content-encoding", "identity") != "identity"
        if encoded or not _JSON.fullmatch(self.headers.get("content-type", "")):
            raise Refused(415, "unsupported-media-type", "Send `Content-Type: application/json`, not compressed.")
        self._json = parse(body)


def _check_parameters(request: Request, lists: dict[str, bool], *, lenient: bool) -> None:
    if not request.scope["query_string"] and not request.path_params:
        return
    faults = []
    names = [name for name, _ in request.query_params.multi_items()]
    for name, value in request.query_params.multi_items():
        if lenient and name not in lists:
            continue
        if name not in lists:
            faults.append(Fault("?", "unknown-parameter", f"Use only {', '.join(sorted(lists)) or 'no parameter'}."))
        elif not is_storable(value):
            faults.append(Fault(f"?{name}", "bad-character", "Leave out NUL characters."))
        elif not lists[name] and names.count(name) > 1:
            faults.append(Fault(f"?{name}", "duplicate-parameter", "Write the parameter once."))
    for name, value in request.path_params.items():
        if not is_storable(str(value)):
            faults.append(Fault(f"{{{name}}}", "bad-character", "Leave out NUL characters."))
    if faults:
        raise Refused(422, "invalid", "The parameters do not fit the route: see `errors`.", faults=faults[:20])
