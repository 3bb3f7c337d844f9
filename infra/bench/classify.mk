.PHONY: bench-classify train-classify
bench-classify: $(STAMP) ## Measure the classifier on invented mails.
	$(BIN)/python -m infra.bench.classify

train-classify: $(STAMP) ## Train the classifier's weights from the tuned half of the invented mails.
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m infra.bench.classify_train
