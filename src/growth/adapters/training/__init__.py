"""Training: the only room with scikit-learn and numpy in it, which only the extra `ml` installs."""

from growth.adapters.training.asking import BadTraining, MissingLibraries, Order, Progress, require_libraries

__all__ = ["BadTraining", "MissingLibraries", "Order", "Progress", "require_libraries"]
