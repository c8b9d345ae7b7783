"""Model files: plain JSON, so that nothing in one can ever run. A file says what it is, and the hash of its content."""

from growth.adapters.models.bulk import bulk_probabilities
from growth.adapters.models.reading import load_model, parse_model, read_model
from growth.adapters.models.writing import described, file_of, save_model, sealed

__all__ = [
    "bulk_probabilities",
    "described",
    "file_of",
    "load_model",
    "parse_model",
    "read_model",
    "save_model",
    "sealed",
]
