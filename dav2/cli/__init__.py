"""`dav2`: every stage as a command. Signatures are the interface; jsonargparse makes the options."""

import sys
from collections.abc import Iterator
from itertools import takewhile
from json import dumps

from jsonargparse import auto_cli

from dav2.cli import annotate, course, data, evaluate, maps, networks
from dav2.cli.errors import GOES_ON, STOPPED, TERMINATED, sentence

COMMANDS = {
    "render": data.render,
    "data": {
        "_help": "Check sets and photographs, and pack them for training.",
        "check": data.check,
        "pack": data.pack,
    },
    "fit": networks.fit,
    "label": networks.label,
    "evaluate": {
        "_help": "Score any model on a benchmark, and compare two.",
        "da2k": evaluate.da2k,
        "compare": evaluate.compare,
        "relative": evaluate.relative,
    },
    "predict": maps.predict,
    "export": networks.export,
    "annotate": {
        "_help": "Make a benchmark like DA-2K of your own photographs.",
        "prepare": annotate.prepare,
        "open": annotate.open,
        "agreement": annotate.agreement,
        "export": annotate.export,
    },
    "course": {
        "_help": "Run, clean or check the lessons; student versions, grades, the site.",
        "run": course.run,
        "clean": course.clean,
        "check": course.check,
        "student": course.student,
        "grade": course.grade,
        "site": course.site,
    },
    "doctor": course.doctor,
}
# What people type first and without a name: `dav2 data check NAME DIR`. One name takes all.
POSITIONAL = {
    ("predict",): ("inputs",),
    ("fit",): ("recipe",),
    ("data", "check"): ("name", "root"),
    ("data", "pack"): ("name", "root"),
    ("evaluate", "compare"): ("a", "b"),
    ("course", "grade"): ("submissions",),
}


def _with_python_names(arguments: list[str]) -> Iterator[str]:
    """`--dry-run` -> `--dry_run true`: options are named as in Python, and people type dashes."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name, equals, value = argument.partition("=")
        if name.startswith("--"):
            argument = f"--{name[2:].replace('-', '_')}{equals}{value}"
        yield argument
        if argument == "--dry_run" and following.lower() not in ("true", "false"):
            yield "true"


def _as_options(arguments: list[str]) -> list[str]:
    """`fit teacher --run R` -> `fit --recipe teacher --run R`; see POSITIONAL.

    jsonargparse takes lists as options only, and here all arguments are options.
    """
    arguments = list(_with_python_names(arguments))
    for command, names in POSITIONAL.items():
        if tuple(arguments[: len(command)]) != command:
            continue
        rest = arguments[len(command) :]
        first = list(takewhile(lambda argument: not argument.startswith("-"), rest))
        rest = rest[len(first) :]
        if command == ("predict",):
            given = ["--inputs", dumps(first)] if first else []
        else:
            pairs = zip(names, first, strict=False)
            given = [text for name, one in pairs for text in (f"--{name}", one)]
            given += first[len(names) :]
        return [*command, *given, *rest]
    return arguments


def main() -> None:
    """The `dav2` command. Errors that a user can mend are printed in one sentence."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names of files may be no text
    try:
        auto_cli(COMMANDS, as_positional=False, prog="dav2", args=_as_options(sys.argv[1:]))
    except KeyboardInterrupt:
        print(f"dav2: stopped; {GOES_ON}", file=sys.stderr)
        sys.exit(STOPPED)
    except SystemExit as end:
        if type(end).__name__ == "SIGTERMException":  # Lightning's, which says that all is well
            print(f"dav2: ended by SIGTERM; {GOES_ON}", file=sys.stderr)
            sys.exit(TERMINATED)
        raise
    except Exception as error:
        if (said := sentence(error)) is None:
            raise
        sys.exit(f"dav2: {said}")
