"""The domains of throw-away addresses: the list of the disposable-email-domains project (CC0, see LICENSE)."""

import re
from pathlib import Path

import structlog

_LIST = Path(__file__).with_name("blocklist.conf")
_DOMAIN = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z0-9-]+")

_log = structlog.get_logger(__name__)


def disposable_domains(path: Path = _LIST) -> frozenset[str] | None:
    """Return the list, one domain a line in the file; what is no domain, like a comment, is left out.

    None, and a warning, where the file is missing, cannot be read or names no domain: nobody can then be cleared.
    """
    reason = "it names no domain"
    try:
        lines = [line.strip().lower() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        lines, reason = [], type(error).__name__
    domains = frozenset(line for line in lines if _DOMAIN.fullmatch(line))
    if not domains:
        detail = "All referral rewards are held: put the list back, one domain a line, and start again."
        _log.warning("disposable_list_missing", path=str(path), reason=reason, detail=detail)
    return domains or None
