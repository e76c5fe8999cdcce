"""Steps of a training without a trainer, and the weights that a stage left."""

import torch

from dav2.infer import open_network
from dav2.model import build_model
from dav2.sample import Sample
from dav2.scale import get_scale
from dav2.train import DepthModule


def weights(stage):
    """Read what a stage has learned."""
    return open_network(stage).state_dict()


def batch(size=2):
    """Draw images and labels of noise, 48x64, valid everywhere."""
    image = torch.rand(size, 3, 48, 64)
    disparity = torch.rand(size, 1, 48, 64)
    return Sample(image, disparity, torch.ones_like(disparity, dtype=torch.bool), ["x"] * size)


def module_of(stage, **numbers):
    """Build the module of a smoke stage, without a trainer."""
    module = DepthModule(build_model("tiny"), get_scale("smoke", numbers).stages[stage])
    module.log = lambda *a, **k: None
    return module
