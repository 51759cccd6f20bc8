# make lab · make test · make test-colab · make robust · make notebooks · make bench · make colab · make publish · make film
PYTHON ?= python3
PORT ?= 8888
RUN = .venv/bin/python
# Small tensors run fastest on one thread; progress bars would end up in the outputs that are compared.
export OMP_NUM_THREADS = 1
export TQDM_DISABLE = 1
export PYDEVD_DISABLE_FILE_VALIDATION = 1

.PHONY: lab test test-colab robust notebooks bench colab publish film environment clean

lab: environment ## open JupyterLab on the course
	@$(RUN) tools/lab.py "$(PORT)" $(ARGS)

test: environment ## everything that proves the course
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest

test-colab: environment ## helpers and notebooks in Colab's versions, and how Binder reads environment.yml
	@PYTHON=$(PYTHON) sh tools/make_venv.sh build/twin tests/colab.txt
	@PYTHON=$(PYTHON) sh tools/make_venv.sh build/repo2docker tests/repo2docker.txt
	$(RUN) -m pytest -q tests/colab_twin.py

robust: environment ## every claim again, under other seeds
	@for seed in 1 2 3 4 5 6 7 8 9 10; do \
	    echo "COURSE_SEED=$$seed"; \
	    COURSE_SEED=$$seed $(RUN) -m pytest -q notebooks || exit 1; \
	done

notebooks: environment ## execute and normalise the notebooks, and the tables of the READMEs
	$(RUN) tools/notebooks.py

bench: environment ## speed, as ratios in one run
	$(RUN) -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	$(RUN) benchmarks/run.py

colab: environment ## each notebook as one file that runs alone: build/colab
	$(RUN) -m tools.pack

publish: environment ## stamp the public address: make publish REPO=owner/name
	$(RUN) -m tools.publish $(REPO)

film: environment ## the README's moving picture, of a real panel in Chromium
	$(RUN) -m tools.film

environment:
	@PYTHON=$(PYTHON) sh tools/make_venv.sh

clean: ## remove what make built
	rm -rf .venv build .pytest_cache .ruff_cache
