"""Marigold's pipelines of `diffusers`: depth out of noise, in some steps, from several beginnings."""

from types import ModuleType
from typing import Any

import numpy as np
import torch
from PIL import Image

from dav2.errors import UserError
from dav2.evaluate.models.model import Model, resolve_sign
from dav2.model import network_hash
from dav2.optional import optional
from dav2.types import Sign


def _loaded(diffusers: ModuleType, name: str) -> Any:
    # Loading with low memory needs accelerate; both ways fill missing weights without a word.
    whole = {"low_cpu_mem_usage": False}
    try:
        pipeline = diffusers.MarigoldDepthPipeline.from_pretrained(name, **whole)
        missing = []
        for part in ("unet", "vae"):
            kind = type(getattr(pipeline, part))
            _, report = kind.from_pretrained(
                name, subfolder=part, output_loading_info=True, **whole
            )
            missing += [f"{part}.{key}" for key in sorted(report["missing_keys"])]
    except Exception as error:  # configuration, network, damaged weights: each has its own class
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"marigold:{name} is no pipeline that diffusers opens, or it is not here and the Hub "
            f"cannot be reached: {reason}"
        ) from error
    if missing:
        raise UserError(
            f"marigold:{name} lacks {len(missing)} of its weights, such as {missing[0]}"
        )
    return pipeline


def open_marigold(
    name: str,
    sign: Sign | None = None,
    device: str = "cpu",
    steps: int | None = None,
    ensemble: int | None = None,
    longer_px: int | None = None,
    noise_seed: int = 0,
) -> Model:
    """Open a Marigold depth pipeline of the Hub, or a folder that `save_pretrained` wrote.

    Its `prediction_type` says the sign: "depth" is 0 at the near and 1 at the far plane. Noise comes
    from the seed anew for each picture, so that a map does not depend on what came before.

    Args:
        steps: of denoising; as its configuration says if not given.
        ensemble: so many beginnings, aligned, and their median (needs scipy); 1 if not given.
        longer_px: longer side at which it looks; as its configuration says if not given.
        noise_seed: of its noise.

    Raises:
        UserError: no such pipeline, or nothing says its sign or its steps.
        ModuleNotFoundError: diffusers is not installed, or scipy for an ensemble.
    """
    need = "marigold: models need diffusers"
    diffusers = optional("diffusers", need, "models")
    ensemble = 1 if ensemble is None else ensemble
    if ensemble < 1 or (steps is not None and steps < 1):
        raise UserError("steps and ensemble must be at least 1")
    if ensemble > 1:
        optional("scipy", "ensembles of Marigold need scipy", "models")
    pipeline = _loaded(diffusers, name)
    settings = pipeline.config
    known = settings["prediction_type"]
    if known not in ("depth", "disparity", None):
        raise UserError(f"marigold:{name} gives {known}, neither depth nor disparity")
    sign = resolve_sign(known, sign, f"marigold:{name}")
    steps = steps or settings["default_denoising_steps"]
    if longer_px is None:
        longer_px = settings["default_processing_resolution"]
    if steps is None or longer_px is None:
        raise UserError(
            f"marigold:{name} does not say how it is meant: declare --steps and --longer-px"
        )
    pipeline.set_progress_bar_config(disable=True)
    pipeline.to(device)

    def predict(image: np.ndarray) -> np.ndarray:
        found = pipeline(
            Image.fromarray(image),
            num_inference_steps=steps,
            ensemble_size=ensemble,
            processing_resolution=longer_px,
            generator=torch.Generator(device).manual_seed(noise_seed),
        )
        return found.prediction[0, ..., 0]

    says = (
        f"marigold:{name}: {steps} steps, ensemble of {ensemble}, longer side {longer_px} px, "
        f"seed {noise_seed}, {sign}"
    )
    return Model(predict, sign, False, says, f"{says} {network_hash(pipeline.unet)}")
