"""Files that appear whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from growth.domain.kernel.errors import Invalid


class CannotWrite(Invalid):
    """A file cannot be written where it should be."""

    code = "cannot-write"


def write_whole(path: Path, text: str) -> None:
    """Write the text in one piece: who reads `path` meanwhile finds what was there. Raises `CannotWrite`."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as refused:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise CannotWrite(f"{path} cannot be written ({refused.strerror}): name a place that can.") from None
