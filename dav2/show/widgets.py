"""Widgets: one callback over a figure each. Without a browser they show the figure's default."""

import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np

from dav2.data.photos import read_image
from dav2.evaluate.pairs import read_da2k
from dav2.picture import Picture, gallery
from dav2.sample import Sample
from dav2.show.figures import alignment, point_pairs


class _WithPicture(widgets.VBox):
    """A box that is its picture where no widget runs: on GitHub, in HTML, in an executed copy."""

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(**options) or {}
        return {**bundle, "image/png": base64.b64encode(self.children[-1].value).decode()}


def _over(
    figure: Callable[..., Picture], controls: Mapping[str, widgets.ValueWidget]
) -> widgets.VBox:
    """Put controls above a picture that is drawn anew whenever one of them changes."""
    picture = widgets.Image(format="png")

    def draw(_: object = None) -> None:
        picture.value = figure(**{name: control.value for name, control in controls.items()}).png()

    for control in controls.values():
        control.observe(draw, names="value")
    draw()
    return _WithPicture([*controls.values(), picture])


def align_by_hand(pred: np.ndarray, target: np.ndarray) -> widgets.VBox:
    """Show two sliders, scale and shift, that bring a prediction [H, W] onto its target."""
    controls = {
        "scale": widgets.FloatSlider(1.0, min=0, max=4, step=0.05, description="scale"),
        "shift": widgets.FloatSlider(0.0, min=-1, max=1, step=0.02, description="shift"),
    }
    return _over(lambda scale, shift: alignment(pred, target, scale, shift), controls)


def error_explorer(image: np.ndarray, pred: np.ndarray, target: np.ndarray) -> widgets.VBox:
    """Show which pixels a trim of the largest errors leaves out: one slider over the error map."""
    error = np.abs(pred - target)

    def figure(share: float) -> Picture:
        kept = np.where(
            (error <= np.quantile(error, 1 - share))[..., None],
            image,
            np.array([230, 57, 70], np.uint8),
        )
        return gallery(
            [[image, pred, target, kept]],
            ["image", "prediction", "target", f"red: the {share:.0%} left out"],
        )

    return _over(
        figure, {"share": widgets.FloatSlider(0.1, min=0, max=0.5, step=0.05, description="trim")}
    )


def browse(samples: Sequence[Sample]) -> widgets.VBox:
    """Show pictures beside their labels, one slider through the set."""

    def figure(index: int) -> Picture:
        image, disparity, _, name = samples[index]
        return gallery(
            [[image.permute(1, 2, 0).numpy(), disparity[0].numpy()]], [name, "label"], width=4
        )

    return _over(
        figure, {"index": widgets.IntSlider(0, min=0, max=len(samples) - 1, description="picture")}
    )


def explore_pairs(
    root: Path | str, right: Mapping[str, Sequence[bool]] | None = None
) -> widgets.VBox:
    """Show the pairs of a DA-2K folder, image by image; `right` marks what a model got wrong."""
    annotations = {annotation.name: annotation for annotation in read_da2k(root)}
    names = (
        sorted(annotations, key=lambda name: -sum(not r for r in right[name]))
        if right
        else list(annotations)
    )

    def figure(name: str) -> Picture:
        image = read_image(Path(root) / name)
        return point_pairs(image, annotations[name], right[name] if right else None)

    return _over(figure, {"name": widgets.Dropdown(options=names, description="image")})
