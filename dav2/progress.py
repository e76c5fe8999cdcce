"""Whether progress is shown."""

import os

QUIET = "DAV2_QUIET"  # set by `dav2 --quiet`, and inherited by workers


def is_hidden(progress: bool) -> bool:
    """Whether a bar is to stay away: the caller does not want it, or nobody does."""
    return not progress or os.environ.get(QUIET, "0") != "0"
