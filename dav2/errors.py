"""The one class of errors that a user can mend, and what may have been meant."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """Something that was given is wrong: the message names it, and the fix where there is one.

    The command line prints the message alone. Every other error is ours and keeps its traceback.
    """


def nearest(name: str, known: Iterable[str]) -> str:
    """Say what may have been meant, as the end of a sentence; else all that there is."""
    known = list(known)
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
