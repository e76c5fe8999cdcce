"""The order of training samples, decided by seed and step alone, so that a resumed run sees the
same samples as an uninterrupted one, whatever the number of workers."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import lightning as L
import torch
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate
from torchvision.transforms import v2

from dav2.errors import UserError
from dav2.sample import Sample
from dav2.transforms import augment


class Samples(Protocol):
    """A data set that knows its length, addressed by index."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Sample: ...


class StepSampler(Sampler[list[tuple[int, int]]]):
    """Batches of (index, seed) for training steps `start` .. `steps` - 1, for one rank of `world`.

    Runs through shuffled passes over the data set; the seed of a sample drives its augmentation.
    All ranks together get what one rank with `world` times the batch would get.
    """

    def __init__(
        self,
        length: int,
        batch_size: int,
        steps: int,
        seed: int,
        start: int = 0,
        rank: int = 0,
        world: int = 1,
    ):
        self.length, self.batch_size, self.steps = length, batch_size, steps
        self.seed, self.start = seed, start
        self.rank, self.world = rank, world

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        order: torch.Tensor | None = None
        current = -1
        for step in range(self.start, self.steps):
            batch = []
            first = (step * self.world + self.rank) * self.batch_size
            for position in range(first, first + self.batch_size):
                epoch, place = divmod(position, self.length)
                if order is None or epoch != current:
                    generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
                    order, current = torch.randperm(self.length, generator=generator), epoch
                batch.append((int(order[place]), self.seed * 1_000_003 + position))
            yield batch


class Augmented(Dataset[Sample]):
    """A data set addressed by (index, seed): loaded, cropped, flipped, disturbed."""

    def __init__(self, samples: Samples, crop: v2.Transform, colour: bool):
        self.samples, self.crop, self.colour = samples, crop, colour

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        index, seed = key
        return augment(self.samples[index], self.crop, self.colour, seed)


class PackedSteps:
    """Batches of packed sets, as of one, for training steps 0 .. `steps` - 1.

    Makes as many passes as that takes.

    Lightning keeps `state_dict` in its checkpoints; after `load_state_dict` the same batches follow
    that would have followed then, with any number of workers.

    Raises:
        UserError: the set has too few samples for one batch on every rank and worker.
    """

    def __init__(
        self,
        packs: Path | Sequence[Path],
        crop: v2.Transform | None,
        colour: bool,
        batch_size: int,
        steps: int,
        seed: int,
        workers: int = 0,
    ):
        from litdata import CombinedStreamingDataset, StreamingDataLoader

        from dav2.data.packed import PackedSet

        roots = packs if isinstance(packs, Sequence) else [packs]
        sets = [PackedSet(root, crop, colour, shuffle=True, seed=seed) for root in roots]
        # Every sample once in a pass: plain concatenation (V2 section 7.1), in a random order.
        samples = sets[0] if len(sets) == 1 else CombinedStreamingDataset(sets, seed=seed)
        self.loader = StreamingDataLoader(
            samples, batch_size=batch_size, num_workers=workers, collate_fn=default_collate
        )
        self.steps, self.step = steps, 0
        if len(self.loader) == 0:
            raise UserError(
                f"{', '.join(map(str, roots))}: too few samples for batches of {batch_size} on "
                "every rank and worker"
            )

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[Sample]:
        while self.step < self.steps:
            for batch in self.loader:
                self.step += 1
                yield batch
                if self.step >= self.steps:
                    return

    def state_dict(self) -> dict[str, Any]:
        return {"step": self.step, "loader": self.loader.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.step = state["step"]
        self.loader.load_state_dict(state["loader"])


class TrainingData(L.LightningDataModule):
    """One stream of batches per source, all of the same number of steps, and a validation set.

    Args:
        sources: name -> (data set, or folders of packs, samples per batch and device); training
            receives {name: batch}.
        validation: fixed samples of one size, in order.
        crop: see `transforms.random_crop`.
        colour: for all sources, or by name.
        steps: length of the whole training, in steps of the optimiser.
        accumulate: batches per step of the optimiser.
    """

    def __init__(
        self,
        sources: Mapping[str, tuple[Samples | Path | list[Path] | tuple[Path, ...], int]],
        validation: Dataset[Sample],
        crop: v2.Transform,
        colour: bool | Mapping[str, bool],
        steps: int,
        seed: int,
        workers: int = 0,
        accumulate: int = 1,
    ):
        super().__init__()
        self.sources, self.validation = dict(sources), validation
        self.crop, self.colour = crop, colour
        self.steps, self.seed, self.workers = steps, seed, workers
        self.accumulate = accumulate

    def train_dataloader(self) -> dict[str, DataLoader[Sample] | PackedSteps]:
        trainer, batches = self.trainer, self.steps * self.accumulate
        start, rank, world = (
            (trainer.global_step * self.accumulate, trainer.global_rank, trainer.world_size)
            if trainer
            else (0, 0, 1)
        )
        loaders: dict[str, DataLoader[Sample] | PackedSteps] = {}
        for number, (name, (samples, batch_size)) in enumerate(self.sources.items()):
            seed = self.seed + number
            colour = self.colour if isinstance(self.colour, bool) else self.colour[name]
            if isinstance(samples, (Path, list, tuple)):
                # Made here, where the ranks know of each other.
                loaders[name] = PackedSteps(
                    samples,
                    self.crop,
                    colour,
                    batch_size,
                    batches,
                    seed,
                    self.workers,
                )
            else:
                loaders[name] = DataLoader(
                    Augmented(samples, self.crop, colour),
                    batch_sampler=StepSampler(
                        len(samples), batch_size, batches, seed, start, rank, world
                    ),
                    num_workers=self.workers,
                )
        return loaders

    def val_dataloader(self) -> DataLoader[Sample]:
        return DataLoader(self.validation, batch_size=8)
