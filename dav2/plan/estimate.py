"""What a training would need, before it starts: data, memory, arithmetic, time. Writes nothing."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dav2.errors import UserError
from dav2.plan.costs import Counted, count, free_bytes, measure_step
from dav2.scale import Machine, Scale
from dav2.stage import PHOTOS, SCENES, Stage
from dav2.train.devices import native_precision
from dav2.train.inputs import Input, accumulation, find_stage, stage_inputs

FLOAT = 4  # bytes; weights, gradients and Adam's two moments are float32 in mixed precision, too


class Plan(NamedTuple):
    """What one stage needs. Memory is in bytes on each device, FLOP are of forward and backward."""

    stage: str
    preset: str
    precision: str
    crop_px: tuple[int, int]
    inputs: tuple[Input, ...]
    samples_of_data: int  # found, or expected where nothing is there yet
    encoder_parameters: int
    head_parameters: int
    trained_parameters: int
    devices: int
    batch: int
    micro_batch: int
    accumulate: int
    steps: int
    memory: dict[str, int]
    flop_per_sample: int
    step_seconds: float | None
    basis: str  # where the seconds come from

    @property
    def samples(self) -> int:
        return self.steps * self.batch

    @property
    def passes(self) -> float:
        return self.samples / self.samples_of_data

    @property
    def flop_per_step(self) -> int:
        return self.batch * self.flop_per_sample

    @property
    def hours(self) -> float | None:
        return None if self.step_seconds is None else self.steps * self.step_seconds / 3600


def _memory(
    stage: Stage, machine: Machine, precision: str, devices: int, micro_batch: int
) -> tuple[Counted, dict[str, int], int]:
    """Count the network; estimate bytes on each device, and FLOP of a sample."""
    bf16 = precision.startswith("bf16")
    counted = count(stage.preset, stage.crop_px, bf16, stage.max_depth_m, machine.checkpointing)
    flop, reference = counted.flop, 0
    if stage.photos is not None and stage.photos.feature_weight:
        frozen = counted
        if stage.photos.feature_encoder is not None:
            frozen = count(stage.photos.feature_encoder, stage.crop_px, bf16, None, False)
        reference = frozen.encoder
        flop += frozen.encoder_flop * stage.batches[PHOTOS] // sum(stage.batches.values())
    network = counted.encoder + counted.head
    share = FLOAT / (devices if machine.strategy == "fsdp" else 1)
    averaged = network + reference if stage.average_decay is not None else 0
    memory = {
        "weights": round(share * network),
        "gradients": round(share * counted.trained),
        "Adam": round(2 * share * counted.trained),
        "average": round(share * averaged),
        "frozen encoder": round(share * reference),
        "activations": counted.kept + micro_batch * counted.kept_per_sample,
    }
    return counted, memory, flop


def _samples(stage: Stage, scale: Scale, inputs: Sequence[Input]) -> int:
    """Count the samples to learn from; where some are missing, those that are expected."""
    expected = {
        SCENES: scale.data.views,
        PHOTOS: scale.data.photographs or scale.data.photographs_expected or 0,
    }
    total = 0
    for source in stage.sources:
        found = [one.samples for one in inputs if one.source == source]
        known = [samples for samples in found if samples is not None]
        total += sum(known) if len(known) == len(found) else expected[source]
    return total


def plan(
    run_dir: Path | str,
    name: str,
    scale: Scale,
    devices: int = 1,
    step_seconds: float | None = None,
    images_per_second: float | None = None,
    peak_tflops: float | None = None,
    peak_share: float = 0.4,
) -> Plan:
    """Estimate what `fit` with the same arguments would need; writes nothing.

    Memory is weights + gradients + Adam's moments + averages + what autograd keeps of one
    micro-batch (counted, see `count_activations`); with fsdp each device's share of all
    but the last. Not in it: the loss's own maps, blocks gathered from other devices, work space of
    kernels, and what an allocator does not give back.

    Args:
        devices: GPUs, all alike. Their talk with each other is taken to cost nothing.
        step_seconds: measured seconds of one step, all devices together.
        images_per_second: measured on one device.
        peak_tflops: of one device, from its maker, of which `peak_share` is taken to be reached.

    Raises:
        UserError: unknown stage, or more than one of the last three is given.
    """
    given = [x for x in (step_seconds, images_per_second, peak_tflops) if x is not None]
    if len(given) > 1:
        raise UserError("give one of step_seconds, images_per_second and peak_tflops")
    if devices < 1 or any(x <= 0 for x in (*given, peak_share)):
        raise UserError("devices, times, rates and shares must be above 0")
    stage, machine = find_stage(scale, name), scale.machine
    precision = native_precision(machine.precision)
    batch = sum(stage.batches.values())
    accumulate = accumulation(stage.batches, devices, machine.micro_batch)
    micro_batch = batch // (devices * accumulate)
    inputs = tuple(stage_inputs(stage, scale.data, Path(run_dir)))
    counted, memory, flop = _memory(stage, machine, precision, devices, micro_batch)
    basis = ""
    if step_seconds is not None:
        basis = "from the given seconds of a step"
    elif images_per_second is not None:
        step_seconds = batch / (devices * images_per_second)
        basis = f"from {images_per_second:g} images a second on each device"
    elif peak_tflops is not None:
        step_seconds = batch * flop / (devices * peak_tflops * 1e12 * peak_share)
        basis = f"if {peak_share:.0%} of {peak_tflops:g} TFLOP/s are reached on each device"
    return Plan(
        name,
        stage.preset,
        precision,
        stage.crop_px,
        inputs,
        _samples(stage, scale, inputs),
        counted.encoder,
        counted.head,
        counted.trained,
        devices,
        batch,
        micro_batch,
        accumulate,
        stage.steps,
        memory,
        flop,
        step_seconds,
        basis,
    )


def with_measured_step(plan: Plan, scale: Scale) -> Plan:
    """Measure the time of steps on this machine, if they fit into its memory."""
    needed, free = sum(plan.memory.values()), free_bytes()
    if needed > free:
        return plan._replace(
            basis=f"a step needs {_si(needed, 'B')}, and {_si(free, 'B')} are free here"
        )
    seconds = measure_step(plan.stage, scale, plan.devices)
    alike = " and as if all devices were like it" if plan.devices > 1 else ""
    return plan._replace(
        step_seconds=seconds, basis=f"from steps measured here, without loading of data{alike}"
    )


def _si(value: float, unit: str) -> str:
    power = max(0, min(7, int(math.log10(value) // 3))) if value >= 1 else 0
    return f"{value / 1000**power:.3g} {' kMGTPEZ'[power].strip()}{unit}"


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:.1f} minutes"
    return f"{hours:.1f} hours" if hours < 72 else f"{hours / 24:.1f} days"


def format_plan(plan: Plan) -> str:
    """Write the plan as text."""
    height, width = plan.crop_px
    total = sum(plan.memory.values())
    parts = ", ".join(f"{name} {_si(size, 'B')}" for name, size in plan.memory.items() if size)
    many = "s" if plan.devices > 1 else ""
    lines = [
        f"{plan.stage}: {plan.preset} at {width}x{height} px, {plan.precision}, "
        f"{plan.devices} device{many}",
        "data",
    ]
    for needed in plan.inputs:
        samples = needed.samples
        state = "missing" if samples is None else f"{samples:,} samples"
        lines.append(f"  {needed.path}: {state}")
        if samples is None:
            lines.append(f"    make it with: {needed.command}")
    lines += [
        f"parameters  encoder {plan.encoder_parameters:,}, head {plan.head_parameters:,}, "
        f"trained {plan.trained_parameters:,}",
        f"batch       {plan.batch} = {plan.devices} device{many} x {plan.micro_batch} at once "
        f"x {plan.accumulate} accumulated",
        f"length      {plan.steps:,} steps, {plan.samples:,} samples"
        + (
            f", {plan.passes:.2g} passes over {plan.samples_of_data:,}" * (plan.samples_of_data > 0)
        ),
        f"memory      {_si(total, 'B')} on each device, estimated: {parts}",
        f"arithmetic  {_si(plan.flop_per_sample, 'FLOP')} a sample, "
        f"{_si(plan.flop_per_step, 'FLOP')} a step, "
        f"{_si(plan.flop_per_step * plan.steps, 'FLOP')} in all, counted",
    ]
    if plan.hours is None:
        reason = f" ({plan.basis})" if plan.basis else ""
        lines.append(
            f"time        not known{reason}: give a measured step (step_seconds), a rate "
            "(images_per_second) or a peak (peak_tflops)"
        )
    else:
        lines.append(
            f"time        {_hours(plan.hours)}, {plan.step_seconds:.3g} s a step: "
            f"predicted, {plan.basis}"
        )
    return "\n".join(lines)
