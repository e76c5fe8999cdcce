"""The order of training samples, decided by seed and step alone, so that a resumed run sees the
same samples as an uninterrupted one, whatever the number of workers."""

from collections.abc import Iterator, Mapping

import lightning as L
import torch
from torch.utils.data import DataLoader, Dataset, Sampler
from torchvision.transforms import v2

from dav2.sample import Sample
from dav2.transforms import augment


class StepSampler(Sampler[list[tuple[int, int]]]):
    """Batches of (index, seed) for training steps `start` .. `steps` - 1.

    Runs through shuffled passes over the data set; the seed of a sample drives its augmentation.
    """

    def __init__(self, length: int, batch_size: int, steps: int, seed: int, start: int = 0):
        self.length, self.batch_size, self.steps = length, batch_size, steps
        self.seed, self.start = seed, start

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        order: torch.Tensor | None = None
        current = -1
        for step in range(self.start, self.steps):
            batch = []
            for position in range(step * self.batch_size, (step + 1) * self.batch_size):
                epoch, place = divmod(position, self.length)
                if order is None or epoch != current:
                    generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
                    order, current = torch.randperm(self.length, generator=generator), epoch
                batch.append((int(order[place]), self.seed * 1_000_003 + position))
            yield batch


class Augmented(Dataset[Sample]):
    """A data set addressed by (index, seed): loaded, cropped, flipped, disturbed."""

    def __init__(self, samples: Dataset[Sample], crop: v2.Transform, colour: bool):
        self.samples, self.crop, self.colour = samples, crop, colour

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        index, seed = key
        return augment(self.samples[index], self.crop, self.colour, seed)


class TrainingData(L.LightningDataModule):
    """One stream of batches per source, all of the same number of steps, and a validation set.

    Args:
        sources: name -> (data set, samples per batch); training receives {name: batch}.
        validation: fixed samples of one size, in order.
        crop: see `transforms.random_crop`.
        steps: length of the whole training.
    """

    def __init__(
        self,
        sources: Mapping[str, tuple[Dataset[Sample], int]],
        validation: Dataset[Sample],
        crop: v2.Transform,
        colour: bool,
        steps: int,
        seed: int,
        workers: int = 0,
    ):
        super().__init__()
        self.sources, self.validation = dict(sources), validation
        self.crop, self.colour = crop, colour
        self.steps, self.seed, self.workers = steps, seed, workers

    def train_dataloader(self) -> dict[str, DataLoader[Sample]]:
        start = self.trainer.global_step if self.trainer else 0
        return {
            name: DataLoader(
                Augmented(samples, self.crop, self.colour),
                batch_sampler=StepSampler(
                    len(samples), batch_size, self.steps, self.seed + number, start
                ),
                num_workers=self.workers,
            )
            for number, (name, (samples, batch_size)) in enumerate(self.sources.items())
        }

    def val_dataloader(self) -> DataLoader[Sample]:
        return DataLoader(self.validation, batch_size=8)
