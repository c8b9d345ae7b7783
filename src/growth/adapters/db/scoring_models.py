"""Learned models, and what the one in the shadow said of calls."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.tables.models import models, shadow_scores
from growth.domain.campaigns.entities.calls import CallId, WrapUp
from growth.domain.campaigns.entities.learned_models import BadModelFile, LearnedModel
from growth.domain.campaigns.entities.models_in_use import KeptModel, LiveModel, ModelsInUse, ModelState, Outcome

_COLUMNS = (models.c.content, models.c.state, models.c.percent, models.c.added_at, models.c.changed_at, models.c.reason)
_IN_USE = select(models.c.version, models.c.state, models.c.percent).where(models.c.state != ModelState.RETIRED)
_NEWEST = 200
_OUTCOMES = text("""
    SELECT d.score, d.model_version, s.probability, c.wrapup = :won
    FROM shadow_score s JOIN call c ON c.id = s.call_id AND c.state = 'called'
    JOIN decision d ON d.run_id = c.run_id AND d.call_id = c.id
    WHERE s.model_version = :model AND c.wrapup IS NOT NULL ORDER BY c.id
""")


_MOST_KNOWN = 16
log = structlog.get_logger(__name__)


class ModelFiles:
    """How models are written and read; one that was read is kept, by its version."""

    def __init__(
        self, write: Callable[[LearnedModel], Mapping[str, Any]], read: Callable[[bytes], LearnedModel]
    ) -> None:
        self._write = write
        self._read = read
        self._known: dict[str, LearnedModel] = {}

    def written(self, model: LearnedModel) -> str:
        return json.dumps(self._write(model), ensure_ascii=False, allow_nan=False)

    def known(self, version: str) -> LearnedModel | None:
        """Return a model that was read before."""
        return self._known.get(version)

    def model(self, version: str, content: str) -> LearnedModel:
        """Return the model in a stored file."""
        if version not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[version] = self._read(content.encode())
        return self._known[version]


class SqlModels:
    def __init__(self, connection: AsyncConnection, files: ModelFiles) -> None:
        self._connection = connection
        self._files = files

    async def in_use(self) -> ModelsInUse:
        return await _in_use(self._connection, self._files)

    async def lock(self, version: str) -> KeptModel | None:
        await self._connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('models', 0))"))
        return await _kept(self._connection, self._files, version)

    async def put(self, model: KeptModel) -> None:
        values = {
            "version": model.model.version,
            "content": self._files.written(model.model),
            "state": model.state,
            "percent": model.percent,
            "added_at": model.added_at,
            "changed_at": model.changed_at,
            "reason": model.reason,
        }
        query = insert(models).values(values)
        newest = {name: query.excluded[name] for name in values if name not in {"version", "content", "added_at"}}
        await self._connection.execute(query.on_conflict_do_update(index_elements=[models.c.version], set_=newest))

    async def retire(self, state: ModelState, at: datetime) -> None:
        query = models.update().where(models.c.state == state)
        await self._connection.execute(query.values(state=ModelState.RETIRED, percent=0, changed_at=at))

    async def put_shadow(self, model: str, scores: Sequence[tuple[CallId, float]]) -> None:
        if scores:
            rows = [{"call_id": call, "model_version": model, "probability": score} for call, score in scores]
            await self._connection.execute(insert(shadow_scores).on_conflict_do_nothing(), rows)

    async def outcomes(self, shadow: str) -> Sequence[Outcome]:
        return await _outcomes(self._connection, shadow)


class SqlModelViews:
    def __init__(self, engine: AsyncEngine, files: ModelFiles) -> None:
        self._engine = engine
        self._files = files

    async def list(self) -> Sequence[KeptModel]:
        query = (
            select(models.c.version, *_COLUMNS).order_by(models.c.changed_at.desc(), models.c.version).limit(_NEWEST)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [KeptModel(self._files.model(version, content), *rest) for version, content, *rest in rows]

    async def get(self, version: str) -> KeptModel | None:
        async with self._engine.connect() as connection:
            return await _kept(connection, self._files, version)

    async def in_use(self) -> ModelsInUse:
        async with self._engine.connect() as connection:
            return await _in_use(connection, self._files)

    async def outcomes(self, shadow: str) -> Sequence[Outcome]:
        async with self._engine.connect() as connection:
            return await _outcomes(connection, shadow)


async def _in_use(connection: AsyncConnection, files: ModelFiles) -> ModelsInUse:
    live, shadow = None, None
    for version, state, percent in (await connection.execute(_IN_USE)).all():
        model = files.known(version) or await _model(connection, files, version)
        if model and state == ModelState.LIVE:
            live = LiveModel(model, percent)
        elif model:
            shadow = model
    return ModelsInUse(live, shadow)


async def _model(connection: AsyncConnection, files: ModelFiles, version: str) -> LearnedModel | None:
    """Return a stored model; None where this version of the service cannot read it, so that the rules score."""
    content = (await connection.execute(select(models.c.content).where(models.c.version == version))).scalar_one()
    try:
        return files.model(version, content)
    except BadModelFile:
        log.exception("model-unreadable", version=version)
        return None


async def _kept(connection: AsyncConnection, files: ModelFiles, version: str) -> KeptModel | None:
    row = (await connection.execute(select(*_COLUMNS).where(models.c.version == version))).first()
    return None if row is None else KeptModel(files.model(version, row[0]), *row[1:])


async def _outcomes(connection: AsyncConnection, shadow: str) -> list[Outcome]:
    rows = await connection.execute(_OUTCOMES, {"model": shadow, "won": WrapUp.ARGUEDPOSITIVE.value})
    return [Outcome(*row) for row in rows]
