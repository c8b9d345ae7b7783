"""API keys on the command line."""

from uuid import UUID

import typer
from dishka import AsyncContainer
from rich.table import Table

from growth.adapters.db.access import SqlApiKeys
from growth.domain.kernel.errors import Invalid
from growth.local import with_container
from growth.printing import out
from growth.settings import Role

keys = typer.Typer(no_args_is_help=True, help="API keys.")


@keys.command("create")
def create_key(role: Role, label: str) -> None:
    """Make a key and print it: it is shown this once."""

    async def work(container: AsyncContainer) -> None:
        out.print(await (await container.get(SqlApiKeys)).create(role, label), markup=False, soft_wrap=True)

    with_container(work)


@keys.command("list")
def list_keys() -> None:
    """List the keys that were made, without their values."""

    async def work(container: AsyncContainer) -> None:
        table = Table("id", "role", "label", "made", "revoked")
        for key in await (await container.get(SqlApiKeys)).all():
            table.add_row(str(key.id), key.role, key.label, f"{key.created_at:%F %T}", str(key.revoked_at or ""))
        out.print(table)

    with_container(work)


@keys.command("revoke")
def revoke_key(key_id: UUID) -> None:
    """Take a key out of use; within seconds no process accepts it."""

    async def work(container: AsyncContainer) -> None:
        if not await (await container.get(SqlApiKeys)).revoke(key_id):
            raise Invalid(f"There is no live key {key_id}: see `growth keys list`.")
        out.print("Revoked.")

    with_container(work)
