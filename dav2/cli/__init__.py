"""`dav2`: every stage as a command. Signatures and docstrings are the interface; cyclopts reads them."""

import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import yaml
from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError
from cyclopts.config import Dict
from cyclopts.help import format_usage

from dav2 import __version__
from dav2.cli import annotate, course, data, evaluate, export, fit, label, predict, render
from dav2.cli.errors import GOES_ON, STOPPED, TERMINATED, sentence
from dav2.cli.options import ConfigFile, Quiet
from dav2.errors import UserError
from dav2.progress import QUIET

app = App(
    "dav2",
    version=__version__,
    help="Monocular depth: train teacher and student, label photographs, evaluate, predict.",
    help_format="markdown",
    suppress_keyboard_interrupt=False,
    # `--formats png npy`, and no `--empty-formats`
    default_parameter=Parameter(consume_multiple=True, negative_iterable=()),
)
for command in (
    predict.predict,
    render.render,
    fit.fit,
    fit.plan,
    label.label,
    export.export,
    course.doctor,
):
    app.command(command)
for name, help_text, commands in (
    ("data", "Check sets and photographs, and pack them for training.", (data.check, data.pack)),
    (
        "evaluate",
        "Score any model on a benchmark, and compare two.",
        (evaluate.da2k, evaluate.relative, evaluate.compare),
    ),
    (
        "annotate",
        "Make a benchmark like DA-2K of your own photographs.",
        (annotate.prepare, annotate.open, annotate.agreement, annotate.export),
    ),
    (
        "course",
        "Run, clean or check the lessons; student versions, grades, the site.",
        (course.run, course.clean, course.check, course.student, course.grade, course.site),
    ),
):
    group = app.command(App(name, help=help_text))
    for one in commands:
        group.command(one)
app.register_install_completion_command(add_to_startup=False)


@app.meta.default
def _with_common_options(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    config: ConfigFile = None,
    quiet: Quiet = False,
) -> None:
    os.environ.pop(QUIET, None)
    if quiet:
        os.environ[QUIET] = "1"
    if config:
        options = Dict(_read_config(config), use_commands_as_keys=False)
        options.source = str(config.resolve())
        app.config = (options,)
    app(tokens, print_error=False, exit_on_error=False, result_action="return_value")


app.meta.suppress_keyboard_interrupt = False  # we say ourselves what comes after Ctrl-C


def _read_config(path: Path) -> dict[str, Any]:
    """The options in a YAML file; a UserError names what is wrong with it."""
    from dav2.disk import read_text  # loads NumPy

    if not path.is_file():
        raise UserError(f"--config {path} is no file")
    try:
        options = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise UserError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(options, dict):
        raise UserError(f"{path} must hold options, such as seed: 1")
    for name in {"quiet", "config"} & options.keys():
        raise UserError(f"{path}: {name} can only be typed: --{name}")
    return options


def _say_what_is_wrong(error: CycloptsError) -> None:
    """The error, and the usage of the command that was meant."""
    said, chain = str(error), list(error.command_chain or ())
    usage = format_usage(app, chain).plain.strip()
    full = " ".join(["dav2", *chain, "--help"])
    if isinstance(error, UnusedCliTokensError):
        words = " ".join(error.unused_tokens or ())
        said = f"{words!r} belongs to no option (a switch is written --NAME or --no-NAME)"
    if "parameter INPUTS requires" in said:
        said += " (Before a list such as --formats png npy, or after --)"
    print(f"dav2: {said}\nusage: {usage}; see {full}", file=sys.stderr)


def main(arguments: list[str] | None = None) -> None:
    """The `dav2` command. Errors that a user can mend are printed in one sentence."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names of files may be no text
    warnings.formatwarning = lambda message, *_, **__: f"dav2: {message}\n"
    app.config = ()
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        app.meta(arguments, print_error=False, exit_on_error=False, result_action="return_value")
    except CycloptsError as error:
        _say_what_is_wrong(error)
        sys.exit(2)
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
