# The language layer of the anonymize function: `make layer` builds it, `make layer-prove` runs it in a clean interpreter.
.PHONY: layer layer-prove
layer: $(STAMP) ## Build the Lambda layer (build/layer/layer.zip) and report its sizes.
	$(BIN)/python -m infra.layer.build --out build/layer

layer-prove: $(STAMP) ## Run the packaged layer on the test mails, outside the development environment.
	$(BIN)/python -m infra.layer.prove --layer build/layer
