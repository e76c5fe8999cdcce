"""What the training loss costs, forward and backward, beside the per-sample loop of public code.

    python benchmarks/losses.py             # batch 16 at 518x518: the table
    python benchmarks/losses.py --step      # and one real training step of a ViT-S, batch 2

The loop is ours, written from the MiDaS reference code as it is copied around: one sample after the
other, robust normaliser with `median(mask * map)` over all pixels (its flaw, and cheap), multiplied masks,
gradient at four scales, autograd. Its trimming is mended (`sort` of the valid errors): the public
line trims nothing. So its value differs a little where pixels are not valid; what is compared is
cost. Every variant lives in a process of its own and is timed in turn with the others. Columns:
median and smallest time of a batch and median processor time (of all threads; trust it with
`--threads 1` where other work runs beside); how many times as fast as the loop by each of the three;
how far the process grew beyond its inputs.
"""

import argparse
import multiprocessing
import statistics
import time
from multiprocessing.connection import Connection
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from dav2.losses import depth_anything_loss

LOOP, OURS = "loop", "dav2"
CASES = {  # name -> (trim, by what, share of valid pixels)
    "all valid": (0.0, "pixel", 1.0),
    "90 % valid": (0.0, "pixel", 0.9),
    "trim 10 % of pixels": (0.1, "pixel", 1.0),
    "trim 10 % of regions": (0.1, "region", 1.0),
}


def robust(values: Tensor, mask: Tensor) -> Tensor:
    """The normaliser of the public code."""
    centred = values - (mask * values).median()
    deviation = (mask * centred.abs()).sum() / mask.sum()
    return centred / deviation.clamp(min=1e-6)


def loop_loss(pred: Tensor, target: Tensor, valid: Tensor, trim: float) -> Tensor:
    """SSI + 2 gradient, one sample after the other."""
    terms = []
    for p, t, v in zip(pred[:, 0], target[:, 0], valid[:, 0], strict=True):
        mask = v.float()
        p, t = robust(p, mask), robust(t, mask)
        if trim:
            errors = (p - t).abs()[v].sort().values
            ssi = errors[: len(errors) - int(len(errors) * trim)].mean()
        else:
            ssi = (mask * (p - t).abs()).sum() / mask.sum()
        gradient = 0.0
        for step in (1, 2, 4, 8):
            m = mask[::step, ::step]
            difference = m * (p[::step, ::step] - t[::step, ::step])
            x = (difference[:, 1:] - difference[:, :-1]).abs() * (m[:, 1:] * m[:, :-1])
            y = (difference[1:] - difference[:-1]).abs() * (m[1:] * m[:-1])
            gradient = gradient + (x.sum() + y.sum()) / m.sum()
        terms.append(ssi + 2 * gradient)
    return torch.stack(terms).mean()


def pictures(batch: int, size: int, share: float) -> tuple[Tensor, Tensor, Tensor]:
    """Smooth maps with noise, as training has them; all values differ."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(2 * batch, 1, 20, 20, generator=generator)
    maps = F.interpolate(coarse, (size, size), mode="bilinear")
    maps += 0.01 * torch.randn(maps.shape, generator=generator)
    valid = torch.rand(batch, 1, size, size, generator=generator) < share
    pred, target = maps.chunk(2)
    return pred.clone().requires_grad_(), (0.3 * target + 0.7 * pred).clone(), valid


def peak_mb() -> float:
    """Largest memory of this process since the peak was cleared (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM"))


def work(name: str, case: str, batch: int, size: int, threads: int, pipe: Connection) -> None:
    """Times a forward and backward whenever asked; at last sends how far the process grew, in MB."""
    torch.set_num_threads(threads)
    trim, by, share = CASES[case]
    pred, target, valid = pictures(batch, size, share)
    small = [maps[:1, :, :32, :32] for maps in (pred, target, valid)]

    def loss(*maps: Tensor) -> Tensor:
        if name == LOOP:
            return loop_loss(*maps, trim)
        return depth_anything_loss(*maps, trim, trim_by=by)[0]

    loss(*small).backward()  # what is loaded once does not count
    pred.grad = None
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = peak_mb()
    loss(pred, target, valid).backward()
    pipe.send(peak_mb() - before)
    while pipe.recv():
        pred.grad = None
        started, worked = time.perf_counter(), time.process_time()
        loss(pred, target, valid).backward()
        pipe.send((time.perf_counter() - started, time.process_time() - worked))


def race(case: str, batch: int, size: int, threads: int, rounds: int) -> float:
    """Print the two rows of a case; returns our median seconds per picture."""
    context = multiprocessing.get_context("spawn")
    pipes, grown = {}, {}
    for name in (LOOP, OURS):
        pipes[name], end = context.Pipe()
        context.Process(
            target=work, args=(name, case, batch, size, threads, end), daemon=True
        ).start()
        grown[name] = pipes[name].recv()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in pipes}
    for _ in range(rounds):
        for name, pipe in pipes.items():
            pipe.send(True)
            times[name].append(pipe.recv())
    costs = {}
    for name, pipe in pipes.items():
        pipe.send(False)
        wall, cpu = zip(*times[name], strict=True)
        costs[name] = statistics.median(wall), min(wall), statistics.median(cpu)
        figures = " / ".join(f"{cost * 1e3:.0f}" for cost in costs[name])
        ratios = " / ".join(
            f"{loop / cost:.2f}" for loop, cost in zip(costs[LOOP], costs[name], strict=True)
        )
        print(f"| {case} | {name} | {figures} ms | {ratios} | {grown[name]:.0f} MB |", flush=True)
    return costs[OURS][0] / batch


def training_step(batch: int, size: int, rounds: int) -> float:
    """Median seconds per picture of a ViT-S's forward, backward and AdamW step."""
    from dav2.model import build_model

    model = build_model("vits").train()
    optimiser = torch.optim.AdamW(model.parameters(), 1e-5)
    _, target, valid = pictures(batch, size, 1.0)
    image = torch.rand(batch, 3, size, size)
    times = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        optimiser.zero_grad()
        depth_anything_loss(model(image), target, valid)[0].backward()
        optimiser.step()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:]) / batch


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, default=518)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--step", action="store_true", help="measure a training step, batch 2")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print("| case | variant | a batch: median / smallest / processor | times as fast | memory |")
    print("| --- | --- | --- | --- | --- |")
    ours = [
        race(case, arguments.batch, arguments.size, arguments.threads, arguments.rounds)
        for case in CASES
    ]
    if arguments.step:
        step = training_step(2, arguments.size, 3)
        print(f"\na training step of a ViT-S, batch 2: {step:.2f} s a picture; of it the loss, ")
        for case, seconds in zip(CASES, ours, strict=True):
            print(f"- {case}: {seconds * 1e3:.1f} ms, {seconds / step:.2%}")


if __name__ == "__main__":
    main()
