"""A preset for any encoder of timm, out of what timm says of it."""

from functools import lru_cache

import timm
import torch

from dav2.errors import UserError
from dav2.model.encoder import build_encoder, feature_levels, timm_network
from dav2.model.preprocessing import Preprocessing
from dav2.model.presets import Preset, known_name

ROWS, COLUMNS = 3, 4  # of a picture that no network has as its own size, in strides


@lru_cache
def derive_preset(name: str) -> Preset:
    """Make a preset for an encoder of timm; see `find_preset`."""
    with torch.device("meta"):
        levels = feature_levels(timm_network(name))
    reductions = [level["reduction"] for level in levels]
    if len(levels) < 4:
        raise UserError(f"{name} cannot be an encoder: it has {len(levels)} levels, not four")
    width = levels[-1]["num_chs"]
    features = min(256, max(16, width // 6 // 8 * 8))  # 64 of ViT-S, 128 of ViT-B, as in the paper
    if len(set(reductions)) == 1:
        taps = tuple(len(levels) * quarter // 4 - 1 for quarter in (1, 2, 3, 4))
        widths = (width // 8, width // 4, width // 2, width)
        preset = Preset(name, int(reductions[0]), taps, widths, features)
    else:
        taps = tuple(range(len(levels) - 4, len(levels)))
        preset = Preset(name, int(max(reductions[-4:])), taps, None, features)
    _check(preset, reductions)
    return preset


def _check(preset: Preset, reductions: list[int]) -> None:
    """Pass a picture of no network's own size, without memory or arithmetic."""
    height, width = ROWS * preset.stride, COLUMNS * preset.stride
    with torch.device("meta"):
        encoder = build_encoder(preset)
        expected = [
            (1, channels, height // reductions[tap], width // reductions[tap])
            for tap, channels in zip(preset.taps, encoder.channels, strict=True)
        ]
        try:
            got = [tuple(found.shape) for found in encoder(torch.empty(1, 3, height, width))]
        except Exception as error:  # each network says in its own way that it takes one size only
            why = " ".join(str(error).split()) or type(error).__name__
            raise UserError(
                f"{preset.encoder} cannot be an encoder: it takes no picture of "
                f"{height}x{width}: {why:.200}"
            ) from error
    if got != expected:
        raise UserError(
            f"{preset.encoder} cannot be an encoder: its maps of a picture of {height}x{width} are "
            f"{got}, not {expected}"
        )


def look_of(encoder: str) -> Preprocessing:
    """Say how an encoder looks at pictures: mean and std of timm's configuration of it.

    Raises:
        UserError: timm has no such network.
    """
    known = timm.get_pretrained_cfg(known_name(encoder))
    if not known:
        return Preprocessing()
    # timm says tuples of any length; `Preprocessing` counts.
    return Preprocessing(mean=known.mean, std=known.std)  # type: ignore[arg-type]
