# Two commands: `make course` and `make test`. SCALE=smoke|lab chooses the size of the course.
SCALE ?= lab
SEED ?= 0
PYTHON ?= python3
BIN := .venv/bin

.PHONY: course test lowest site lint clean help

help:
	@echo "make course   render, train, label, distil, evaluate; SCALE=smoke (minutes) or lab (40 to 60 minutes)"
	@echo "make test     the whole test suite"
	@echo "make lowest   the fast tests with the lowest versions that pyproject.toml allows"
	@echo "make site     the lessons of a run, tutorials, cards, reference as web pages in runs/site/html"
	@echo "make lint     style and types of Python, style of notebooks"

# .venv/course: what the course needs. .venv/all: everything.
.venv/%: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -q -e '.[$*]' -c constraints.txt
	$(BIN)/python -c ''  # the first start finishes LLVM's wheel and loads pip, beside which setuptools (nbgrader) fails
	touch $@ .venv/course

course: .venv/course
	$(BIN)/dav2 doctor
	$(BIN)/dav2 course run --scale $(SCALE) --seed $(SEED)

EXPORTS := tests/infer/test_export.py tests/infer/test_preprocessing.py

# A process for each core, and no threads that fight for them.
test: export OMP_NUM_THREADS = 1
test: .venv/all
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadgroup $(EXPORTS:%=--ignore=%)
	$(BIN)/python -m pytest $(EXPORTS)  # apart: with OpenVINO's tests in the same call, a process crashed where litdata's fork

# Another installation, in runs/lowest.
lowest:
	$(PYTHON) -m venv runs/lowest
	runs/lowest/bin/python -m pip install --disable-pip-version-check -q uv
	runs/lowest/bin/uv pip install -q --python runs/lowest --resolution lowest-direct -e '.[all]'
	runs/lowest/bin/python -c ''  # as above
	runs/lowest/bin/python -m pytest -m 'not slow'

site: .venv/all
	$(BIN)/dav2 course site

lint: .venv/all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/dav2 course check
	$(BIN)/dav2 course check --notebooks tutorials

clean:
	rm -rf .venv runs
