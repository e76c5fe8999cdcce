"""timm encoders behind one contract: picture in, four feature maps out, shallow to deep."""

from collections.abc import Sequence
from typing import Any, TypeVar

import timm
import torch
import torch.nn.functional as F
from timm.layers import DropPath, freeze_batch_norm_2d
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dav2.errors import UserError
from dav2.model.preprocessing import OFFICIAL, Preprocessing
from dav2.model.presets import Preset, known_name
from dav2.model.pretrained import imagenet_weights

# DINOv2 adds 0.1 patch before it computes the scale of the position grid, and the released
# checkpoints were trained with it (Depth Anything V2, dinov2.py, `interpolate_offset`).
POSITION_OFFSET = 0.1

TimmNetwork = Any  # an nn.Module with what timm's have: `forward_intermediates`, `feature_info`
Module = TypeVar("Module", bound=nn.Module)


class DINOv2(VisionTransformer):
    """timm's network with the positions of the official code (dinov2.py).

    `position_offset` is 0.1 as there, or 0.0 as in transformers; at the grid's own size
    (518 x 518) both are the same.
    """

    position_offset: float = POSITION_OFFSET
    pos_embed: nn.Parameter
    cls_token: nn.Parameter

    def positions(self, height: int, width: int) -> Tensor:
        """Resize position embeddings to a grid of that size, [1, 1 + height * width, C]."""
        grid = self.pos_embed[:, 1:]
        side = int(grid.shape[1] ** 0.5)
        if (height, width) == (side, side):
            return self.pos_embed
        square = grid.reshape(1, side, side, -1).permute(0, 3, 1, 2).float()
        if self.position_offset:
            scale = tuple((n + self.position_offset) / side for n in (height, width))
            resized = F.interpolate(square, scale_factor=scale, mode="bicubic")
        else:
            resized = F.interpolate(square, size=(height, width), mode="bicubic")
        resized = resized.flatten(2).transpose(1, 2).to(self.pos_embed.dtype)
        return torch.cat([self.pos_embed[:, :1], resized], dim=1)

    def _pos_embed(self, x: Tensor) -> Tensor:
        batch, height, width, _ = x.shape
        tokens = torch.cat([self.cls_token.expand(batch, -1, -1), x.flatten(1, 2)], dim=1)
        return tokens + self.positions(height, width)  # [B, 1 + h * w, C]


class Encoder(nn.Module):
    """Image [B, 3, H, W] in 0..1 -> maps of a network of timm, `body`, after chosen blocks or stages.

    Transformers of one resolution pass each map through their last norm, as the paper's encoder
    does. What lies behind the last map is cut off.

    Args:
        taps: blocks or stages, shallow to deep, as timm's `forward_intermediates` counts them.
        look: whose mean and std the picture is normalised by.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, body: TimmNetwork, taps: Sequence[int], look: Preprocessing = OFFICIAL):
        super().__init__()
        levels = feature_levels(body)
        self.body, self.taps = body, list(taps)
        self.norm = len({level["reduction"] for level in levels}) == 1
        width = "num_chs_norm" if self.norm else "num_chs"
        self.channels = [levels[tap].get(width, levels[tap]["num_chs"]) for tap in self.taps]
        for part in body.modules():
            if isinstance(part, DropPath):
                part.drop_prob = 0.0  # of training a classifier; frozen encoders must not differ
        body.prune_intermediate_layers(self.taps, prune_norm=not self.norm)
        self.register_buffer("mean", torch.tensor(look.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(look.std).view(1, 3, 1, 1), persistent=False)

    def forward(self, image: Tensor) -> list[Tensor]:
        return self.body.forward_intermediates(
            (image - self.mean) / self.std,
            self.taps,
            norm=self.norm,
            output_fmt="NCHW",
            intermediates_only=True,
        )  # each [B, C, h, w]


def feature_levels(body: TimmNetwork) -> list[dict[str, Any]]:
    """List what timm says of each block or stage: `reduction` and `num_chs`, shallow to deep."""
    return list(getattr(body.feature_info, "info", body.feature_info))


def timm_network(name: str, pretrained: bool = False, **options: Any) -> TimmNetwork:
    """Build a network of timm that takes pictures of more sizes than its own.

    Raises:
        UserError: timm has no such network, or it cannot give feature maps; says why.
        FileNotFoundError: its weights cannot be fetched from the Hub.
    """
    name = known_name(name)
    known = timm.get_pretrained_cfg(name)
    if pretrained and not (known and known.has_weights):
        raise UserError(f"nobody published weights for the encoder {name}")
    # How networks whose positions or windows depend on the size are told that it may change.
    ways: tuple[dict[str, Any], ...] = ({"dynamic_img_size": True}, {"strict_img_size": False}, {})
    for free in ways:
        try:
            body = timm.create_model(name, pretrained=pretrained, **free, **options)
            break
        except TypeError as error:
            if not free:
                raise UserError(f"timm cannot build {name}: {error}") from error
        except Exception as error:  # of the Hub, of its cache, of timm's readers
            if not pretrained:
                raise UserError(f"timm cannot build {name}: {error}") from error
            raise FileNotFoundError(
                f"the weights of {name} cannot be fetched from the Hugging Face Hub: give a file of "
                "them (--encoder-weights FILE, build_model(..., pretrained=FILE)) or start from "
                f"random weights ({type(error).__name__})"
            ) from error
    if not hasattr(body, "forward_intermediates"):
        raise UserError(f"{name} cannot be an encoder: timm does not give its feature maps")
    return body


def _dinov2(name: str, position_offset: float) -> DINOv2:
    body = timm_network(name, img_size=518, init_values=1.0)
    # timm's registry names the class that it builds; of that only one method has to differ.
    body.__class__ = DINOv2
    body.position_offset = position_offset
    # Depth never uses it; the official files hold it.
    body.mask_token = nn.Parameter(torch.zeros(1, body.embed_dim), requires_grad=False)
    return body


def _lite(name: str, package: str | None) -> TimmNetwork:
    body = timm_network(name)
    if package:
        # The package names layers otherwise but lists them in timm's order (checked by shape).
        weights, own = list(imagenet_weights(package).values()), body.state_dict()
        if [tuple(w.shape) for w in weights] != [tuple(w.shape) for w in own.values()]:
            raise UserError(f"{package} does not hold the weights of timm's {name}")
        body.load_state_dict(dict(zip(own, weights, strict=True)))
    return body


def fold_batch_norm(module: Module) -> Module:
    """Merge every batch norm into the convolution before it, in place, and return the module.

    What remains computes exactly what the network computes in eval mode. ImageNet statistics thus
    stay fixed in training, which mattered more than any other choice at batch 16, and two passes
    over memory per layer are saved. Only for networks that run in the order of their modules.
    """
    names = dict(module.named_modules())
    previous: tuple[str, nn.Conv2d] | None = None
    for name, child in names.items():
        if isinstance(child, nn.Conv2d):
            previous = (name, child)
        elif isinstance(child, nn.BatchNorm2d):
            assert previous is not None, f"{name}: no convolution before this batch norm"
            module.set_submodule(previous[0], fuse_conv_bn_eval(previous[1].eval(), child.eval()))
            module.set_submodule(name, getattr(child, "act", nn.Identity()))
    return module.train()


def build_encoder(
    preset: Preset,
    pretrained: bool = False,
    position_offset: float = POSITION_OFFSET,
    look: Preprocessing = OFFICIAL,
) -> Encoder:
    """Build the preset's encoder, image [B, 3, H, W] -> four maps [B, C, h, w], shallow to deep.

    Batch norm keeps the statistics that it starts with.

    Args:
        pretrained: start from ImageNet's weights out of the preset's package, or else from timm's
            on the Hub. DINOv2's come by `load_backbone`.
        position_offset: of DINOv2, see there.
        look: whose mean and std the picture is normalised by.

    Raises:
        UserError: timm has no such network or no such blocks, or nobody published weights for it.
        FileNotFoundError, ModuleNotFoundError: the weights cannot be had; says what to do.
    """
    body: TimmNetwork
    if preset.is_dinov2:
        body = _dinov2(preset.encoder, position_offset)
    elif preset.imagenet:
        body = _lite(preset.encoder, preset.imagenet if pretrained else None)
    else:
        body = timm_network(preset.encoder, pretrained)
    if preset.taps[-1] >= (count := len(feature_levels(body))):
        raise UserError(f"{preset.encoder} has {count} blocks or stages; taps are {preset.taps}")
    encoder = Encoder(body, preset.taps, look)
    if preset.imagenet:
        return fold_batch_norm(encoder)
    freeze_batch_norm_2d(encoder)  # in place
    return encoder
