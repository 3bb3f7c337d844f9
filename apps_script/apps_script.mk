# The Gmail pusher: lint and tests under Node 20.19 or later. Included by the Makefile; paths are from the repository's root.
APPS := apps_script
APPS_STAMP := $(APPS)/node_modules/.installed

$(APPS_STAMP): $(APPS)/package.json $(APPS)/package-lock.json
	@cd $(APPS) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test-apps-script bench-apps-script pusher
pusher: ## Write the Gmail pusher as two files to paste into build/pusher.
	@mkdir -p build/pusher && cat $(APPS)/src/*.js > build/pusher/Code.gs && cp $(APPS)/appsscript.json build/pusher/
	@echo "Paste build/pusher/Code.gs and build/pusher/appsscript.json at https://script.google.com ($(APPS)/README.md)"

test-apps-script: $(APPS_STAMP) ## Lint and test the Gmail pusher under Node.
	@cd $(APPS) && node_modules/.bin/eslint . && node --test test/*.test.js

bench-apps-script: ## Print how many mails a minute the consumer quota allows, from counted calls.
	@node $(APPS)/test/quota.js
