"""Depth-estimation models of `transformers`, looked through as their own pipeline does."""

from typing import Any

import numpy as np
import torch
from PIL import Image

from dav2.errors import UserError
from dav2.evaluate.models.model import Model, resolve_sign
from dav2.model import network_hash
from dav2.optional import optional
from dav2.types import Sign

# The first fusion has nothing to add, so that DPT files of the Hub lack what would have added it.
UNUSED = "fusion_stage.layers.0.residual_layer1."
# Classes whose maps are depth in metres, whatever their weights; the place that says so, in
# transformers 5.24. DepthAnything says it in its configuration (`depth_estimation_type`). Left out:
# DPT, whose weights are of both signs (Intel/dpt-large: MiDaS's disparity; facebook/dpt-dinov2-*:
# depth in metres, DINOv2's heads for NYUv2 and KITTI; transformers' convert_dinov2_depth_to_hf.py),
# CHMv2 (height of canopies) and PromptDepthAnything (needs a second input).
SIGNS = {
    "ZoeDepthForDepthEstimation": "modeling_zoedepth.py: metric_depth of its metric_head",
    "GLPNForDepthEstimation": "modeling_glpn.py: sigmoid x max_depth",
    "DepthProForDepthEstimation": "image_processing_depth_pro.py: 1 / predicted inverse depth",
    "Tipsv2DptForDepthEstimation": "modeling_tipsv2_dpt.py: predicted depth in meters",
}


def _known(network: Any) -> tuple[Sign | None, bool]:
    """Return the sign, if the network's class says it, and whether its maps are in metres."""
    kind = type(network).__name__
    if kind == "DepthAnythingForDepthEstimation":
        metric = network.config.depth_estimation_type == "metric"
        return ("depth" if metric else "disparity"), metric
    return ("depth", True) if kind in SIGNS else (None, False)


def _loaded(name: str) -> tuple[Any, Any]:
    transformers = optional("transformers", "hf: models need transformers", "models")
    try:
        network, report = transformers.AutoModelForDepthEstimation.from_pretrained(
            name, dtype=torch.float32, output_loading_info=True
        )
        processor = transformers.AutoImageProcessor.from_pretrained(name)
    except Exception as error:  # configuration, network, damaged weights: each has its own class
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"hf:{name} is no depth-estimation model that transformers opens, or it is not here "
            f"and the Hub cannot be reached: {reason}"
        ) from error
    missing = sorted(report["missing_keys"])
    if needed := [key for key in missing if UNUSED not in key]:
        raise UserError(f"hf:{name} lacks {len(needed)} of its weights, such as {needed[0]}")
    for key in missing:
        network.get_parameter(key).data.zero_()  # else its identity were another every time
    if not hasattr(processor, "post_process_depth_estimation"):
        raise UserError(f"hf:{name}: {type(processor).__name__} does not give maps of depth")
    return network.eval(), processor


def open_transformers(name: str, sign: Sign | None = None, device: str = "cpu") -> Model:
    """Open a model of the Hub, or a folder that `save_pretrained` wrote.

    Maps come at the picture's size, resized as the model's own image processor does.

    Raises:
        UserError: no such model, weights are missing, or nobody says which sign it has.
        ModuleNotFoundError: transformers is not installed.
    """
    network, processor = _loaded(name)
    known, metric = _known(network)
    kind = type(network).__name__
    sign = resolve_sign(known, sign, f"hf:{name} ({kind})")
    network.to(device)

    @torch.inference_mode()
    def predict(image: np.ndarray) -> np.ndarray:
        inputs = processor(images=Image.fromarray(image), return_tensors="pt").to(device)
        # ZoeDepth calls the second argument source_sizes, all others target_sizes.
        done = processor.post_process_depth_estimation(network(**inputs), [image.shape[:2]])
        return done[0]["predicted_depth"].float().cpu().numpy()

    unit = f"{sign}{' in metres' if metric else ''}{'' if known else ', as declared'}"
    says = f"hf:{name}: {kind}, {unit}"
    identity = f"{says} {processor.to_json_string()} {network_hash(network)}"
    return Model(predict, sign, metric, says, identity)
