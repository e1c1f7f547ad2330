# livestream-tui: `make` shows what there is. `make run` puts a stream on air.

GO      ?= go
BINARY  := livestream-tui
IMAGE   ?= livestream-tui
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -X main.version=$(VERSION)
SERVICES := worker server1 server2 reporter discovery origin proxy
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.5.0
# The tests that start the whole platform as people do; they run alone and build
# the binary without -race, which would slow what they measure.
END_TO_END := .
FUZZTIME ?= 30s

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this help
	@echo "livestream-tui: a control room for a live stream that must not go down"
	@echo
	@awk -F':.*## ' '/^[a-z%-]+:.*## /{printf "  make %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  make run-local-SERVICE      One service with go run, without Docker: $(SERVICES)"
	@echo "  make run-SERVICE            One service in Docker (after make docker-build)"

.PHONY: build
build: ## Build ./livestream-tui
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) .

.PHONY: run
run: deps build ## Install what is missing, build, and start the dashboard
	./$(BINARY)

.PHONY: run-headless
run-headless: deps build ## The same platform with no terminal; events on standard output
	./$(BINARY) --headless

.PHONY: $(SERVICES:%=run-local-%)
$(SERVICES:%=run-local-%): run-local-%:
	$(GO) run main.go $*

.PHONY: test
test: deps ## Install what is missing and run every test
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	$(GO) test -race $$($(GO) list ./... | grep -v "^livestream-tui$$$$")
	$(GO) test -count=1 -timeout 10m -v $(END_TO_END)

.PHONY: soak
soak: deps ## Long tests: minute-long outages, many seams of the loop
	SOAK=1 $(GO) test -count=1 -timeout 60m -v $(END_TO_END)

.PHONY: bench
bench: deps ## Benchmarks; they report figures and assert nothing
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: lint
lint: ## Check the code's form (fetches golangci-lint the first time)
	$(GO) run $(GOLANGCI) run ./...

.PHONY: golden
golden: ## Write the screens' golden files anew; read the difference before you commit it
	$(GO) test ./tui -run Golden -update

.PHONY: fuzz
fuzz: ## Fuzz every parser for FUZZTIME (30s) each
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

.PHONY: docker-build
docker-build: ## Build the Docker image
	docker build --build-arg VERSION=$(VERSION) -t $(IMAGE) .

# One service of compose.yaml in the foreground; its dependencies come up too.
.PHONY: $(SERVICES:%=run-%)
$(SERVICES:%=run-%): run-%:
	mkdir -p input
	RUN_AS=$$(id -u):$$(id -g) docker compose up --no-build $*

.PHONY: clean
clean: ## Remove the binary and the stream's segments; your films stay
	rm -rf $(BINARY) output

# deps installs what running and testing need and what is missing, and says so.
# Without root or sudo it prints the command instead.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo "sudo -n")
.PHONY: deps
deps:
	@if command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null; then exit 0; fi; \
	if command -v apt-get >/dev/null; then \
	  echo "ffmpeg is missing: installing it with apt-get"; \
	  if [ "$$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then \
	    echo "that needs root; run: sudo apt-get update && sudo apt-get install -y ffmpeg" >&2; exit 1; fi; \
	  $(SUDO) apt-get update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ffmpeg; \
	elif command -v brew >/dev/null; then \
	  echo "ffmpeg is missing: installing it with brew"; brew install ffmpeg; \
	else \
	  echo "ffmpeg is missing: install ffmpeg 5 or newer (with ffprobe) with your system's packages, then try again" >&2; exit 1; \
	fi
