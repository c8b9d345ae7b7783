"""Logs as JSON, one line per event whatever is in the input, and nothing personal in them."""

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from pydantic_core import to_json
from structlog.types import EventDict, Processor

_EMAIL = re.compile(r"[\w.+'-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE = re.compile(r"(?<![\w-])(?!\d{4}-\d\d-\d\d)(?:\+|00)?\(?\d(?:[ .()/-]{0,2}\d){8,14}(?![\w-])")
# Written by us, with digits that may look like a phone number.
_OURS = frozenset({"timestamp", "level", "logger", "request_id", "key_id", "route", "method", "status", "ms"})
_MOST_FRAMES = 12


class _Lines:
    """Where our own events go: past `logging`, which takes longer to write a line than the rest of it takes to make."""

    stream: TextIO = sys.stdout  # one for all: loggers are kept when another is configured

    def __init__(self, name: str) -> None:
        self.name = name

    def info(self, line: str) -> None:
        self.stream.write(f"{line}\n")
        self.stream.flush()

    debug = warning = error = critical = info


def configure_logging(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send our events and those of all libraries to `stream` (default: standard output)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        describe_exception,
        redact,
    ]
    _Lines.stream = stream or sys.stdout
    render = structlog.processors.JSONRenderer(lambda event, **_: to_json(event, fallback=str).decode())
    structlog.configure(
        processors=[*shared, render],
        logger_factory=lambda name="growth": _Lines(name),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )
    _route_libraries(formatter, _Lines.stream, level)


def _route_libraries(formatter: logging.Formatter, stream: TextIO, level: int) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = name != "uvicorn.access"  # the frame writes a line for each request
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they log whole URLs


def describe_exception(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its classes and places: messages hold what people sent."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        event["error"] = described(error)
    return event


def described(error: BaseException) -> list[str]:
    """Return the class of the error and of each of its causes, each followed by its innermost places."""
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(lines) < 4 * _MOST_FRAMES:
        lines.append(f"{type(seen).__module__}.{type(seen).__qualname__}")
        frames = traceback.extract_tb(seen.__traceback__)[-_MOST_FRAMES:]
        lines.extend(f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return lines


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Take out what looks like an email address or a phone number: the last line of defence."""
    for key, value in event.items():
        if key not in _OURS and not key.startswith("_"):
            event[key] = _redacted(value)
    return event


def _redacted(value: Any) -> Any:  # noqa: ANN401 - any value that somebody logs
    if isinstance(value, str):
        return _PHONE.sub("[phone]", _EMAIL.sub("[email]", value))
    if isinstance(value, Mapping):
        return {_redacted(str(key)): _redacted(member) for key, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(member) for member in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _redacted(str(value))
