"""Training on several devices: who they are, how they share the work, and how they end together."""

import os
import threading
from datetime import timedelta

import torch
from lightning.pytorch.strategies import DDPStrategy, ModelParallelStrategy, Strategy
from torch import Tensor
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.fsdp import FSDPModule, fully_shard

from dav2.errors import UserError
from dav2.scale import Machine
from dav2.stage import Stage
from dav2.train.module import DepthModule, encoder_blocks, large_parts

FRESH_STORE = "TORCH_DISABLE_SHARE_RDZV_TCP_STORE"


def devices() -> tuple[int, int]:
    """Count devices on this machine, and machines, as torchrun says; one and one without it."""
    local = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    return local, int(os.environ.get("WORLD_SIZE", local)) // local


def native_precision(precision: str) -> str:
    """Turn "auto" into bf16-mixed where the hardware computes in bfloat16, else into 32-true.

    Any other of Lightning's names stays as it is.
    """
    if precision != "auto":
        return precision
    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16-mixed" if native else "32-true"


def is_first() -> bool:
    """Tell whether this process is the one that talks and writes, before ranks know of each other."""
    return os.environ.get("RANK", "0") == "0"


def exit_with_launcher() -> None:
    """End when torchrun is gone, and say what its restarts need; does nothing without torchrun.

    Ranks of a killed torchrun must not go on writing beside those of the next call.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return
    restarts = int(os.environ.get("TORCHELASTIC_MAX_RESTARTS", 0))
    if restarts and is_first() and os.environ.get(FRESH_STORE) != "1":
        # PyTorch issue 135712: ranks find the addresses of those that died.
        print(f"torchrun --max-restarts: a restart may fail unless {FRESH_STORE}=1 is set for it")
    launcher = (
        os.getppid()
    )  # were it gone already, the folder's lock would still keep the next call out

    def watch() -> None:
        pause = threading.Event()
        while not pause.wait(1.0):
            if os.getppid() != launcher:
                os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class ShardedModule(DepthModule):
    """A `DepthModule` of which every device keeps its share: weights, gradients, Adam's moments.

    By encoder block and fusion: what a block needs is gathered before it runs, and let go after it
    (PyTorch's FSDP2). The frozen encoder of feature alignment is shared out in the same way.
    """

    def configure_model(self) -> None:
        """Share the weights out; Lightning calls it on every device before it makes the optimiser."""
        if isinstance(self.network.encoder, FSDPModule):
            return
        assert self.device_mesh is not None  # of `ModelParallelStrategy`
        mesh = self.device_mesh["data_parallel"]
        roots = [self.network.encoder, self.network.head]
        parts = list(large_parts(self.network))
        if self.reference is not None:
            roots.append(self.reference)
            parts.extend(encoder_blocks(self.reference))
            if list(self.alignment.parameters()):
                roots.append(self.alignment)
        for parameter in self.parameters():
            parameter.data = parameter.data.contiguous()  # FSDP takes no channels_last
        for part in (*parts, *roots):
            fully_shard(part, mesh=mesh)


def sharded(module: type[DepthModule]) -> type[DepthModule]:
    """Make a module of which every device keeps its share."""
    return type(f"Sharded{module.__name__}", (ShardedModule, module), {})


def strategy_of(stage: Stage, machine: Machine, world: int) -> Strategy | str:
    """Choose how `world` devices share the work.

    Raises:
        UserError: the strategy cannot do what the stage wants.
    """
    if world == 1:
        return "auto"
    stuck = timedelta(seconds=machine.stuck_s)
    if machine.strategy == "ddp":
        return DDPStrategy(timeout=stuck, gradient_as_bucket_view=True)
    if stage.average_decay is not None:
        raise UserError(
            "strategy fsdp keeps no average of the weights; set average_decay to none, or strategy to "
            "ddp"
        )
    return ModelParallelStrategy(
        data_parallel_size=world,
        tensor_parallel_size=1,
        save_distributed_checkpoint=False,  # one file, which any number of devices goes on from
        timeout=stuck,
    )


def whole_weights(module: DepthModule) -> dict[str, Tensor]:
    """Gather the network's whole weights on the first device; all devices must call it."""
    if not isinstance(module, ShardedModule):
        return module.network.state_dict()
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    # Of a network, all values are tensors.
    return get_model_state_dict(module.network, options=options)  # type: ignore[return-value]
