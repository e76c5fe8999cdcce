"""The network: normalise, encode, decode to disparity."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from dav2.errors import UserError
from dav2.model.conversion import to_ours
from dav2.model.derived import look_of
from dav2.model.dpt import DPTHead
from dav2.model.encoder import POSITION_OFFSET, build_encoder
from dav2.model.preprocessing import OFFICIAL, Preprocessing
from dav2.model.presets import Preset, find_preset
from dav2.model.pretrained import encoder_weights
from dav2.model.states import fill, load_backbone, read_state


class DepthAnything(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="dav2",
    tags=["depth-estimation"],
    paper_url="https://arxiv.org/abs/2406.09414",
):
    """Image [B, 3, H, W] in 0..1 -> relative disparity [B, 1, H, W] >= 0, larger is nearer.

    With `max_depth`, metric depth in metres instead. `pretrained`: with published weights in an
    encoder that is not DINOv2; see `build_model` for the other arguments. `save_pretrained`,
    `push_to_hub` and `from_pretrained` are those of the Hugging Face Hub.
    """

    def __init__(
        self,
        preset: Preset,
        pretrained: bool = False,
        version: int = 2,
        max_depth: float | None = None,
        position_offset: float = POSITION_OFFSET,
        preprocessing: Preprocessing = OFFICIAL,
    ):
        super().__init__()
        self.preset, self.stride = preset, preset.stride
        self.version, self.max_depth, self.position_offset = version, max_depth, position_offset
        self.preprocessing = preprocessing
        self.encoder = build_encoder(preset, pretrained, position_offset, preprocessing)
        self.head = DPTHead(
            self.encoder.channels, preset.widths, preset.features, preset.fine, max_depth
        )

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, **options: Any) -> "DepthAnything":
        """Open a folder that `save_pretrained` wrote, or a model of the Hub, see there.

        Raises:
            UserError: the folder is damaged, or of something else.
        """
        try:
            return super().from_pretrained(pretrained_model_name_or_path, **options)
        except Exception as error:  # the Hub's mixin checks nothing of what it reads
            if not Path(pretrained_model_name_or_path).is_dir():
                raise
            raise UserError(
                f"{pretrained_model_name_or_path} is damaged, or not what save_pretrained wrote: "
                f"{' '.join(str(error).split())}"
            ) from error

    @classmethod
    def _from_pretrained(cls, **options: Any) -> "DepthAnything":
        # The file holds the whole encoder, whatever it once started from; half a file is an error.
        return super()._from_pretrained(**{**options, "pretrained": False, "strict": True})

    @classmethod
    def _load_as_safetensor(  # type: ignore[override]  # the mixin's is one for any module
        cls, model: "DepthAnything", model_file: str, map_location: str, strict: bool
    ) -> "DepthAnything":
        fill(model, to_ours(read_state(model_file)), model_file)
        return model.to(map_location).eval()

    def features(self, image: Tensor) -> list[Tensor]:
        """The encoder's four maps, shallow to deep."""
        height, width = image.shape[-2:]
        if height % self.stride or width % self.stride or not height or not width:
            raise UserError(f"sides must be multiples of {self.stride}, not {height}x{width}")
        return self.encoder(image)

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.features(image), image.shape[-2:])


def build_model(
    preset: str | Preset,
    pretrained: bool | Path | str = False,
    *,
    version: int = 2,
    max_depth: float | None = None,
    position_offset: float = POSITION_OFFSET,
    preprocessing: Preprocessing | None = None,
) -> DepthAnything:
    """Build a network: one of `PRESETS` by name, any encoder of timm by name, or a `Preset`.

    Args:
        preset: `vits`, `convnext_tiny`, `Preset("resnet50", 32, (1, 2, 3, 4), None, 64)`; see
            `find_preset` for what timm's names become.
        pretrained: start the encoder from a file of weights, or (True) from those that its authors
            published: ImageNet's for lite0 to lite2, out of a package; DINOv2's for vits to vitg,
            out of a package where there is one, else from the Hub (`encoder_weights`); others' as
            timm knows them, from the Hub.
        version: 1 taps the last four blocks, as Depth Anything V1 does (R1 dpt.py). Its files have
            the same keys as V2's and give silently wrong maps in a network of version 2.
        max_depth: metres, for the metric models (20 indoors, 80 outdoors; V2 metric_depth/).
        position_offset: 0.1 as the official code; 0.0 gives exactly what transformers gives.
        preprocessing: how it looks at pictures, which it carries along; None: as released weights,
            with the mean and std of timm's configuration of the encoder.

    Raises:
        UserError: unknown preset, encoder or version, timm cannot give the encoder's maps, or
            nobody published weights for it.
        FileNotFoundError, ModuleNotFoundError: the weights cannot be had; says what to do.
    """
    chosen = preset if isinstance(preset, Preset) else find_preset(preset)
    if version == 1 and chosen.is_dinov2:
        last = chosen.taps[-1]
        chosen = replace(chosen, taps=(last - 3, last - 2, last - 1, last))
    elif version != 2:
        raise UserError(f"there is no version {version} of {preset}; only DINOv2 presets have a V1")
    network = DepthAnything(
        chosen,
        pretrained is True and not chosen.is_dinov2,
        version,
        max_depth,
        position_offset,
        preprocessing or look_of(chosen.encoder),
    )
    if pretrained is True and chosen.is_dinov2:
        load_backbone(network, encoder_weights(chosen.encoder))
    elif pretrained and pretrained is not True:
        load_backbone(network, pretrained)
    return network
