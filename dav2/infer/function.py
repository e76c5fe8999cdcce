"""Anybody's model as a network of relative disparity, so that all that predicts can use it."""

import hashlib
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn


class FunctionNetwork(nn.Module):
    """Wraps a function, uint8 RGB [H, W, 3] -> disparity [H, W], as a network.

    Disparity is known up to a shift: a map with values below 0 is lifted until it has none.

    Args:
        function: called with one picture at a time.
        identity: what decides its maps; two wrapped functions are taken for one if this is equal.
    """

    stride, max_depth = 1, None

    def __init__(self, function: Callable[[np.ndarray], np.ndarray], identity: str):
        super().__init__()
        self.function = function
        digest = hashlib.sha256(identity.encode()).digest()
        self.register_buffer("identity", torch.frombuffer(bytearray(digest), dtype=torch.uint8))

    def forward(self, image: Tensor) -> Tensor:
        """Pictures [B, 3, H, W] in 0..1 -> disparity [B, 1, H, W]."""
        pixels = (image * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        maps = [np.asarray(self.function(np.ascontiguousarray(one)), np.float32) for one in pixels]
        return torch.from_numpy(np.stack([one - min(0.0, one.min()) for one in maps]))[:, None]


class Inverted(nn.Module):
    """Wraps a metric network as one of disparity, 1 / depth."""

    max_depth = None

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self.stride, self.preprocessing = network.stride, network.preprocessing

    def forward(self, image: Tensor) -> Tensor:
        """Pictures [B, 3, H, W] in 0..1 -> disparity in 1/m [B, 1, H, W]."""
        return 1 / self.network(image).float()
