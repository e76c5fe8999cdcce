"""Measure what the training loss costs, forward and backward, beside a step of the lab's training.

    python benchmarks/losses.py --rounds 7        # batch 16 of 126x168, the lab's ViT-S

Loss and step are timed in turn, so that other work on the machine slows both; medians.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dav2.losses import depth_anything_loss
from dav2.model import build_model

CASES = {  # name -> (options, share of valid pixels)
    "all valid": ({}, 1.0),
    "95 % valid": ({}, 0.95),
    "10 % of pixels trimmed": ({"trim": 0.1}, 0.95),
    "10 % of regions trimmed": ({"trim": 0.1, "trim_by": "region"}, 0.95),
}


def maps(batch: int, size: tuple[int, int], share: float) -> tuple[Tensor, Tensor, Tensor]:
    """Draw smooth maps with noise, as training has them; all values differ."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(2 * batch, 1, 20, 20, generator=generator)
    both = F.interpolate(coarse, size, mode="bilinear")
    both += 0.01 * torch.randn(both.shape, generator=generator)
    pred, target = both.chunk(2)
    valid = torch.rand(batch, 1, *size, generator=generator) < share
    return pred.clone().requires_grad_(), 0.3 * target + 0.7 * pred, valid


def seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, nargs=2, default=(126, 168))
    parser.add_argument("--preset", default="vits")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    batch, size = arguments.batch, tuple(arguments.size)
    model = build_model(arguments.preset).train()
    optimiser = torch.optim.AdamW(model.parameters(), 1e-5)
    image = torch.rand(batch, 3, *size)

    def step() -> None:
        optimiser.zero_grad()
        _, target, valid = maps(batch, size, 0.95)
        depth_anything_loss(model(image), target, valid, 0.1)[0].backward()
        optimiser.step()

    def loss(pred: Tensor, target: Tensor, valid: Tensor, options: dict) -> None:
        depth_anything_loss(pred, target, valid, **options)[0].backward()

    times: dict[str, list[float]] = {name: [] for name in ("step", *CASES)}
    for _ in range(arguments.rounds + 1):  # what is loaded once does not count
        times["step"].append(seconds(step))
        for name, (options, share) in CASES.items():
            data = maps(batch, size, share)
            times[name].append(seconds(lambda d=data, o=options: loss(*d, o)))
    median = {name: statistics.median(found[1:]) for name, found in times.items()}
    print(f"a step of {arguments.preset}: {median.pop('step'):.2f} s, batch {batch}, {size}")
    print("| loss | ms | of a step |\n| --- | --- | --- |")
    for name, cost in median.items():
        print(f"| {name} | {cost * 1e3:.0f} | {cost / statistics.median(times['step'][1:]):.1%} |")


if __name__ == "__main__":
    main()
