# The privacy bench: its data and Faker live in a folder of their own, not in the development environment.
BENCH_PRIVACY := .mailroom/bench-privacy
FAKER         := faker==40.54.0
SENTENCES     := presidio-evaluator==0.3.2

.PHONY: bench-privacy
bench-privacy: $(STAMP) $(BENCH_PRIVACY)/.fetched ## Measure the anonymizer against stock Presidio.
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 BLIS_NUM_THREADS=1 PYTHONPATH=$(BENCH_PRIVACY)/lib $(BIN)/python -W ignore -m infra.bench.privacy --public $(BENCH_PRIVACY)/synth_dataset_v2.json --out .mailroom/bench-privacy.json

# presidio-research's 1,500 sentences (MIT) ship in its source package alone; nothing of the package is run here.
$(BENCH_PRIVACY)/.fetched:
	@mkdir -p $(BENCH_PRIVACY)/lib $(BENCH_PRIVACY)/source
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(BENCH_PRIVACY)/lib $(FAKER)
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest $(BENCH_PRIVACY)/source $(SENTENCES)
	@tar -xzf $(BENCH_PRIVACY)/source/presidio_evaluator-0.3.2.tar.gz -C $(BENCH_PRIVACY)/source presidio_evaluator-0.3.2/data/synth_dataset_v2.json
	@cp $(BENCH_PRIVACY)/source/presidio_evaluator-0.3.2/data/synth_dataset_v2.json $(BENCH_PRIVACY)/
	@touch $@
