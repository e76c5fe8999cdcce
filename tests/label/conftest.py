import pytest

from tests.helpers.labelling import make_teacher


@pytest.fixture
def teacher():
    return make_teacher()
