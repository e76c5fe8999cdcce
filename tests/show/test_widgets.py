"""Widgets where no widget runs."""

import base64
import io

import numpy as np
from PIL import Image

from dav2.show.widgets import align_by_hand


def test_a_widget_is_its_default_picture_where_none_runs():
    rng = np.random.default_rng(0)
    widget = align_by_hand(rng.random((20, 30)), rng.random((20, 30)))
    bundle = widget._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    shown = base64.b64decode(bundle["image/png"])
    assert shown == widget.children[-1].value
    with Image.open(io.BytesIO(shown)) as picture:
        assert min(picture.size) > 100
    widget.children[0].value = 2.0
    assert base64.b64decode(widget._repr_mimebundle_()["image/png"]) != shown
