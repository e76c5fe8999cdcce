"""`dav2 label`: what people are told."""

import pytest

from dav2.cli.label import label
from dav2.data.photos import find_images
from dav2.manifests import read_manifest
from tests.helpers.labelling import make_teacher
from tests.helpers.photographs import tar_bytes, write_files


@pytest.fixture(autouse=True)
def _open(monkeypatch):
    monkeypatch.setattr(
        "dav2.infer.open_predictor",
        lambda *_, batch_size, **__: make_teacher(batch_size=batch_size),
    )


def test_a_folder(photo_folder, tmp_path, capsys):
    for name in ("x.jpg", "y.jpg"):
        (photo_folder / name).write_text("no picture")
    label(model="teacher", images=photo_folder, out=tmp_path / "labels", photos_per_shard=3)
    said = capsys.readouterr().out
    manifest = read_manifest(tmp_path / "labels")
    assert "4 labelled, 2 set aside, 2 shards" in said
    assert said.count("unknown format") == 1
    assert "and 1 more like it" in said
    jpg, png = manifest["jpg_bytes"] / 4000, manifest["png_bytes"] / 4000
    assert f"per photograph: {jpg:.1f} kB of image, {png:.1f} kB of label" in said
    assert "this call: 4 labelled in" in said
    assert (tmp_path / "labels" / "sheet-00000.png").stat().st_size > 10_000
    label(
        model="teacher", images=photo_folder, out=tmp_path / "labels", photos_per_shard=3, sheets=0
    )
    said = capsys.readouterr().out
    assert "4 labelled" in said
    assert "this call" not in said
    assert "sheet" not in said


def test_a_collection(photo_folder, tmp_path, capsys):
    members = {
        f"sa_{number}.jpg": path.read_bytes()
        for number, path in enumerate(find_images(photo_folder))
    }
    root = write_files(tmp_path / "set", {"sa_000000.tar": tar_bytes(members)})
    label(
        model="teacher",
        images=root,
        out=tmp_path / "labels",
        collection="sa1b",
        batch_size=2,
        sheets=0,
    )
    assert read_manifest(tmp_path / "labels")["labelled"] == 4
    assert "4 labelled, 0 set aside" in capsys.readouterr().out


def test_without_ray_the_extra_is_named(photo_folder, tmp_path, monkeypatch):
    def missing(module):
        raise ModuleNotFoundError(module)

    monkeypatch.setattr("dav2.optional.import_module", missing)
    with pytest.raises(ModuleNotFoundError, match=r"needs Ray: pip install 'dav2\[ray\]'"):
        label(model="teacher", images=photo_folder, out=tmp_path / "labels", ray=2)
    assert not (tmp_path / "labels").exists()
