"""What news of a user or a contract changes."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from growth.domain.accounts.entities import (
    ContractNews,
    ContractOfAnother,
    Employment,
    EmploymentId,
    EmploymentNews,
    Untold,
    UserNews,
)
from growth.domain.kernel.customers import Contract, User
from growth.domain.kernel.ids import ContractRef, UserId


def user_after(id: UserId, known: User | None, news: UserNews, now: datetime) -> User:
    """Return the user after the news; what was left out keeps its value."""
    kept = {"created_at": known.created_at, "replaced_by": known.replaced_by} if known else {"created_at": now}
    return User(id=id, **kept, **_after(known, news))


def contract_after(ref: ContractRef, known: Contract | None, news: ContractNews) -> Contract:
    """Return the contract after the news. Raises `ContractOfAnother`."""
    if known and (known.user_id, known.country_code) != (news.user_id, news.country_code):
        raise ContractOfAnother
    told = _after(known, news)
    told["free_months"] = tuple(sorted(set(told["free_months"] or ())))
    return Contract(ref=ref, **told)


def employment_after(id: EmploymentId, known: Employment | None, news: EmploymentNews, now: datetime) -> Employment:
    """Return the employment after the news; what was left out keeps its value."""
    return Employment(id=id, told_at=now, **_after(known, news))


def _after(
    known: User | Contract | Employment | None, news: UserNews | ContractNews | EmploymentNews
) -> dict[str, Any]:
    values = {field.name: getattr(news, field.name) for field in fields(news)}
    return {
        name: (getattr(known, name) if known else None) if isinstance(value, Untold) else value
        for name, value in values.items()
    }
