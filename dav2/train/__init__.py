"""Training: one module, five recipes, one function, and a plan before it."""

from dav2.train.fitting import fit
from dav2.train.inputs import RECIPES
from dav2.train.module import DepthModule
from dav2.train.planning import Plan, format_plan, plan, with_measured_step

__all__ = ["RECIPES", "DepthModule", "Plan", "fit", "format_plan", "plan", "with_measured_step"]
