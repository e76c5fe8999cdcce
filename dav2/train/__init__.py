"""Training: one module, four recipes, one function."""

from dav2.train.fitting import RECIPES, fit, load_network
from dav2.train.module import DepthModule

__all__ = ["RECIPES", "DepthModule", "fit", "load_network"]
