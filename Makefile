# make lab · make test · make page · make test-page · make test-colab · make robust · make mutants · make notebooks · make bench · make colab · make publish · make film
PYTHON ?= python3
AGAIN ?=
PORT ?= 8888
RUN = .venv/bin/python
WORKERS ?= 2
SEEDS ?= 1 2 3 4 5 6 7 8 9 10
# Small tensors run fastest on one thread.
export OMP_NUM_THREADS = 1
export PYDEVD_DISABLE_FILE_VALIDATION = 1

# With AGAIN=1 what failed in a browser is tried once more; what fails twice fails.
in_browser = $(RUN) -m pytest $(1)$(if $(AGAIN), || $(RUN) -m pytest --last-failed --last-failed-no-failures=none $(1))

# Progress bars would end up in the outputs that are compared; a learner has them.
test page test-page test-colab robust mutants notebooks bench film: export TQDM_DISABLE = 1

.PHONY: lab test page test-page test-colab robust mutants notebooks bench colab publish film environment clean

lab: environment ## open JupyterLab on the learner's copies: my_notebooks
	@$(RUN) -m tools.lab "$(PORT)" $(ARGS)

test: environment ## everything that proves the course
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest -n $(WORKERS) --dist loadscope notebooks
	$(RUN) -m pytest -n $(WORKERS) --dist loadgroup -m "not browser and not live and not page" tests
	$(call in_browser,-n $(WORKERS) --dist loadgroup -m "browser or live" tests)

page: environment ## the web edition, which needs no kernel, no network and no server: build/page/index.html; one notebook's panels anew: make page ONLY=…
	$(RUN) -m pip install --quiet --disable-pip-version-check -r page/requirements.txt
	$(RUN) -m page.record build/recordings $(ONLY)
	$(RUN) -m page.build

test-page: environment ## the web edition that make page built, in a real browser
	$(call in_browser,-n $(WORKERS) --dist load -m page tests/test_page.py tests/test_page_panels.py)

test-colab: environment ## helpers and notebooks in Colab's versions, and how Binder reads environment.yml
	@"$(PYTHON)" -m tools.course environment build/twin tests/colab.txt
	@"$(PYTHON)" -m tools.course environment build/repo2docker tests/repo2docker.txt
	$(RUN) -m pytest -q -n $(WORKERS) tests/colab_twin.py

robust: environment ## every claim and every panel's goal again, under other seeds: make robust SEEDS="1 2"
	@for seed in $(SEEDS); do \
	    echo "COURSE_SEED=$$seed"; \
	    COURSE_SEED=$$seed $(RUN) -m pytest -q -n $(WORKERS) --dist loadscope notebooks || exit 1; \
	    COURSE_SEED=$$seed COURSE_CORNERS=0 COURSE_BROWSER=none \
	        $(RUN) -m pytest -q -n $(WORKERS) --dist loadgroup -m live -k survive_a_sweep tests || exit 1; \
	done

mutants: environment ## plant mistakes and see them noticed: make mutants SAMPLE=24
	SAMPLE=$(SAMPLE) $(RUN) -m tests.mutants

notebooks: environment ## execute and normalise the notebooks; CLAIMS.md and the tables for teachers: make notebooks ONLY=…
	$(RUN) -m tools.notebooks $(ONLY)
	$(RUN) -m tools.tables

bench: environment ## speed, as ratios in one run
	$(RUN) -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	$(RUN) -m benchmarks.run

colab: environment ## each notebook as one file that runs alone: build/colab
	$(RUN) -m tools.pack

publish: environment ## stamp the public address: make publish REPO=owner/name
	$(RUN) -m tools.publish $(REPO)

film: environment ## the README's moving picture, of a real panel in Chromium
	$(RUN) -m tools.film

environment:
	@for python in "$(PYTHON)" .venv/bin/python; do \
	    if command -v "$$python" >/dev/null; then exec "$$python" -m tools.course environment; fi; \
	done; \
	echo "make: no $(PYTHON) here; install Python 3.11 or newer, or name one: make PYTHON=python3.12 lab" >&2; exit 1

clean: ## remove what make built
	rm -rf .venv build .pytest_cache .ruff_cache
