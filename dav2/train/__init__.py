"""Training: one module, one function, any stage."""

from dav2.train.fitting import fit
from dav2.train.module import DepthModule

__all__ = ["DepthModule", "fit"]
