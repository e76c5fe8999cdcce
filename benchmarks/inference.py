"""Inference side by side: the same weights in transformers and in every runtime of dav2.

    python benchmarks/inference.py                      # ViT-S, 518x518, batch 1 and 4: the table
    python benchmarks/inference.py --model STAGE        # with these weights of a ViT-S, not random
    python benchmarks/inference.py --floor              # arithmetic against the machine's rate

Every variant lives in a process of its own and is timed in turn with the others, so that what
disturbs the machine disturbs all. All have the same weights and see the same photograph. Columns:
median seconds per picture; how many times as fast as transformers with eager attention / with
sdpa; peak memory of the process; largest difference from transformers' map, relative to its largest
value and to its range; share of 100,000 random pairs of pixels in the same order. Random weights (the default: no released
ones can be had offline) give a nearly constant map, whose order is easily disturbed.
"""

import argparse
import math
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

IMAGES = Path(__file__).parents[1] / "datasets/da2k_mini/images"
PHOTOGRAPH = "indoor/toy.jpg"
CALIBRATION = 16  # photographs of other scenes, for int8
PAIRS = 100_000
SETTLE_S = 0.5  # threads of the variant before go on spinning for a while


def prepare(folder: Path, size: int, source: str | None) -> None:
    """Weights in both spellings, exported files, and the picture, for all workers."""
    import torch
    import transformers

    from dav2.data import find_images, read_image
    from dav2.infer import Predictor, open_network
    from dav2.infer.export import export_onnx, export_openvino
    from dav2.model import build_model, save_checkpoint

    torch.manual_seed(0)
    model = open_network(source) if source else build_model("vits")
    save_checkpoint(model, folder / "weights.safetensors")
    save_checkpoint(model, folder / "model.safetensors", huggingface=True)
    backbone = transformers.Dinov2Config(
        image_size=518,
        patch_size=14,
        hidden_size=384,
        num_hidden_layers=12,
        num_attention_heads=6,
        out_indices=[3, 6, 9, 12],
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    transformers.DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=384,
        patch_size=14,
        fusion_hidden_size=64,
        neck_hidden_sizes=[48, 96, 192, 384],
        head_hidden_size=32,
    ).save_pretrained(folder)

    look = Predictor(model, size)
    picture = look.prepare(read_image(IMAGES / PHOTOGRAPH))
    torch.save(torch.nn.functional.interpolate(picture, (size, size)), folder / "picture.pt")
    print(f"onnx, difference from PyTorch: {export_onnx(model, folder / 'fp32.onnx')}")
    others = [path for path in find_images(IMAGES) if not str(path).endswith(PHOTOGRAPH)]
    chosen = others[:: len(others) // CALIBRATION][:CALIBRATION]
    for precision in ("fp32", "bf16", "int8"):
        photographs = (
            [look.prepare(read_image(path)) for path in chosen] if precision == "int8" else None
        )
        difference = export_openvino(
            model, folder / f"{precision}.xml", precision, photographs, tolerance=math.inf
        )
        print(f"openvino {precision}, difference from PyTorch: {difference}")


def _transformers(folder: Path, attention: str) -> Callable[[Any], Any]:
    import torch
    from transformers import DepthAnythingForDepthEstimation

    from dav2.model.preprocessing import IMAGENET_MEAN, IMAGENET_STD

    network = DepthAnythingForDepthEstimation.from_pretrained(
        folder, attn_implementation={"": "eager", "backbone_config": attention}
    ).eval()
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return lambda x: network((x - mean) / std).predicted_depth[:, None]


def _dav2(folder: Path, compiled: bool) -> Callable[[Any], Any]:
    import torch

    from dav2.infer import Predictor, open_network

    network = Predictor(open_network(folder / "weights.safetensors")).model
    return torch.compile(network) if compiled else network


def _exported(folder: Path, name: str) -> Callable[[Any], Any]:
    from dav2.infer import open_exported

    return open_exported(folder / name)


VARIANTS: dict[str, Callable[[Path], Callable[[Any], Any]]] = {
    "transformers eager": lambda folder: _transformers(folder, "eager"),
    "transformers sdpa": lambda folder: _transformers(folder, "sdpa"),
    "dav2 eager": lambda folder: _dav2(folder, compiled=False),
    "dav2 torch.compile": lambda folder: _dav2(folder, compiled=True),
    "dav2 ONNX Runtime": lambda folder: _exported(folder, "fp32.onnx"),
    "dav2 OpenVINO fp32": lambda folder: _exported(folder, "fp32.xml"),
    "dav2 OpenVINO bf16": lambda folder: _exported(folder, "bf16.xml"),
    "dav2 OpenVINO int8": lambda folder: _exported(folder, "int8.xml"),
}
PEERS = tuple(VARIANTS)[:2]
REFERENCE = PEERS[0]


def work(name: str, folder: Path, batches: list[int], threads: int, pipe: Connection) -> None:
    """A variant in its own process: sends its map, then times a forward whenever asked."""
    import torch

    torch.set_num_threads(threads)
    forward = VARIANTS[name](folder)
    picture = torch.load(folder / "picture.pt", weights_only=True)
    inputs = {batch: picture.repeat(batch, 1, 1, 1) for batch in batches}
    with torch.inference_mode():
        pipe.send(forward(picture)[0, 0].numpy())
        for batch in batches:
            forward(inputs[batch])
        while (batch := pipe.recv()) is not None:
            started = time.perf_counter()
            forward(inputs[batch])
            pipe.send(time.perf_counter() - started)
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def agreement(disparity: np.ndarray, reference: np.ndarray) -> tuple[float, float, float]:
    """Largest difference relative to the reference's largest value and to its range, and the share
    of pairs in equal order."""
    one, two = np.random.default_rng(0).integers(0, reference.size, (2, PAIRS))
    ours, theirs = disparity.ravel(), reference.ravel()
    same = np.sign(ours[one] - ours[two]) == np.sign(theirs[one] - theirs[two])
    difference = float(np.abs(ours - theirs).max())
    return difference / float(theirs.max()), difference / float(np.ptp(theirs)), float(same.mean())


def race(folder: Path, names: list[str], batches: list[int], threads: int, rounds: int) -> str:
    """Time all variants in turn and return the table as Markdown."""
    spawn = multiprocessing.get_context("spawn")
    pipes, processes, maps = {}, {}, {}
    for name in names:
        pipes[name], theirs = spawn.Pipe()
        process = spawn.Process(target=work, args=(name, folder, batches, threads, theirs))
        process.start()
        theirs.close()
        processes[name], maps[name] = process, pipes[name].recv()
        print(f"{name} is ready", flush=True)
    seconds: dict[tuple[str, int], list[float]] = {(n, b): [] for n in names for b in batches}
    for _ in range(rounds):
        for (name, batch), taken in seconds.items():
            time.sleep(SETTLE_S)
            pipes[name].send(batch)
            taken.append(pipes[name].recv() / batch)
    memory = {}
    for name, pipe in pipes.items():
        pipe.send(None)
        memory[name] = pipe.recv()
        processes[name].join()
    head = ["variant", *(f"batch {b}, s a picture | times as fast" for b in batches)]
    head += ["peak memory", "difference of largest value", "of range", "same order"]
    lines = ["| " + " | ".join(head) + " |"]
    lines.append("|" + " --- |" * (lines[0].count("|") - 1))
    for name in names:
        cells = [name]
        for batch in batches:
            median = statistics.median(seconds[name, batch])
            ratios = [statistics.median(seconds[peer, batch]) / median for peer in PEERS]
            cells += [f"{median:.3f}", " / ".join(f"{ratio:.2f}" for ratio in ratios)]
        of_value, of_range, same = agreement(maps[name], maps[REFERENCE])
        cells += [f"{memory[name]:.2f} GB", f"{of_value:.1e}", f"{of_range:.1e}", f"{same:.2%}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def matrix_rate(dtype: str, sizes: tuple[int, ...] = (512, 1024, 2048), rounds: int = 15) -> float:
    """The machine's best measured rate of matrix products in PyTorch, GFLOP/s."""
    import torch

    rates = []
    for size in sizes:
        a, b = (torch.rand(size, size).to(getattr(torch, dtype)) for _ in range(2))
        for _ in range(rounds):
            started = time.perf_counter()
            a @ b
            rates.append(2 * size**3 / (time.perf_counter() - started) / 1e9)
    return max(rates)


def floor(size: int) -> str:
    """Arithmetic of encoder and head, and the seconds it takes at the measured rates."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    from dav2.model import build_model

    model = build_model("vits").eval()
    counter = FlopCounterMode(depth=2, display=False)
    # The fused kernel of the CPU is not counted; written out, attention is two products.
    with torch.inference_mode(), sdpa_kernel(SDPBackend.MATH), counter:
        model(torch.rand(1, 3, size, size))
    counts = counter.get_flop_counts()
    whole = {str(op): flops / 1e9 for op, flops in counts["Global"].items()}
    parts = {
        "encoder": sum(counts["DepthAnything.encoder"].values()) / 1e9,
        "head": sum(counts["DepthAnything.head"].values()) / 1e9,
    }
    total = sum(parts.values())
    modules = {"encoder": model.encoder, "head": model.head}
    weights = {n: sum(p.nbytes for p in m.parameters()) / 1e6 for n, m in modules.items()}
    written = dict.fromkeys(modules, 0.0)

    def count(part: str, output: torch.Tensor) -> None:
        written[part] += output.nbytes / 1e6

    for name, module in modules.items():
        for layer in module.modules():
            if not list(layer.children()):
                layer.register_forward_hook(lambda _, __, output, name=name: count(name, output))
    with torch.inference_mode():
        model(torch.rand(1, 3, size, size))
    lines = [
        f"- {name}: {gflop:.1f} GFLOP, {weights[name]:.0f} MB of weights, "
        f"{written[name]:.0f} MB written by its layers (float32)"
        for name, gflop in parts.items()
    ]
    lines += [f"- of these, {op}: {gflop:.1f} GFLOP" for op, gflop in sorted(whole.items())]
    for dtype in ("float32", "bfloat16"):
        rate = matrix_rate(dtype)
        lines.append(
            f"- {dtype}: {rate:.0f} GFLOP/s in matrix products; floor {total / rate:.3f} s"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", help="a stage, or a file of weights, of a ViT-S")
    parser.add_argument("--size", type=int, default=518)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--floor", action="store_true")
    arguments = parser.parse_args()
    if arguments.floor:
        print(floor(arguments.size))
        return
    names = [*PEERS, *(name for name in arguments.only if name not in PEERS)]
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: exporting leaves memory behind that nobody should inherit.
        spawn = multiprocessing.get_context("spawn")
        preparing = spawn.Process(
            target=prepare, args=(Path(folder), arguments.size, arguments.model)
        )
        preparing.start()
        preparing.join()
        if preparing.exitcode:
            raise SystemExit("preparing failed, see above")
        print(race(Path(folder), names, arguments.batches, arguments.threads, arguments.rounds))


if __name__ == "__main__":
    main()
