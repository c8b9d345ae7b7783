"""What operating the service itself needs: the test clock and the scheduler's ticks."""

from sqlalchemy import CheckConstraint, Column, Integer, Interval, Table

from growth.adapters.db.metadata import metadata
from growth.adapters.db.types import Instant, Words, choice
from growth.domain.kernel.ticks import TickState

test_clock = Table(
    "test_clock",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ahead", Interval, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

ticks = Table(
    "tick",
    metadata,
    Column("job", Words, primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("state", choice(TickState, "state"), nullable=False),
    Column("decided_at", Instant, nullable=False),
)
