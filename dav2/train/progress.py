"""The bar over the steps of a training."""

import time

import lightning as L
from lightning.pytorch.callbacks import Callback
from tqdm import tqdm


class Progress(Callback):
    """Show a text bar over steps, the same in terminals and notebooks; count the seconds of all restarts."""

    def __init__(self, name: str, steps: int, show: bool):
        self.bar = tqdm(total=steps, desc=name, unit="step", mininterval=1.0, disable=not show)
        self.before, self.started, self.shown = 0.0, time.monotonic(), 0.0

    def state_dict(self) -> dict[str, float]:
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, float]) -> None:
        self.before = state_dict["seconds"]

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    def on_train_start(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        self.bar.update(trainer.global_step - self.bar.n)

    def on_train_batch_end(self, trainer: L.Trainer, *_: object) -> None:
        # Once a second: reading a number waits until the device has computed it.
        if not self.bar.disable and time.monotonic() - self.shown > 1:
            names = {"loss": "loss", "validation/error": "error"}
            measured = {
                names[k]: f"{float(v):.3f}"
                for k, v in trainer.callback_metrics.items()
                if k in names
            }
            self.bar.set_postfix(measured, refresh=False)
            self.shown = time.monotonic()
        self.bar.update(trainer.global_step - self.bar.n)

    def on_train_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        self.bar.close()
