import pytest

from tests.helpers.scenes import write_scenes


@pytest.fixture
def run(tmp_path):
    """A run that has its scenes and nothing else."""
    write_scenes(tmp_path / "run" / "scenes", 6)
    write_scenes(tmp_path / "run" / "scenes_validation", 2)
    return tmp_path / "run"
