"""Labelled sets that other people made: where their frames lie and how their depth is encoded.

What each set is, its licence and its defects stand on its card, `datasets/<name>/README.md`.
"""

from dav2.data.frames import LabelledSet
from dav2.data.labelled.blendedmvs import BLENDEDMVS
from dav2.data.labelled.diode import DIODE
from dav2.data.labelled.eth3d import ETH3D
from dav2.data.labelled.hypersim import HYPERSIM
from dav2.data.labelled.irs import IRS
from dav2.data.labelled.kitti import KITTI
from dav2.data.labelled.motorcycle import MOTORCYCLE
from dav2.data.labelled.nyuv2 import NYUV2
from dav2.data.labelled.sintel import SINTEL
from dav2.data.labelled.tartanair import TARTANAIR
from dav2.data.labelled.vkitti2 import VKITTI2
from dav2.data.rendered import RENDERED

LABELLED: dict[str, LabelledSet] = {
    "rendered": RENDERED,
    # the paper's synthetic training sets
    "hypersim": HYPERSIM,
    "vkitti2": VKITTI2,
    "blendedmvs": BLENDEDMVS,
    "irs": IRS,
    "tartanair": TARTANAIR,
    # the paper's evaluation sets
    "nyuv2": NYUV2,
    "kitti": KITTI,
    "sintel": SINTEL,
    "eth3d": ETH3D,
    "diode": DIODE,
    # one photograph that comes with scikit-image
    "motorcycle": MOTORCYCLE,
}

__all__ = ["LABELLED"]
