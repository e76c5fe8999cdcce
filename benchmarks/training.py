"""Training steps: images per second, memory, and the share of the machine's rate.

    python benchmarks/training.py                        # all rows that this machine can run
    python benchmarks/training.py --only options         # what each option of the recipe costs
    python benchmarks/training.py --parts                # seconds of forward, loss, backward, optimiser

Peers: a plain loop around transformers' DepthAnythingForDepthEstimation (AdamW, autocast, its own
attention) with the same weights, data, loss and precision. Every variant lives in a process of its
own and is timed in turn with the others, so that what disturbs the machine disturbs all. Ratios are
of medians. Memory is the process's peak, or the GPU's; beside it what `dav2 plan` predicts.
The share is the step's arithmetic (counted, without recomputation) by the best measured rate of
matrix products in the same precision. Random weights and pictures; no loader.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))  # the network of transformers as in the tests
SETTLE_S = 0.3  # threads of the variant before go on spinning for a while
NO_GPU = "no GPU here"


class Race(NamedTuple):
    """Variants of one training step: a preset, a size, a precision; on a CPU or a GPU."""

    preset: str
    size_px: tuple[int, int]
    batch: int
    precision: str
    variants: tuple[str, ...]
    gpu: bool = False


PLAIN = "transformers, plain loop"
OURS, COMPILED = "dav2", "dav2, compile"
OPTIONS: dict[str, dict[str, Any]] = {
    OURS: {},
    COMPILED: {"compile": True},
    "dav2, checkpointing": {"checkpointing": True},
    "dav2, 2 accumulated": {"micro_batch": 2},
    "dav2, average": {"average_decay": 0.999},
    "dav2, clipping": {"clip_norm": 1.0},
}
COSTS = tuple(name for name in OPTIONS if name != COMPILED)
RACES: dict[str, Race] = {
    "lab": Race("vits", (126, 168), 16, "auto", (PLAIN, OURS, COMPILED)),
    "light": Race("lite0", (128, 160), 16, "32-true", (OURS, COMPILED)),
    "vits": Race("vits", (252, 252), 4, "32-true", (PLAIN, OURS, COMPILED)),
    "vits bf16": Race("vits", (252, 252), 4, "bf16-mixed", (PLAIN, OURS, COMPILED)),
    "options": Race("vits", (252, 252), 4, "32-true", COSTS),
    **{
        f"{preset} gpu": Race(
            preset, (518, 518), 8, "bf16-mixed", (PLAIN, OURS, COMPILED, *COSTS[1:]), gpu=True
        )
        for preset in ("vits", "vitb", "vitl")
    },
}


def _transformers(race: Race, folder: Path) -> Any:
    """transformers' model with the weights in `folder`."""
    import transformers

    from tests.helpers.parity import config_of

    config_of(race.preset).save_pretrained(folder)
    return transformers.DepthAnythingForDepthEstimation.from_pretrained(folder)


def plain_step(race: Race, folder: Path, device: str) -> Callable[[], dict[str, float]]:
    """What one would write first: a model, autocast, a loss, AdamW."""
    import torch

    from dav2.losses import depth_anything_loss
    from dav2.model import build_model, save_checkpoint
    from dav2.model.preprocessing import IMAGENET_MEAN, IMAGENET_STD
    from dav2.plan.costs import random_batch

    torch.manual_seed(0)
    save_checkpoint(build_model(race.preset), folder / "model.safetensors", huggingface=True)
    model = _transformers(race, folder).to(device).train()
    mean, std = (
        torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD)
    )
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-6, weight_decay=0.01)
    torch.manual_seed(1)
    batch = random_batch(race.batch, race.size_px, device)

    def step() -> dict[str, float]:
        clock = Clock(device)
        optimiser.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=race.precision == "bf16-mixed"):
            pred = model((batch.image - mean) / std).predicted_depth[:, None]
            clock.lap("forward")
            loss, _, _ = depth_anything_loss(pred, batch.disparity, batch.valid)
        clock.lap("loss")
        loss.backward()
        clock.lap("backward")
        optimiser.step()
        clock.lap("optimiser")
        return clock.laps | {"value": loss.item()}

    return step


def our_step(race: Race, options: dict[str, Any], device: str) -> Callable[[], dict[str, float]]:
    """The same through DepthModule, as `fit` sets it up."""
    import torch

    from dav2.losses import depth_anything_loss
    from dav2.model import build_model
    from dav2.plan.costs import random_batch
    from dav2.scale import get_scale
    from dav2.train import DepthModule
    from dav2.train.starting import laid_out

    numbers = {
        "head_lr": 5e-6,
        "encoder_lr": 5e-6,
        "warmup_steps": 0,
        "clip_norm": None,
        "steps": 10**9,
    }
    scale = get_scale("smoke", numbers | options)
    torch.manual_seed(0)
    stage, machine = scale.stages["teacher"], scale.machine
    network = laid_out(build_model(race.preset), machine).to(device).train()
    module = DepthModule(network, stage)
    optimiser = module.configure_optimizers()["optimizer"]
    average = None
    if stage.average_decay is not None:
        from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn

        # As Lightning's callback calls it.
        average = AveragedModel(network, avg_fn=get_ema_avg_fn(stage.average_decay))
    torch.manual_seed(1)
    batch = random_batch(race.batch, race.size_px, device)
    pieces = -(-race.batch // (machine.micro_batch or race.batch))

    def step() -> dict[str, float]:
        clock = Clock(device)
        optimiser.zero_grad()
        for i in range(pieces):
            piece = slice(i * race.batch // pieces, (i + 1) * race.batch // pieces)
            with torch.autocast(device, torch.bfloat16, enabled=race.precision == "bf16-mixed"):
                image = batch.image[piece].contiguous(memory_format=torch.channels_last)
                pred = network.head(network.features(image), race.size_px)
                clock.lap("forward")
                loss, _, _ = depth_anything_loss(pred, batch.disparity[piece], batch.valid[piece])
            clock.lap("loss")
            (loss / pieces).backward()
            clock.lap("backward")
        if stage.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(network.parameters(), stage.clip_norm)
        optimiser.step()
        if average is not None:
            average.update_parameters(network)
        clock.lap("optimiser")
        return clock.laps | {"value": loss.item()}

    return step


class Clock:
    """Seconds of the parts of a step; waits for a GPU, so parts add up to the step."""

    def __init__(self, device: str):
        self.device, self.laps = device, {}
        self.last = self.now()

    def now(self) -> float:
        if self.device == "cuda":
            import torch

            torch.cuda.synchronize()
        return time.perf_counter()

    def lap(self, name: str) -> None:
        now = self.now()
        self.laps[name] = self.laps.get(name, 0.0) + now - self.last
        self.last = now


def work(race: Race, variant: str, threads: int, pipe: Connection) -> None:
    """A variant in its own process: runs a step whenever asked and sends its seconds."""
    import torch

    torch.set_num_threads(threads)
    device = "cuda" if race.gpu else "cpu"
    with tempfile.TemporaryDirectory() as folder:
        if variant == PLAIN:
            step = plain_step(race, Path(folder), device)
        else:
            step = our_step(race, OPTIONS[variant], device)
        pipe.send(step()["value"])
        step()
        while pipe.recv():
            pipe.send(step())
    peak = (
        torch.cuda.max_memory_allocated()
        if race.gpu
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    )
    pipe.send(peak)


def matrix_rate(dtype: str, gpu: bool) -> float:
    """The best measured rate of square matrix products, FLOP/s."""
    import torch

    device, rates = "cuda" if gpu else "cpu", []
    for size in (4096, 8192) if gpu else (512, 1024, 2048):
        a, b = (torch.rand(size, size, device=device).to(getattr(torch, dtype)) for _ in range(2))
        for _ in range(15):
            clock = Clock(device)
            a @ b
            clock.lap("product")
            rates.append(2 * size**3 / clock.laps["product"])
    return max(rates)


def predicted(race: Race, variant: str) -> tuple[int, int]:
    """Bytes that the plan predicts, and FLOP of a sample without recomputation."""
    from dav2.plan import plan
    from dav2.scale import get_scale

    numbers = {"teacher.preset": race.preset, "teacher.batch": race.batch, "crop_px": race.size_px}
    numbers |= {"precision": race.precision}
    options = OPTIONS.get(variant, {})
    planned = plan("none", "teacher", get_scale("smoke", numbers | options))
    plain = plan("none", "teacher", get_scale("smoke", numbers))
    return sum(planned.memory.values()), plain.flop_per_sample


def run(race: Race, threads: int, rounds: int, parts: bool) -> list[str]:
    """Rows of the table for one race."""
    import torch

    precision = "bf16" if race.precision == "bf16-mixed" else "fp32"
    height, width = race.size_px
    what = f"{race.preset} {width}x{height}, batch {race.batch}, {precision}"
    if race.gpu and not torch.cuda.is_available():
        return [f"| {what} | {variant} |" + f" {NO_GPU} |" * 5 for variant in race.variants]
    spawn = multiprocessing.get_context("spawn")
    pipes, processes, first = {}, {}, {}
    for name in race.variants:
        pipes[name], theirs = spawn.Pipe()
        processes[name] = spawn.Process(target=work, args=(race, name, threads, theirs))
        processes[name].start()
        theirs.close()
        first[name] = pipes[name].recv()
    laps: dict[str, list[dict[str, float]]] = {name: [] for name in race.variants}
    for _ in range(rounds):
        for name, taken in laps.items():
            time.sleep(SETTLE_S)
            pipes[name].send(True)
            taken.append(pipes[name].recv())
    peaks = {}
    for name, pipe in pipes.items():
        pipe.send(False)
        peaks[name] = pipe.recv()
        processes[name].join()
    names = ("forward", "loss", "backward", "optimiser")
    median = {
        name: statistics.median(sum(lap[n] for n in names) for lap in laps[name]) for name in laps
    }
    peer = race.variants[0]
    dtype = "bfloat16" if precision == "bf16" else "float32"
    rate, rows = matrix_rate(dtype, race.gpu), []
    for name in race.variants:
        memory, flop = predicted(race, name)
        share = race.batch * flop / median[name] / rate
        cells = [
            what,
            name,
            f"{race.batch / median[name]:.2f}",
            f"{median[peer] / median[name]:.2f}",
            f"{peaks[name] / 1e9:.2f} GB ({memory / 1e9:.2f})",
            f"{share:.0%} of {rate / 1e9:.0f} GFLOP/s",
            f"{first[name]:.4f}",
        ]
        rows.append("| " + " | ".join(cells) + " |")
        if parts:
            each = (f"{n} {statistics.median(lap[n] for lap in laps[name]):.3f}" for n in names)
            rows.append(f"<!-- {name}, seconds: {', '.join(each)} -->")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=RACES, default=list(RACES))
    parser.add_argument("--variants", nargs="+", choices=[PLAIN, *OPTIONS], help="only these")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--parts", action="store_true")
    arguments = parser.parse_args()
    head = ["step", "variant", "images a second", "times as fast as the first"]
    head += ["peak memory (plan)", "share of the measured rate", "first loss"]
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head), flush=True)
    for name in arguments.only:
        race = RACES[name]
        if arguments.variants:
            chosen = tuple(v for v in race.variants if v in arguments.variants)
            race = race._replace(variants=chosen)
        rows = run(race, arguments.threads, arguments.rounds, arguments.parts)
        print("\n".join(rows), flush=True)


if __name__ == "__main__":
    main()
