"""Small models of other people's kinds, and what asks for the sign of one that declares none."""

import numpy as np
import pytest
import torch

BOTH = "--sign disparity .* or --sign depth"


def write_onnx(path, shape=(1, 3, 28, 42), dtype="FLOAT", outputs=1):
    """A graph that returns the mean of its channels: what goes in is what comes out."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    axis = 1 if shape[1] == 3 else 3
    kind = getattr(onnx.TensorProto, dtype)
    helper = onnx.helper
    axes = onnx.numpy_helper.from_array(np.array([axis]), "axes")
    nodes = [
        helper.make_node("Cast", ["pixels"], ["real"], to=onnx.TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["real", "axes"], ["map"], keepdims=0),
        helper.make_node("Neg", ["map"], ["negative"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mean",
        [helper.make_tensor_value_info("pixels", kind, shape)],
        [
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
            for name in ("map", "negative")[:outputs]
        ],
        [axes],
    )
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


def dinov2(transformers, **more):
    return transformers.Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
        out_indices=[1, 2, 3, 4],
        reshape_hidden_states=False,
        apply_layernorm=True,
        **more,
    )


def save_depth_anything(folder, **settings):
    transformers = pytest.importorskip("transformers")
    config = transformers.DepthAnythingConfig(
        backbone_config=dinov2(transformers),
        reassemble_hidden_size=16,
        neck_hidden_sizes=[4, 4, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=4,
        **settings,
    )
    network = transformers.DepthAnythingForDepthEstimation(config)
    processor = transformers.DPTImageProcessor(
        size={"height": 42, "width": 42}, keep_aspect_ratio=True, ensure_multiple_of=14
    )
    return save(folder, network, processor)


def save_dpt(folder):
    transformers = pytest.importorskip("transformers")
    config = transformers.DPTConfig(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=32,
        patch_size=16,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[4, 4, 8, 8],
        fusion_hidden_size=8,
        is_hybrid=False,
        reassemble_factors=[4, 2, 1, 0.5],
    )
    network = transformers.DPTForDepthEstimation(config)
    return save(folder, network, transformers.DPTImageProcessor(size={"height": 32, "width": 32}))


def save_glpn(folder):
    transformers = pytest.importorskip("transformers")
    config = transformers.GLPNConfig(
        depths=[1, 1, 1, 1],
        hidden_sizes=[4, 8, 8, 8],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=8,
    )
    network = transformers.GLPNForDepthEstimation(config)
    return save(folder, network, transformers.GLPNImageProcessor(size_divisor=32))


def save(folder, network, processor):
    with torch.no_grad():  # untrained heads end in ReLU at almost nothing
        for parameter in network.head.parameters():
            parameter.add_(0.05)
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
