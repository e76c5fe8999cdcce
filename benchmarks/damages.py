"""How `benchmarks/fuzz.py` damages files: in every way that disks, networks and strangers do."""

import io
import json
import random
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HUGE = [
    struct.pack(order, number)
    for number in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1)
    for order in (("<I", ">I", "<Q", ">Q") if number < 1 << 32 else ("<Q", ">Q"))
]
NAMES = (
    "../escaped",
    "../../escaped",
    "{}/escaped",
    "a/../../../escaped",
    "..\\escaped",
    "",
    "x" * 4000,
)
# What JSON may hold in place of a value; text in <> stands for what Python would not write.
ODD = [
    *(None, "", "x", "../x", "/x", "\0", "x" * 10_000, True, -1, 0, 0.5, 1 << 70),
    *([], {}, [[]], [None], {"x": None}, "<deep>", "<digits>", "<inf>", "<nan>"),
]  # fmt: skip
SPELLED = {
    '"<deep>"': "[" * 100_000 + "]" * 100_000,
    '"<digits>"': "9" * 5000,
    '"<inf>"': "1e999",
    '"<nan>"': "NaN",
}
Damaged = tuple[str, bytes]  # how it was damaged, and what is left


def damage_bytes(content: bytes, rng: random.Random) -> Damaged:
    """Cut off, overwrite, repeat, remove or append."""
    size = len(content)
    front = rng.random() < 0.5  # where headers are
    first = rng.randrange(min(size, 256) if front else size)
    end = min(size, first + rng.choice((1, 4, 64, 1024, size)))
    part, rest = content[first:end], content[end:]
    kind = rng.choice(
        ["cut", "empty", "zeros", "bits", "noise", "repeat", "remove", "number", "grow"]
    )
    if kind == "bits":
        flipped = bytearray(content)
        for _ in range(rng.randint(1, 8)):
            flipped[rng.randrange(first, size)] ^= 1 << rng.randrange(8)
        return f"{kind} from {first}", bytes(flipped)
    number = rng.choice(HUGE)
    middle = {
        "zeros": bytes(len(part)),
        "noise": rng.randbytes(len(part)),
        "repeat": part + part,
        "number": number,
        "grow": part,
    }.get(kind, b"")
    rest = {"cut": b"", "number": content[first + len(number) :]}.get(kind, rest)
    left = content[:first] + middle + rest + (rng.randbytes(700) if kind == "grow" else b"")
    return f"{kind} {first}:{end}", b"" if kind == "empty" else left


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Container and key of every value in JSON."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


def damage_json(content: bytes, rng: random.Random) -> Damaged:
    """One value of another kind, missing, or one key too many."""
    root = [json.loads(content)]
    container, key = rng.choice(list(_places(root)))
    kind = rng.choice(["odd", "odd", "odd", "missing", "extra"])
    if kind == "odd" or container is root:
        container[key] = odd = rng.choice(ODD)
        said = f"{key!r} is {odd!r:.30}"
    elif kind == "missing":
        del container[key]
        said = f"without {key!r}"
    else:
        extra = rng.choice(ODD)
        container.update(extra=extra) if isinstance(container, dict) else container.append(extra)
        said = f"{extra!r:.30} beside {key!r}"
    text = json.dumps(root[0])
    for word, spelled in SPELLED.items():
        text = text.replace(word, spelled)
    return said, text.encode()


def _evil(rng: random.Random) -> str:
    return rng.choice(NAMES).format(Path.cwd())


def damage_zip(content: bytes, rng: random.Random) -> Damaged:
    """A member of another name, missing, twice or damaged, or false claims in the directory."""
    place, width = rng.choice([(8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (30, 2), (42, 4)])
    if rng.random() < 0.5:
        entries = [i for i in range(len(content)) if content.startswith(b"PK\x01\x02", i)]
        at = rng.choice(entries) + place
        claim = rng.choice((b"\0" * width, b"\xff" * width, rng.randbytes(width)))
        return f"{claim!r} at {place} of an entry", content[:at] + claim + content[at + width :]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    made = io.BytesIO()
    said = _change(members, rng)
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w") as archive:
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, data in members:
            archive.writestr(name or "/", data)
    return said, made.getvalue()


def damage_tar(content: bytes, rng: random.Random) -> Damaged:
    """A member of another name, missing, twice or damaged, a link, or one of an absurd size."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        members = [(entry.name, tar.extractfile(entry).read()) for entry in tar]
    made = io.BytesIO()
    said = _change(members, rng)
    odd = rng.randrange(len(members) * 3) if members else 0
    with tarfile.open(fileobj=made, mode="w") as tar:
        for number, (name, data) in enumerate(members):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            if number == odd:
                entry.type = rng.choice((tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.GNUTYPE_SPARSE))
                entry.linkname = "/etc/hostname"
            if number == odd - 1:
                entry.size = rng.choice((1 << 33, 1 << 60, len(data) + 1))
            tar.fileobj.write(entry.tobuf() + data + bytes(-len(data) % 512))
    return f"{said}, {odd}", made.getvalue()


def _change(members: list[tuple[str, bytes]], rng: random.Random) -> str:
    index = rng.randrange(len(members))
    name, data = members[index]
    kind = rng.choice(["name", "missing", "twice", "damaged", "damaged"])
    if kind == "missing":
        del members[index]
    elif kind == "twice":
        members.append((name, data[::-1]))
    elif kind == "name":
        members[index] = _evil(rng), data
    else:
        how, left = damage_bytes(data, rng) if data else ("grown", b"x")
        members[index], kind = (name, left), how
    return f"{name}: {kind}"


SPECIAL: dict[str, Callable[[bytes, random.Random], Damaged]] = {
    **dict.fromkeys((".json", ".ipynb"), damage_json),
    **dict.fromkeys((".zip", ".npz", ".sh3f", ".pth", ".ckpt"), damage_zip),
    ".tar": damage_tar,
}


def damage(path: Path, content: bytes, rng: random.Random) -> Damaged:
    """Damage a file's content, as its kind may be."""
    special = SPECIAL.get(path.suffix)
    return (special if special and rng.random() < 0.6 else damage_bytes)(content, rng)
