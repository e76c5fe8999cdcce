"""What a network and a step cost: counted on shapes alone, or measured on this machine."""

import os
import statistics
import time
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count

from dav2.model import DepthAnything, build_model
from dav2.sample import Sample
from dav2.scale import Scale
from dav2.train.devices import native_precision
from dav2.train.inputs import accumulation, find_stage
from dav2.train.module import DepthModule, checkpoint_activations, large_parts
from dav2.train.starting import frozen_encoder, laid_out


class Counted(NamedTuple):
    """What one network costs, whatever the batch: parameters, bytes kept for the backward pass, FLOP."""

    encoder: int
    head: int
    trained: int
    kept: int
    kept_per_sample: int
    flop: int  # of one sample, forward and backward
    encoder_flop: int  # of the encoder's forward pass alone


def count_activations(
    network: DepthAnything, size_px: tuple[int, int], batch: int, bf16: bool
) -> int:
    """Count the bytes of the tensors that autograd keeps for the backward pass, each storage once.

    The forward pass runs on tensors that have shapes only. Weights are not counted, their copies in
    bfloat16 are.
    """
    kept: dict[int, tuple[int, object]] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in weights:
            kept[storage._cdata] = (storage.nbytes(), storage)
        return tensor

    # What a checkpointed part keeps is what enters it, which the hooks below do not see.
    hooks = [
        part.register_forward_pre_hook(
            lambda _, inputs: [keep(x) for x in inputs if isinstance(x, Tensor)] and None
        )
        for part in large_parts(network)
        if "forward" in vars(part)
    ]
    with FakeTensorMode(allow_non_fake_inputs=True):
        network = network.to_empty(device="cpu")
        weights = {p.untyped_storage()._cdata for p in network.parameters()}
        image = torch.empty(batch, 3, *size_px).to(memory_format=torch.channels_last)
        with (
            torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
            torch.autocast("cpu", torch.bfloat16, enabled=bf16),
        ):
            pred = network(image)
    del pred
    for hook in hooks:
        hook.remove()
    return sum(size for size, _ in kept.values())


def _convolution_backward(
    grad: list[int], image: list[int], weight: list[int], *rest: Any, **_: Any
) -> int:
    """Count a convolution's gradients: each costs what the forward pass did; PyTorch's formula forgets the groups."""
    transposed, mask = rest[4], rest[7]
    return sum(mask[:2]) * conv_flop_count(image, weight, grad, transposed=transposed)


def count_flop(network: nn.Module, size_px: tuple[int, int], backward: bool = True) -> int:
    """Count the FLOP of one sample, two a multiplication with its addition; forward, or forward and backward."""
    convolution = torch.ops.aten.convolution_backward
    counter = FlopCounterMode(display=False, custom_mapping={convolution: _convolution_backward})
    with FakeTensorMode(allow_non_fake_inputs=True):
        network = network.to_empty(device="cpu")
        image = torch.empty(1, 3, *size_px)
        # The fused kernel of the CPU is not counted; written out, attention is two products.
        with sdpa_kernel(SDPBackend.MATH), counter:
            pred = network(image)
            if backward:
                pred.sum().backward()
    return counter.get_total_flops()


def _parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@lru_cache
def count(
    preset: str,
    size_px: tuple[int, int],
    bf16: bool = False,
    max_depth_m: float | None = None,
    checkpointing: bool = False,
) -> Counted:
    """Count a network that has shapes only, so that a laptop can count the largest."""

    def build() -> DepthAnything:
        with torch.device("meta"):
            network = build_model(preset, max_depth=max_depth_m)
        return checkpoint_activations(network) if checkpointing else network

    one, two = (count_activations(build(), size_px, batch, bf16) for batch in (1, 2))
    network = build()
    return Counted(
        _parameters(network.encoder),
        _parameters(network.head),
        sum(p.numel() for p in network.parameters() if p.requires_grad),
        2 * one - two,
        two - one,
        count_flop(network, size_px),
        count_flop(build().encoder, size_px, backward=False),
    )


def random_batch(size: int, size_px: tuple[int, int], device: torch.device | str = "cpu") -> Sample:
    """Make noise that looks like a batch to the network, for measuring."""
    disparity = torch.rand(size, 1, *size_px, device=device) + 0.1
    image = torch.rand(size, 3, *size_px, device=device)
    valid = torch.ones_like(disparity, dtype=torch.bool)
    return Sample(image, disparity, valid, [""] * size)  # type: ignore[arg-type]  # as of a batch


def measure_step(name: str, scale: Scale, devices: int = 1, rounds: int = 3) -> float:
    """Measure the seconds of a stage's step on this device, on random weights and data, without loading.

    Runs `rounds` micro-batches after a first one, takes the median, and counts the optimiser once.
    """
    stage, machine = find_stage(scale, name), scale.machine
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = laid_out(build_model(stage.preset, max_depth=stage.max_depth_m), machine).to(device)
    accumulate = accumulation(stage.batches, devices, machine.micro_batch)
    batch = {
        source: random_batch(count // (devices * accumulate), stage.crop_px, device)
        for source, count in stage.batches.items()
    }
    module = DepthModule(network, stage, frozen_encoder(stage, machine)).to(device).train()
    module.log = lambda *_, **__: None  # type: ignore[method-assign]  # no trainer listens
    optimiser = module.configure_optimizers()["optimizer"]
    bf16 = native_precision(machine.precision).startswith("bf16")
    passes, updates = [], []

    def now() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    for _ in range(rounds + 1):
        started = now()
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            loss = module.training_step(batch, 0)
        loss.backward()
        passes.append(now() - started)
        started = now()
        optimiser.step()
        optimiser.zero_grad()
        updates.append(now() - started)
    return accumulate * statistics.median(passes[1:]) + statistics.median(updates[1:])


def free_bytes() -> int:
    """Read how much memory is free on this machine's GPU, or in it."""
    if torch.cuda.is_available():
        return torch.cuda.mem_get_info()[0]
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
