"""timm encoders behind one contract: image in, four feature maps out, shallow to deep."""

from collections.abc import Sequence

import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dav2.errors import UserError
from dav2.model.presets import Preset
from dav2.model.pretrained import imagenet_weights

# DINOv2 adds 0.1 patch before it computes the scale of the position grid, and the released
# checkpoints were trained with it (Depth Anything V2, dinov2.py, `interpolate_offset`).
POSITION_OFFSET = 0.1


class TappedViT(nn.Module):
    """Tokens after chosen blocks, each through the final norm, as maps (V2 dpt.py, dinov2.py).

    Args:
        position_offset: 0.1 as the official code, 0.0 as transformers; at the grid's own size
            (518 x 518) both are the same.
    """

    def __init__(self, name: str, taps: Sequence[int], position_offset: float = POSITION_OFFSET):
        super().__init__()
        options = {"img_size": 518, "init_values": 1.0} if "dinov2" in name else {}
        vit = timm.create_model(
            name, pretrained=False, num_classes=0, dynamic_img_size=True, **options
        )
        self.patch_embed, self.blocks, self.norm = vit.patch_embed, vit.blocks, vit.norm
        self.cls_token, self.pos_embed = vit.cls_token, vit.pos_embed
        # Depth never uses it; the official files hold it.
        self.mask_token = nn.Parameter(torch.zeros(1, vit.embed_dim), requires_grad=False)
        self.position_offset = position_offset
        self.taps = tuple(taps)
        self.channels = [vit.embed_dim] * len(self.taps)

    def positions(self, height: int, width: int) -> Tensor:
        """Position embeddings [1, 1 + height * width, C] for a grid of that size."""
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

    def forward(self, image: Tensor) -> list[Tensor]:
        patches = self.patch_embed(image)  # [B, h, w, C]
        batch, height, width, channels = patches.shape
        tokens = torch.cat([self.cls_token.expand(batch, -1, -1), patches.flatten(1, 2)], dim=1)
        tokens = tokens + self.positions(height, width)
        maps = []
        for index, block in enumerate(self.blocks):
            tokens = block(tokens)
            if index in self.taps:
                tapped = self.norm(tokens)[:, 1:]
                maps.append(tapped.transpose(1, 2).reshape(batch, channels, height, width))
        return maps


def _fold_batch_norm(module: nn.Module) -> None:
    """Merge every batch norm into the convolution before it, in place.

    What remains computes exactly what the network computes in eval mode. ImageNet statistics thus
    stay fixed in training, which mattered more than any other choice at batch 16, and two passes
    over memory per layer are saved.
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


class LiteEncoder(nn.Module):
    """EfficientNet-Lite stages at strides 4, 8, 16, 32, batch norm folded into convolutions."""

    def __init__(self, name: str, taps: Sequence[int], imagenet: str | None):
        super().__init__()
        self.stages = timm.create_model(
            name, pretrained=False, features_only=True, out_indices=tuple(taps)
        )
        self.channels: list[int] = self.stages.feature_info.channels()
        if imagenet:
            # The package names layers otherwise but lists them in timm's order (checked by shape).
            weights = list(imagenet_weights(imagenet).values())
            full = timm.create_model(name, pretrained=False).state_dict()
            if [tuple(w.shape) for w in weights] != [tuple(w.shape) for w in full.values()]:
                raise UserError(f"{imagenet} does not hold the weights of timm's {name}")
            by_name = dict(zip(full, weights, strict=True))
            self.stages.load_state_dict({key: by_name[key] for key in self.stages.state_dict()})
        _fold_batch_norm(self.stages)
        self.train()

    def forward(self, image: Tensor) -> list[Tensor]:
        return self.stages(image)


def build_encoder(
    preset: Preset, imagenet: bool = False, position_offset: float = POSITION_OFFSET
) -> nn.Module:
    """The preset's encoder; `imagenet`: with the weights of its package.

    Raises:
        UserError: `imagenet` was asked for and there is no such package for this encoder.
    """
    if preset.encoder.startswith("efficientnet_lite"):
        return LiteEncoder(preset.encoder, preset.taps, preset.imagenet if imagenet else None)
    if imagenet:
        raise UserError(f"no package ships ImageNet weights for {preset.encoder}")
    return TappedViT(preset.encoder, preset.taps, position_offset)
