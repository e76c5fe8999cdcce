"""Names of weights: ours, the official ones (MiDaS's and DINOv2's), and Hugging Face's.

Tables, read from left to right or from right to left, so nothing is lost either way.
"""

import re
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from dav2.errors import UserError

State = dict[str, Tensor]

# Our prefix, the official one; # stands for a number.
OFFICIAL_NAMES: tuple[tuple[str, str], ...] = (
    ("encoder.body.", "pretrained."),
    ("head.project.#.", "depth_head.projects.#."),
    ("head.resize.#.", "depth_head.resize_layers.#."),
    *((f"head.lateral.{i}.", f"depth_head.scratch.layer{i + 1}_rn.") for i in range(4)),
    *(
        (f"head.fuse.{i}.{ours}.", f"depth_head.scratch.refinenet{i + 1}.{theirs}.")
        for i in range(4)
        for ours, theirs in (
            ("skip", "resConfUnit1"),
            ("refine", "resConfUnit2"),
            ("out", "out_conv"),
        )
    ),
    ("head.out.0.", "depth_head.scratch.output_conv1."),
    ("head.out.1.", "depth_head.scratch.output_conv2.0."),
    ("head.out.2.", "depth_head.scratch.output_conv2.2."),
)
# The giant's SwiGLU, as timm calls it, and official.
SWIGLU = (
    ("encoder.body.blocks.#.mlp.fc1.", "pretrained.blocks.#.mlp.w12."),
    ("encoder.body.blocks.#.mlp.fc2.", "pretrained.blocks.#.mlp.w3."),
)
# Of Lite encoders before dav2 had names of its own, in runs and in the model that ships.
_LITE = tuple(
    ("encoder.body." + layer, "pretrained.stages." + layer) for layer in ("conv_stem.", "blocks.")
)
# Official prefix, Hugging Face's prefix on disk.
_FUSION = (
    ("out_conv.", "projection."),
    ("resConfUnit1.conv", "residual_layer1.convolution"),
    ("resConfUnit2.conv", "residual_layer2.convolution"),
)
HUGGING_FACE: tuple[tuple[str, str], ...] = (
    ("pretrained.cls_token", "backbone.embeddings.cls_token"),
    ("pretrained.mask_token", "backbone.embeddings.mask_token"),
    ("pretrained.pos_embed", "backbone.embeddings.position_embeddings"),
    ("pretrained.patch_embed.proj.", "backbone.embeddings.patch_embeddings.projection."),
    ("pretrained.blocks.#.norm", "backbone.encoder.layer.#.norm"),
    ("pretrained.blocks.#.attn.proj.", "backbone.encoder.layer.#.attention.output.dense."),
    ("pretrained.blocks.#.ls1.gamma", "backbone.encoder.layer.#.layer_scale1.lambda1"),
    ("pretrained.blocks.#.ls2.gamma", "backbone.encoder.layer.#.layer_scale2.lambda1"),
    ("pretrained.blocks.#.mlp.w12.", "backbone.encoder.layer.#.mlp.weights_in."),
    ("pretrained.blocks.#.mlp.w3.", "backbone.encoder.layer.#.mlp.weights_out."),
    ("pretrained.blocks.#.mlp.fc", "backbone.encoder.layer.#.mlp.fc"),
    ("pretrained.norm.", "backbone.layernorm."),
    ("depth_head.projects.#.", "neck.reassemble_stage.layers.#.projection."),
    ("depth_head.resize_layers.#.", "neck.reassemble_stage.layers.#.resize."),
    *((f"depth_head.scratch.layer{i + 1}_rn.", f"neck.convs.{i}.") for i in range(4)),
    *(
        (f"depth_head.scratch.refinenet{4 - i}.{ours}", f"neck.fusion_stage.layers.{i}.{theirs}")
        for i in range(4)  # Hugging Face counts from the coarsest
        for ours, theirs in _FUSION
    ),
    ("depth_head.scratch.output_conv1.", "head.conv1."),
    ("depth_head.scratch.output_conv2.0.", "head.conv2."),
    ("depth_head.scratch.output_conv2.2.", "head.conv3."),
)
# transformers 5 in memory, and what its files still say.
HUGGING_FACE_5: tuple[tuple[str, str], ...] = (
    ("backbone.encoder.layer.#.attention.q_proj.", "backbone.encoder.layer.#.attention.attention.query."),
    ("backbone.encoder.layer.#.attention.k_proj.", "backbone.encoder.layer.#.attention.attention.key."),
    ("backbone.encoder.layer.#.attention.v_proj.", "backbone.encoder.layer.#.attention.attention.value."),
    ("backbone.encoder.layer.#.attention.o_proj.", "backbone.encoder.layer.#.attention.output.dense."),
    ("backbone.encoder.layer.#.mlp.down_proj.", "backbone.encoder.layer.#.mlp.weights_out."),
)  # fmt: skip
_QKV = re.compile(r"^pretrained\.blocks\.(\d+)\.attn\.qkv\.(weight|bias)$")
_PARTS = ("query", "key", "value")
_HF_ATTENTION = "backbone.encoder.layer.{}.attention.attention.{}.{}"


def rename(key: str, table: Iterable[tuple[str, str]]) -> str | None:
    """The key under its new prefix, or None if no row of the table fits."""
    for before, after in table:
        match = re.match(re.escape(before).replace(r"\#", r"(\d+)"), key)
        if match:
            return after.replace("#", match[1] if match.groups() else "") + key[match.end() :]
    return None


def _backwards(table: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(right, left) for left, right in table]


def is_huggingface(state: Mapping[str, Tensor]) -> bool:
    """Whether the keys are those of `DepthAnythingForDepthEstimation`, of either spelling."""
    return any(key.startswith("neck.fusion_stage.") for key in state)


def to_huggingface(state: Mapping[str, Tensor]) -> State:
    """Official names -> those in Hugging Face's files; `qkv` is split into its three parts.

    Raises:
        UserError: a key has no counterpart (only DINOv2 networks have one).
    """
    out: State = {}
    for key, value in state.items():
        if match := _QKV.match(key):
            for name, part in zip(_PARTS, value.chunk(3), strict=True):
                out[_HF_ATTENTION.format(match[1], name, match[2])] = part.contiguous()
        elif renamed := rename(key, HUGGING_FACE):
            out[renamed] = value
        else:
            raise UserError(f"{key} has no name in Hugging Face's files")
    return out


def from_huggingface(state: Mapping[str, Tensor]) -> State:
    """Hugging Face's names, as in files or as in transformers 5's memory -> official names.

    Raises:
        UserError: a key has no counterpart.
    """
    state = {rename(key, HUGGING_FACE_5) or key: value for key, value in state.items()}
    for key in [key for key in state if ".mlp.gate_proj." in key]:
        # The official w12 holds the gate first, then what it gates (DINOv2, swiglu_ffn.py).
        up = key.replace("gate_proj", "up_proj")
        state[key.replace("gate_proj", "weights_in")] = torch.cat([state.pop(key), state.pop(up)])
    out: State = {}
    table = _backwards(HUGGING_FACE)
    for key, value in state.items():
        if match := re.match(r"^.+layer\.(\d+)\.attention\.attention\.(\w+)\.(\w+)$", key):
            if match[2] == "query":
                names = [_HF_ATTENTION.format(match[1], n, match[3]) for n in _PARTS]
                if missing := [name for name in names if name not in state]:
                    raise UserError(f"{missing[0]} is missing beside {key}")
                out[f"pretrained.blocks.{match[1]}.attn.qkv.{match[3]}"] = torch.cat(
                    [state[name] for name in names]
                )
        elif renamed := rename(key, table):
            out[renamed] = value
        else:
            raise UserError(f"{key} has no official name")
    return out


def from_official(state: Mapping[str, Tensor]) -> State:
    """Official names -> ours; what the tables do not know keeps its name."""
    table = _backwards((*SWIGLU, *_LITE, *OFFICIAL_NAMES))
    return {rename(key, table) or key: value for key, value in state.items()}


def to_official(state: Mapping[str, Tensor]) -> State:
    """Our names -> official names.

    Raises:
        UserError: a key has no counterpart.
    """
    gated = any(
        key.endswith(".mlp.fc1.weight") and len(value) != state[key.replace("fc1", "fc2")].shape[1]
        for key, value in state.items()
    )
    table = (*SWIGLU, *OFFICIAL_NAMES) if gated else OFFICIAL_NAMES
    out: State = {}
    for key, value in state.items():
        if (official := rename(key, table)) is None:
            raise UserError(f"{key} has no official name")
        out[official] = value
    return out


def to_ours(state: Mapping[str, Tensor]) -> State:
    """Names of a whole network in any spelling, Hugging Face's, official or ours -> ours."""
    return from_official(from_huggingface(state) if is_huggingface(state) else state)
