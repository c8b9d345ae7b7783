"""Where the examples are: a wheel carries them inside the package, a checkout keeps them at its root."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "examples", _PACKAGE.parents[1] / "examples")
EXAMPLES = next((folder for folder in _PLACES if folder.is_dir()), _PLACES[0])
