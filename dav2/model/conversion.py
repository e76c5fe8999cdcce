"""Names of weights: the official ones, which are ours, and those in other people's files.

One table, read from left to right or from right to left, so nothing is lost either way.
"""

import re
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from dav2.errors import UserError

State = dict[str, Tensor]

# Official prefix, Hugging Face's prefix on disk; # stands for a number.
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
# The giant's SwiGLU: official, and as timm calls it.
SWIGLU = (
    ("pretrained.blocks.#.mlp.w12.", "pretrained.blocks.#.mlp.fc1."),
    ("pretrained.blocks.#.mlp.w3.", "pretrained.blocks.#.mlp.fc2."),
)
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


def swiglu_to_timm(state: Mapping[str, Tensor]) -> State:
    """The giant's official `mlp.w12`, `mlp.w3` -> timm's `mlp.fc1`, `mlp.fc2`; others as they are."""
    return {rename(key, SWIGLU) or key: value for key, value in state.items()}


def swiglu_to_official(state: Mapping[str, Tensor]) -> State:
    """The inverse of `swiglu_to_timm`, for a giant's weights."""
    return {rename(key, _backwards(SWIGLU)) or key: value for key, value in state.items()}
