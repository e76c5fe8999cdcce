"""What an annotator sees and does, as plain values: the same for the notebook and for the page."""

import io
from collections.abc import Callable
from typing import Any

from PIL import Image

from dav2.annotate.session import Session
from dav2.data.photos import read_image
from dav2.errors import UserError
from dav2.evaluate.pairs import SCENES

LARGEST_SHOWN_PX = 4096  # of the longer side; points keep the original's pixels


def view(session: Session, message: str = "") -> dict[str, Any]:
    """All that `widget.js` shows but the picture. Who or what proposed a pair is not in it."""
    task = session.current
    return {
        "task": task and task.key,
        "image": task and task.image,
        "size": task and list(session.sizes[task.image]),
        "pair": task and task.pair and [list(point) for point in task.pair],
        "scene": task and session.scene(task.image),
        "scenes": list(SCENES),
        "done": len(session.answers),
        "total": len(session.answers) + len(session.remaining),
        "skipped": sum(answer["nearer"] is None for answer in session.answers),
        "message": message,
    }


def act(session: Session, wish: dict[str, Any]) -> dict[str, Any]:
    """Do what the annotator wishes, and give the new view.

    A wish names the task and the number of answers that its window showed. If these are not the
    session's any more (a second click, an old window), nothing is done.
    """
    shown = view(session)
    if (wish.get("task"), wish.get("done")) != (shown["task"], shown["done"]):
        return shown
    said: Callable[[str], Any] = wish.get  # anything; the session says what is wrong with it
    try:
        match said("do"):
            case "answer":
                session.answer(said("nearer"), said("pair"))
            case "skip":
                session.skip()
            case "undo":
                session.undo()
            case "scene":
                session.choose_scene(said("scene"))
            case other:
                raise UserError(f"unknown wish {other!r}")
    except (ValueError, OSError) as error:
        return view(session, str(error))
    return view(session)


def picture(session: Session) -> bytes:
    """The current picture, upright, as JPEG; empty at the end."""
    task = session.current
    if task is None:
        return b""
    shown = Image.fromarray(read_image(session.out / "pictures" / task.image))
    shown.thumbnail((LARGEST_SHOWN_PX, LARGEST_SHOWN_PX))
    buffer = io.BytesIO()
    shown.save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()
