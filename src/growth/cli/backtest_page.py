"""A replay as a page, and as a plot of characters."""

from typing import Any

from growth.pages import Column, Section, Table, curves, page

_WIDTH, _HEIGHT = 64, 16
_MARKS = {"fifo": "f", "random": "r", "rules": "u", "model": "m"}


def backtest_page(found: dict[str, Any]) -> str:
    """Return the page as HTML."""
    lines = {name: each["curve"] for name, each in found["policies"].items()}
    chart = curves("Successes reached", lines, x_title="calls made", y_title="successes")
    columns = [Column("policy"), Column("calls", number=True), Column("successes", number=True)]
    rows = [[name, f"{each['calls']:,}", f"{each['successes']:,}"] for name, each in found["policies"].items()]
    people = f"{found['rows']:,} people, {found['successes']:,} successes, {found['slots']:,} slots"
    said = f"{people} of {found['capacity']:,} calls. Seed {found['seed']}."
    return page("Whom to call first: a replay", [Section("Policies", [chart, Table(columns, rows)])], said)


def drawn(found: dict[str, Any]) -> str:
    """Return successes (up) against calls (across); each policy has its letter, the later ones stand above."""
    most_calls = max(each["calls"] for each in found["policies"].values()) or 1
    most = max(each["successes"] for each in found["policies"].values()) or 1
    field = [[" "] * (_WIDTH + 1) for _ in range(_HEIGHT + 1)]
    for name, each in found["policies"].items():
        for calls, successes in each["curve"]:
            field[_HEIGHT - round(successes / most * _HEIGHT)][round(calls / most_calls * _WIDTH)] = _MARKS[name]
    edge = len(f"{most:,}")
    rows = [f"{most if at == 0 else '':>{edge}} |{''.join(line).rstrip()}" for at, line in enumerate(field)]
    named = ", ".join(f"{_MARKS[name]} {name}" for name in found["policies"])
    ends = f"{'0':>{edge}} +{'-' * (_WIDTH + 1)}\n{'':>{edge}}  successes against calls, up to {most_calls:,}: {named}"
    return "\n".join([*rows, ends])
