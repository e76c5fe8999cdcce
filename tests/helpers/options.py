"""Options as they are typed."""

from dav2.scale import SCALES


def as_options(numbers: dict, stage: str) -> list[str]:
    """Spell numbers of a scale as they are typed for one stage: {"teacher.steps": 8} -> --steps 8."""
    own = {
        key: value
        for key, value in numbers.items()
        if key.split(".")[0] not in SCALES["lab"].stages
    }
    own |= {
        key.removeprefix(f"{stage}."): value
        for key, value in numbers.items()
        if key.startswith(f"{stage}.")
    }
    words = []
    for name, value in own.items():
        option = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
            continue
        values = value if isinstance(value, list | tuple) else [value]
        words += [f"--{option}", *(str(one) for one in values)]
    return words
