# The dashboard in a headless Chromium that npm brings (no browser of the machine). Included by the Makefile; paths from its root.
BROWSER := tests/browser
BROWSER_STAMP := $(BROWSER)/node_modules/.installed

$(BROWSER_STAMP): $(BROWSER)/package.json $(BROWSER)/package-lock.json $(BROWSER)/unpack.mjs
	@cd $(BROWSER) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && node unpack.mjs
	@touch $@

.PHONY: test-browser screenshots
test-browser: $(BROWSER_STAMP) ## Test the dashboard in headless Chromium: keyboard, forms, colours, accessibility.
	@limit=$$($(BIN)/python -m infra.local.patience 120000) && cd $(BROWSER) && MAILROOM_PYTHON="$(CURDIR)/$(BIN)/python" node --test --test-timeout=$$limit dashboard.test.mjs

screenshots: $(BROWSER_STAMP) ## Take the pictures of the dashboard for docs/ again.
	@MAILROOM_PYTHON="$(CURDIR)/$(BIN)/python" node $(BROWSER)/screenshots.mjs docs
