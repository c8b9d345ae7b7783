"""The scenarios are those of tests/end_to_end; here they have their full size."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "end_to_end"))
