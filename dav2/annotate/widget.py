"""The notebook's widget over a `Session`; all it does on the screen is in `widget.js`."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from dav2.annotate.desk import act, picture, view
from dav2.annotate.session import Session


class Annotate(anywidget.AnyWidget):
    """Ask an annotator, pair by pair; every answer is saved before the next question is shown.

    Shown again after a restart of the kernel or a reload of the page, it goes on where it stopped.

    Args:
        out: a folder of `prepare_tasks`.
        annotator: names the file of answers.
    """

    _esm = Path(__file__).with_name("widget.js")
    _css = Path(__file__).with_name("widget.css")
    view = traitlets.Dict().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)

    def __init__(self, out: Path | str, annotator: str):
        super().__init__()
        self.session = Session(out, annotator)
        self.on_msg(self._on_message)
        self._show(view(self.session))

    def _show(self, new: dict[str, Any]) -> None:
        with self.hold_sync():
            if new["image"] != self.view.get("image"):
                self.picture = picture(self.session)
            # Without a number, a repeated error would be no change, and the page would wait for one.
            self.view = {**new, "turn": self.view.get("turn", 0) + 1}

    def _on_message(self, _: Any, wish: dict[str, Any], __: Any) -> None:
        self._show(act(self.session, wish))
