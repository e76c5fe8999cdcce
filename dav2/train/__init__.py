"""Training: one module, five recipes, one function."""

from dav2.train.fitting import RECIPES, fit
from dav2.train.module import DepthModule

__all__ = ["RECIPES", "DepthModule", "fit"]
