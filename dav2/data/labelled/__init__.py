"""Labelled sets that other people made: where their frames lie and how their depth is encoded.

What each set is, its licence and its defects stand on its card, `datasets/<name>/README.md`.
"""

from pathlib import Path

from dav2.data.frames import LabelledSet
from dav2.data.labelled.blendedmvs import BLENDEDMVS
from dav2.data.labelled.diode import DIODE
from dav2.data.labelled.eth3d import ETH3D
from dav2.data.labelled.hypersim import HYPERSIM, hypersim
from dav2.data.labelled.irs import IRS
from dav2.data.labelled.kitti import KITTI
from dav2.data.labelled.moge import MOGE
from dav2.data.labelled.motorcycle import MOTORCYCLE
from dav2.data.labelled.nyuv2 import NYUV2
from dav2.data.labelled.rgbd import rgbd
from dav2.data.labelled.sintel import SINTEL
from dav2.data.labelled.tartanair import TARTANAIR
from dav2.data.labelled.vkitti2 import VKITTI2
from dav2.data.rendered import RENDERED
from dav2.errors import UserError
from dav2.lookup import find_named

TRAINING = (HYPERSIM, VKITTI2, BLENDEDMVS, IRS, TARTANAIR)  # the paper's synthetic sets
EVALUATION = (NYUV2, KITTI, SINTEL, ETH3D, DIODE)  # the paper's
# MOGE are copies of evaluation sets, MOTORCYCLE is one photograph that comes with scikit-image.
LABELLED: dict[str, LabelledSet] = {
    labelled.name: labelled
    for labelled in (RENDERED, *TRAINING, *EVALUATION, MOGE, MOTORCYCLE, rgbd())
}


def find_labelled(
    name: str,
    depth_scale: float | None = None,
    part: str | None = None,
    cameras: Path | None = None,
) -> LabelledSet:
    """Find a labelled set by name, or as `module:name` of one's own.

    Args:
        depth_scale: of `rgbd`: steps a metre in its 16-bit PNGs.
        part: of sets that have parts, see `LabelledSet.parts`.
        cameras: of `hypersim`: the table of its cameras, if it does not lie in its folder.

    Raises:
        UserError: there is no such set, or it takes no depth scale, no such part or no cameras.
    """
    found = _opened(name, depth_scale, cameras)
    return found if part is None else found.of_part(part)


def _opened(name: str, depth_scale: float | None, cameras: Path | None) -> LabelledSet:
    if cameras is not None:
        if name != "hypersim":
            raise UserError(f"a table of cameras is of set hypersim, {name} has none")
        return hypersim(cameras)
    if depth_scale is not None:
        if name != "rgbd":
            raise UserError(f"the depth scale is of set rgbd, {name} has its own")
        return rgbd(depth_scale)
    found = find_named(name, LABELLED, "set")
    if not isinstance(found, LabelledSet):
        raise UserError(f"{name} is no dav2.data.LabelledSet but {type(found).__name__}")
    return found._replace(name=name)


__all__ = ["LABELLED", "find_labelled", "hypersim", "rgbd"]
