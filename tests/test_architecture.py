"""The laws of the architecture: each is a function over source text, and each is seen to bite.

The import contracts are in pyproject.toml; here is what import-linter cannot say, and a test that they bite.
"""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "growth"
DOMAIN = SOURCE / "domain"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# "path from the project's root: name" of what may break a law, each with a comment that says why.
EXCEPTIONS: frozenset[str] = frozenset()

FUNCTION_LINES, POSITIONAL, SOURCE_LINES, TEST_LINES = 30, 5, 300, 400
TRANSACTIONS = {"tx", "connection"}  # what a function calls the transaction that it is handed
FORBIDDEN_WORDS = {"util", "helper", "common", "manager", "service", "base"}
IMPURE_MODULES = {
    "asyncio",
    "os",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "time",
    "uuid_utils",
}
IMPURE_NAMES = {"uuid1", "uuid4", "uuid6", "uuid7"}
CLOCKS = {"now", "utcnow", "today"}
BEHIND_THE_KERNEL = {"phonenumbers", "email_validator", "holidays"}
ROUTES = {
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "websocket",
    "api_route",
    "exception_handler",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Breach:
    """`name`: what breaks the law in its file, the key of an exception."""

    line: int
    name: str
    why: str


@cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(source)))


def last_name(node: ast.AST) -> str:
    """`c` of `c`, `a.b.c` and `a.b.c(…)`."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def first_name(node: ast.AST) -> str:
    """`a` of `a`, `a.b.c(…)` and `a[0].b`."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and full module name of every absolute import."""
    for node in nodes(source):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def purity(source: str) -> Iterator[Breach]:
    """Rules and entities have no `async`, no clock and no chance in them."""
    for line, module in imported(source):
        if module.split(".")[0] in IMPURE_MODULES:
            yield Breach(line, module, "is not pure; take the value as an argument")
    for node in nodes(source):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            yield Breach(node.lineno, "async", "rules do not wait")
        name = node.name if isinstance(node, ast.alias) else last_name(node)
        if name in IMPURE_NAMES and isinstance(node, ast.alias | ast.Attribute):
            yield Breach(node.lineno, name, "makes an id; take it as an argument")
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and name in CLOCKS
        named = isinstance(node, ast.Attribute) and name in CLOCKS and last_name(node.value) in {"datetime", "date"}
        if called or named:
            yield Breach(node.lineno, name, "reads a clock; take the time as an argument")


def opens_transaction(item: ast.withitem) -> bool:
    return isinstance(item.context_expr, ast.Call) and last_name(item.context_expr).endswith("begin")


def waits_for(node: ast.AST) -> Iterator[ast.expr]:
    """What this one node makes its coroutine wait for."""
    if isinstance(node, ast.Await):
        yield node.value
    elif isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and node.is_async):
        yield node.iter
    elif isinstance(node, ast.AsyncWith):
        yield from (item.context_expr for item in node.items)


def transactions(source: str) -> Iterator[Breach]:
    """Inside a transaction only it is awaited, or a function that it is handed to: no network call holds a lock.

    What takes a transaction, as `tx` or `connection`, is inside of one from its first line to its last.
    """
    for block in nodes(source):
        if isinstance(block, ast.AsyncWith):
            start = next((at for at, item in enumerate(block.items) if opens_transaction(item)), None)
            if start is not None:
                target = block.items[start].optional_vars
                inside: list[ast.AST] = [item.context_expr for item in block.items[start + 1 :]]
                yield from _awaits_only(target.id if isinstance(target, ast.Name) else "tx", inside, block.body)
        elif isinstance(block, ast.AsyncFunctionDef):
            arguments = {argument.arg for argument in (*block.args.posonlyargs, *block.args.args)}
            for name in TRANSACTIONS & arguments:
                yield from _awaits_only(name, [], block.body)


def handed_on(value: ast.AST, tx: str) -> bool:
    """Whether this calls something that it gives the transaction to, or a store made from it."""
    if not isinstance(value, ast.Call):
        return False
    made_from = isinstance(value.func, ast.Attribute) and handed_on(value.func.value, tx)
    return made_from or [*map(ast.unparse, value.args[:1])] == [tx]


def _awaits_only(tx: str, opened: Sequence[ast.AST], body: Sequence[ast.AST]) -> Iterator[Breach]:
    for value in [*opened, *(it for part in body for node in ast.walk(part) for it in waits_for(node))]:
        if isinstance(value, ast.Name) or not (handed_on(value, tx) or first_name(value) == tx):
            yield Breach(value.lineno, ast.unparse(value), f"is awaited inside a transaction; only {tx}.… is")


def sizes(source: str) -> Iterator[Breach]:
    """A function has at most 30 lines beside docstring and decorators, and 5 positional arguments."""
    for node in nodes(source):
        if not isinstance(node, Function):
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if ast.get_docstring(node, clean=False) is not None:
            lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
        if lines > FUNCTION_LINES:
            yield Breach(node.lineno, node.name, f"has {lines} lines, at most {FUNCTION_LINES}")
        names = [argument.arg for argument in node.args.posonlyargs + node.args.args]
        if (count := len(names) - (names[:1] in (["self"], ["cls"]))) > POSITIONAL:
            yield Breach(node.lineno, node.name, f"takes {count} positional arguments, at most {POSITIONAL}")


def length(source: str, limit: int = SOURCE_LINES) -> Iterator[Breach]:
    """A file has at most 300 lines."""
    if (lines := len(source.splitlines())) > limit:
        yield Breach(limit + 1, "file", f"has {lines} lines, at most {limit}; make it a package of the same name")


def test_length(source: str) -> Iterator[Breach]:
    """A file of tests has at most 400 lines."""
    return length(source, TEST_LINES)


test_length.__test__ = False  # a law, not a test


def own_libraries(source: str) -> Iterator[Breach]:
    """The domain imports the standard library and itself."""
    for line, module in imported(source):
        top = module.split(".")[0]
        if top != "growth" and top not in sys.stdlib_module_names:
            yield Breach(line, module, "is a third-party package; put it behind a port")


def kernel_libraries(source: str) -> Iterator[Breach]:
    """The kernel may also know phone numbers, email addresses and public holidays."""
    return (breach for breach in own_libraries(source) if breach.name.split(".")[0] not in BEHIND_THE_KERNEL)


def endpoints(source: str) -> Iterator[Breach]:
    """Routes and dependencies are `async def`: a sync one costs a hop to a thread, each time."""
    depended = {
        last_name(node.args[0])
        for node in nodes(source)
        if isinstance(node, ast.Call) and last_name(node) in {"Depends", "Security"} and node.args
    }
    for node in nodes(source):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        routed = any(isinstance(call, ast.Call) and last_name(call) in ROUTES for call in node.decorator_list)
        if routed or (node.name in depended and not makes_async(node)):
            yield Breach(node.lineno, node.name, "is called by FastAPI; make it `async def`")


def makes_async(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """A factory of dependencies, or an object that is one: what it defines is called, not itself."""
    return any(isinstance(part, ast.AsyncFunctionDef) for part in ast.walk(node))


def prints(source: str) -> Iterator[Breach]:
    """Only what talks to a person at a terminal prints; the rest logs."""
    for node in nodes(source):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield Breach(node.lineno, "print", "belongs into a log")


def talks_to_a_person(path: Path) -> bool:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py") in {"cli", "demo", "local"}


def pure(path: Path) -> bool:
    return bool({"business_rules", "business_rules.py", "entities", "entities.py"} & set(path.parts))


Law = Callable[[str], Iterator[Breach]]
SOURCES = sorted(SOURCE.rglob("*.py"))
LAWS: dict[Law, list[Path]] = {
    purity: [path for path in DOMAIN.rglob("*.py") if pure(path)],
    transactions: SOURCES,
    sizes: SOURCES,
    length: SOURCES,
    test_length: sorted((ROOT / "tests").rglob("*.py")),
    own_libraries: [path for path in DOMAIN.rglob("*.py") if path.relative_to(DOMAIN).parts[0] != "kernel"],
    kernel_libraries: sorted((DOMAIN / "kernel").rglob("*.py")),
    endpoints: sorted((SOURCE / "api").rglob("*.py")),
    prints: [path for path in SOURCES if not talks_to_a_person(path)],
}


def breaches(law: Law) -> Iterator[tuple[str, str]]:
    """Key of the exception, and the sentence for the person who broke the law."""
    for path in LAWS[law]:
        where = path.relative_to(ROOT)
        for breach in law(path.read_text()):
            yield f"{where}: {breach.name}", f"{where}:{breach.line}: {breach.name} {breach.why}"


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_law_holds(law):
    assert LAWS[law], "the law looks at no file at all"
    broken = [sentence for key, sentence in breaches(law) if key not in EXCEPTIONS]
    assert not broken, "\n" + "\n".join([law.__doc__ or "", *broken])


def test_every_exception_is_still_needed():
    assert {key for law in LAWS for key, _ in breaches(law)} >= EXCEPTIONS


def forbidden_name(path: Path) -> bool:
    return any(word.removesuffix("s") in FORBIDDEN_WORDS for word in path.stem.split("_"))


def test_no_module_is_named_after_nothing():
    assert not [str(path.relative_to(ROOT)) for path in SOURCE.rglob("*") if forbidden_name(path)]


@pytest.mark.parametrize("name", ["utils.py", "helpers", "common.py", "lead_manager.py", "services", "base.py"])
def test_a_name_that_says_nothing_is_caught(name):
    assert forbidden_name(SOURCE / name)
    assert not forbidden_name(SOURCE / "database.py")


TX = "async def f(self, vendor):\n    async with self.begin() as tx:\n        "
BREAKS: list[tuple[Law, str]] = [
    *[
        (purity, code)
        for code in (
            "async def rule(): ...",
            "import random",
            "from secrets import token_hex",
            "import time\nx = time.time()",
            "from time import monotonic",
            "from uuid import uuid4",
            "import uuid\nx = uuid.uuid7()",
            "from datetime import UTC, datetime\nx = datetime.now(UTC)",
            "import datetime as dt\nx = dt.datetime.utcnow()",
            "from datetime import date\nx = date.today()",
            "made_at = field(default_factory=datetime.now)",
            "def rule(clock): return clock.now()",
        )
    ],
    *[
        (transactions, TX + code)
        for code in (
            "await vendor.send()",
            "await self.vendor.send(tx.id)",
            "await tx.leads.add(await vendor.fetch())",
            "await asyncio.gather(tx.leads.all(), vendor.fetch())",
            "if True:\n            await vendor.send()",
            "async for page in vendor.pages(): pass",
            "pages = [page async for page in vendor.pages()]",
            "async with vendor.session(): pass",
            "async with self.begin() as other: pass",
            "await tx",
        )
    ],
    (transactions, "async def step(self, tx):\n    await self.vendor.send(tx.id)"),
    (transactions, "async def step(connection, vendor):\n    await vendor.send()"),
    (transactions, "async def f(begin, vendor):\n    async with begin() as tx, vendor.session(): pass"),
    (
        transactions,
        "async def f(engine, vendor):\n    async with engine.begin():\n        await vendor.send()",
    ),
    (sizes, "def f():\n" + "    x = 1\n" * 30),
    (sizes, "class A:\n    async def f(self):\n" + "        x = 1\n" * 30),
    (sizes, "def f(a, b, c, d, e, f): ..."),
    (sizes, "class A:\n    def f(self, a, b, c, d, e, /, f): ..."),
    (length, "x = 1\n" * 301),
    (test_length, "x = 1\n" * 401),
    (own_libraries, "import sqlalchemy.orm"),
    (own_libraries, "def f():\n    from pydantic import BaseModel"),
    (own_libraries, "import phonenumbers"),
    (kernel_libraries, "import httpx2"),
    (endpoints, "@router.get('/leads')\ndef leads(): ..."),
    (endpoints, "@app.exception_handler(ValueError)\ndef refused(request, error): ..."),
    (endpoints, "def caller(): ...\nCaller = Annotated[str, Depends(caller)]"),
    (endpoints, "def role(name):\n    def check(): ...\n    return check\nx = Depends(role('ops'))"),
    (prints, "print('hello')"),
]
KEEPS: list[tuple[Law, str]] = [
    (
        purity,
        "from datetime import datetime, time\nfrom uuid import UUID\nlate = facts.now > time(9)",
    ),
    (transactions, TX + "await tx.leads.add(1)\n    await vendor.send()"),
    (transactions, TX + "async for lead in tx.leads.all(): pass"),
    (transactions, TX + "await self._fill(tx, 1)\n        await step.take(tx, 2)"),
    (
        sizes,
        "@wraps\ndef f(self, a, b, c, d, e, *, g):\n    '''One.\n\n    Two.\n    '''\n" + "    x = 1\n" * 29,
    ),
    (
        kernel_libraries,
        "import holidays\nfrom email_validator import validate_email\nimport phonenumbers.geocoder",
    ),
    (endpoints, "@router.get('/leads')\nasync def leads(): ...\ndef out(lead): ..."),
    (endpoints, "def role(name):\n    async def check(): ...\n    return check\nx = Depends(role('ops'))"),
    (prints, "console.print('hello')"),
]


@pytest.mark.parametrize(("law", "code"), BREAKS)
def test_the_law_bites(law, code):
    assert list(law(code))


@pytest.mark.parametrize(("law", "code"), KEEPS)
def test_the_law_lets_good_code_pass(law, code):
    assert not list(law(code))


def test_every_context_stands_in_the_contract_about_its_inside():
    (contract,) = [contract for contract in CONTRACTS if contract["id"] == "inside-a-context"]
    contexts = {f"growth.domain.{path.name}" for path in DOMAIN.iterdir() if (path / "__init__.py").exists()}
    assert set(contract["containers"]) == contexts - {"growth.domain.kernel"}


def test_every_import_contract_bites(tmp_path):
    """In a copy that breaks each contract once, import-linter reports each by name."""
    shutil.copytree(SOURCE, tmp_path / "growth", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, culprit in {
        "domain/kernel/bad.py": "growth.adapters.db",
        "domain/kernel/worse.py": "growth.domain.campaigns",
        "domain/campaigns/entities/bad.py": "growth.domain.campaigns.business_rules",
        "adapters/sandbox/bad.py": "growth.adapters.diabolocom",
    }.items():
        (tmp_path / "growth" / module).write_text(f"import {culprit}\n")
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()"
    command = [sys.executable, "-c", program, "--no-cache", "--no-logo"]
    unwrapped = {**os.environ, "COLUMNS": "200"}
    answer = subprocess.run(command, cwd=tmp_path, env=unwrapped, capture_output=True, text=True, check=False)
    assert [c["name"] for c in CONTRACTS if f"{c['name']} BROKEN" not in answer.stdout] == [], answer.stderr
