# livestream-tui: `make` shows what there is. `make run` puts a stream on air.

GO      ?= go
BINARY  := livestream-tui
IMAGE   ?= livestream-tui
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -X main.version=$(VERSION)
SERVICES := worker server1 server2 reporter discovery origin proxy viewer
# And those of other layouts, which compose.yaml does not have.
LOCAL := $(SERVICES) receiver engine
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.5.0
# The tests that start the whole platform as people do; they build the binary without -race,
# which would slow what they watch. Those that wait more than they work run beside each other,
# those that measure what browsers and players show on their own.
BESIDE_OTHERS := ./test/e2e ./test/metrics
ON_THEIR_OWN := ./test/upstreams ./test/page ./test/pictures ./test/cluster
END_TO_END := $(BESIDE_OTHERS) $(ON_THEIR_OWN)
# What runs without the race detector as well: tests that it makes too slow and that skip
# themselves or do less with it, and those of a network in memory, which have one processor
# with it.
TOO_SLOW_WITH_RACE := ./tui ./services/proxy ./services/proxy/cache ./services/proxy/fetch \
  ./services/proxy/forward ./services/proxy/upstream ./services/proxy/verdict ./services/receiver/program
# What runs only without it: one goroutine does all of it, and there is nothing to detect.
ONE_GOROUTINE := ./layouts ./procs/cluster/clock ./procs/cluster/registry ./procs/drill ./procs/drill/report \
  ./procs/journal/summary ./procs/machine ./procs/onair ./procs/platform/model \
  ./procs/platform/series ./procs/samefile ./services ./services/hls/codec \
  ./services/hls/container ./services/hls/failover ./services/hls/fmp4 ./services/hls/health \
  ./services/hls/ingest ./services/hls/m3u8 ./services/hls/media ./services/hls/mpegts \
  ./services/kit/event ./services/kit/handover ./services/kit/report ./services/kit/signals \
  ./services/kit/text ./services/proxy/hint ./services/proxy/multivariant ./services/proxy/stream \
  ./services/proxy/timeline ./services/proxy/trouble ./services/proxy/uri \
  ./services/receiver/clock ./services/receiver/input/mpegts ./services/receiver/input/tracks \
  ./services/receiver/sample ./services/receiver/segment ./services/receiver/state \
  ./services/worker/input ./services/worker/input/films/folder ./services/worker/mezzanine \
  ./services/worker/segmenter ./test/kubernetes ./test/structure ./tui/canvas ./tui/logbook \
  ./tui/panel ./tui/preferences ./tui/scene ./tui/trouble
# The packages that take longest begin first, or one of them would be alone at the end.
LONGEST := ./tui ./services/proxy ./services/cluster/clustertest ./services/worker/transcoder ./services/worker ./services/receiver ./procs/cluster
FUZZTIME ?= 30s
# Of make flaky: how often each package's tests run, for how many seconds at most,
# beside how many loops that keep a core busy each, and which packages (the
# end-to-end tests take a machine of their own).
FLAKY_RUNS  ?= 50
FLAKY_TIME  ?= 1200
FLAKY_LOOPS ?= $(shell getconf _NPROCESSORS_ONLN)
PKGS        ?= $(filter-out livestream-tui/test/bench $(END_TO_END:./%=livestream-tui/%),$(shell $(GO) list ./...))
# The types of Kubernetes take as long to compile as all else, and are the same everywhere.
ON_MACOS     = $(filter-out livestream-tui/test/kubernetes,$(shell $(GO) list ./...))
WITH_RACE    = $(LONGEST) $(filter-out $(LONGEST:./%=livestream-tui/%) $(ONE_GOROUTINE:./%=livestream-tui/%),$(PKGS))

# The player of browsers: for the tests that play in Chromium, and for the proxy's page,
# which has it where it is in PAGE_JS when the binary is built.
HLS_VERSION := 1.7.4
HLS_JS  := node_modules/hls.js/dist/hls.min.js
PAGE_JS := services/proxy/page/files/hls.min.js

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this help
	@echo "livestream-tui: a control room for a live stream that must not go down"
	@echo
	@awk -F':.*## ' '/^[a-z%-]+:.*## /{printf "  make %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  make run-local-SERVICE      One service with go run, without Docker: $(LOCAL)"
	@echo "  make run-SERVICE            One service in Docker (after make docker-build)"

.PHONY: build
build: page ## Build ./livestream-tui
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) .

# Without npm, or without a network, the binary is built all the same.
.PHONY: page
page:
	@grep -qs '"$(HLS_VERSION)"' $(PAGE_JS) || { command -v npm >/dev/null && $(MAKE) --no-print-directory --always-make $(PAGE_JS); } || \
	  echo "without hls.js: the proxy's page plays only where the browser can by itself; with npm, make build adds it"

$(PAGE_JS):
	@grep -qs '"$(HLS_VERSION)"' $(HLS_JS) || { echo "fetching hls.js $(HLS_VERSION) with npm"; \
	  npm install --no-save --no-package-lock --no-audit --no-fund --silent --ignore-scripts --fetch-retries=1 --fetch-retry-mintimeout=1000 hls.js@$(HLS_VERSION); }
	@cp $(HLS_JS) $@

.PHONY: run
run: deps build ## Install what is missing, build, and start the dashboard
	./$(BINARY)

.PHONY: run-headless
run-headless: deps build ## The same platform with no terminal; events on standard output
	./$(BINARY) --headless

.PHONY: $(LOCAL:%=run-local-%)
$(LOCAL:%=run-local-%): run-local-%:
	$(GO) run main.go $*

# Each step is a title and a command; test/progress tells how far they are.
.PHONY: test
test: ## Install what is missing and run every test
	@$(GO) run ./test/progress \
	  'what the tests need' 'make --no-print-directory test-deps $(HLS_JS) $(PAGE_JS)' \
	  'go vet' '$(GO) vet ./...' \
	  'go vet for macOS' 'GOOS=darwin $(GO) vet $(ON_MACOS)' \
	  'the packages, with the race detector' 'GORACE=atexit_sleep_ms=100 $(GO) test -json -race -vet=off -p 3 -timeout 10m $(WITH_RACE)' \
	  'without it: what it makes too slow, or has nothing to detect' '$(GO) test -json -vet=off -p 4 -timeout 5m $(TOO_SLOW_WITH_RACE) $(ONE_GOROUTINE)' \
	  'the platform, end to end' '$(GO) test -json -v -vet=off -count=1 -timeout 20m -p 2 -parallel 4 $(BESIDE_OTHERS)' \
	  'the platform, in browsers and players, and on three machines' '$(GO) test -json -v -vet=off -count=1 -timeout 20m -p 1 -parallel 3 $(ON_THEIR_OWN)'

# The loops last as long as the shell; stop ends them and the test by their pids, after
# an interrupt too, which wait does not sleep through.
.PHONY: flaky
flaky: test-deps ## Run each package's tests FLAKY_RUNS (50) times, for FLAKY_TIME (1200) seconds at most, on a busy machine; tell what fails (PKGS="./procs ./tui")
	@work=$$(mktemp -d); run=; busy=; \
	stop() { kill $$busy $$run 2>/dev/null; rm -rf $$work; }; \
	trap stop EXIT; trap 'exit 130' INT TERM HUP; \
	for loop in $$(seq $(FLAKY_LOOPS)); do \
	  while kill -0 $$$$; do :; done 2>/dev/null & busy="$$busy $$!"; \
	done; \
	printf '%-50s %5s %9s\n' package runs failures; \
	for pkg in $$($(GO) list $(PKGS)); do \
	  rm -f $$work/test; $(GO) test -race -c -o $$work/test $$pkg >$$work/built 2>&1 || { cat $$work/built; exit 1; }; \
	  [ -x $$work/test ] || continue; \
	  dir=$$($(GO) list -f '{{.Dir}}' $$pkg); runs=0; failures=0; began=$$(date +%s); \
	  while [ $$runs -lt $(FLAKY_RUNS) ] && [ $$(($$(date +%s) - began)) -lt $(FLAKY_TIME) ]; do \
	    runs=$$((runs + 1)); \
	    (cd $$dir && exec $$work/test -test.timeout $(FLAKY_TIME)s) >$$work/said 2>&1 & run=$$!; \
	    wait $$run || { failures=$$((failures + 1)); { echo; echo "$$pkg, run $$runs:"; cat $$work/said; } >>$$work/failed; }; \
	    run=; \
	  done; \
	  printf '%-50s %5d %9d\n' $$pkg $$runs $$failures; \
	done; \
	[ ! -e $$work/failed ] || { cat $$work/failed; exit 1; }

.PHONY: soak
soak: test-deps $(HLS_JS) $(PAGE_JS) ## Long tests: ten minutes of random faults, minute-long outages, many seams of the loop
	SOAK=1 $(GO) test -count=1 -timeout 120m -p 1 -v $(END_TO_END)

.PHONY: cluster
cluster: test-deps ## Three machines as network namespaces, each fault between them CLUSTER_ROUNDS (10) times, and changes under players: a table
	CLUSTER_ROUNDS=$${CLUSTER_ROUNDS:-10} $(GO) test -count=1 -timeout 240m -v -run '^Test(ThreeMachines|MachinesComeAndGo)$$' ./test/cluster

.PHONY: upstreams
upstreams: test-deps $(HLS_JS) ## Real packagers and players, a kill in each, beside nginx: a table of what was shown (BIN=path for another binary)
	UPSTREAMS=1 $(GO) test -count=1 -timeout 20m -v -run '^TestUpstreams$$' ./test/upstreams

.PHONY: bench
bench: bench-deps ## Benchmarks, the platform's costs, the proxy beside its peers (BENCH_ROUNDS=3): figures, no verdicts
	$(GO) test -run '^$$' -bench . -benchmem ./...
	BENCH=1 $(GO) test -count=1 -timeout 90m -v ./test/bench

.PHONY: lint
lint: ## Check the code's form (fetches golangci-lint the first time)
	$(GO) run $(GOLANGCI) run ./...

.PHONY: golden
golden: ## Write the screens and the tables of settings, metrics and states anew; read the difference before you commit it
	$(GO) test ./tui -run Golden -update
	$(GO) test ./test/structure -run '^TestThe(Settings|Metrics|Operating)Document' -update

.PHONY: pictures
pictures: test-deps $(PAGE_JS) ## Make the documents' pictures of the dashboard and of the page anew, from the program itself
	$(GO) test -count=1 -timeout 5m ./test/pictures -run '^TestPictures$$' -pictures
	$(GO) test -count=1 -timeout 5m ./test/page -run '^TestPictures$$' -pictures

.PHONY: fuzz
fuzz: ## Fuzz every parser for FUZZTIME (30s) each
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

.PHONY: dist
dist: page ## Static binaries, .deb and .rpm for every platform, with SBOMs and checksums, in dist/
	VERSION='$(VERSION)' GO='$(GO)' sh packaging/build.sh

.PHONY: dist-test
dist-test: dist-deps page ## The packages, installed, upgraded under players and removed, on a copy of this machine in memory
	PACKAGES=1 $(GO) test -count=1 -timeout 30m -v ./test/packages

# What the targets of Docker need: the command, and an engine that answers it, which
# docker itself explains where there is none.
.PHONY: docker-works
docker-works:
	@command -v docker >/dev/null || { echo "there is no docker here: install Docker (docker.io on Debian and Ubuntu); make run needs none" >&2; exit 1; }
	@docker version >/dev/null || { echo "docker is here, but its engine does not answer: start it (systemctl start docker), or join the group docker" >&2; exit 1; }

.PHONY: docker-build
docker-build: docker-works page docker-input ## Build the Docker image
	docker build --build-arg VERSION=$(VERSION) -t $(IMAGE) .

# The containers' user makes the test film there, where there is no film.
.PHONY: docker-input
docker-input:
	@mkdir -p input; [ -n "$$(ls -A input)" ] || chmod 1777 input

# The Compose plugin, or the command that was before it.
COMPOSE = $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

# And of Compose: either of both, and the image.
.PHONY: compose-works
compose-works: docker-works
	@$(COMPOSE) version >/dev/null 2>&1 || { echo "docker compose does not work: install the Compose plugin (docker-compose-plugin, on Ubuntu docker-compose-v2), or docker-compose on Debian" >&2; exit 1; }
	@docker image inspect $(IMAGE) >/dev/null 2>&1 || { echo "there is no image $(IMAGE) yet: make docker-build" >&2; exit 1; }

# One service of compose.yaml in the foreground; its dependencies come up too.
.PHONY: $(SERVICES:%=run-%)
$(SERVICES:%=run-%): run-%: compose-works docker-input
	$(COMPOSE) up --no-build $*

# The token stays in .env, where Compose reads it: the machines keep their keys, too.
.PHONY: run-cluster
run-cluster: compose-works docker-input ## Three machines of a cluster in Docker (after make docker-build)
	@[ -n "$$(ls -A input)" ] || { echo "there is no film in input: copy one there" >&2; exit 1; }
	@grep -qs '^CLUSTER_TOKEN=' .env || { umask 077; token=$$(docker run --rm $(IMAGE) invite --new a=a b=b c=c) && echo "CLUSTER_TOKEN=$$token" >>.env; }
	$(COMPOSE) -p cluster -f compose.cluster.yaml up --no-build

.PHONY: clean
clean: ## Remove the binary, what make dist made and the stream's segments; your films stay
	rm -rf $(BINARY) output dist $(PAGE_JS)

# What running and testing need, each as COMMAND:APT:BREW, the packages that have
# the command; nothing where that installer has none. / parts commands of which
# any will do, + parts packages that go together. A module of nginx, which is no
# command, is known by its file.
RUN_NEEDS  := ffmpeg:ffmpeg:ffmpeg ffprobe:ffmpeg:ffmpeg
TEST_NEEDS := $(RUN_NEEDS) cc/gcc/clang:gcc+libc6-dev: ps:procps: tmux:tmux:tmux \
  chromium/google-chrome:chromium: ip:iproute2: cvlc:vlc-bin+vlc-plugin-base: nginx:nginx:nginx npm:npm:node ngx_rtmp_module.so:libnginx-mod-rtmp: \
  prometheus:prometheus:prometheus promtool:prometheus:prometheus man:man-db: systemd-analyze:systemd:

$(HLS_JS): | test-deps
	npm install --no-save --no-package-lock --no-audit --no-fund --silent --ignore-scripts hls.js@$(HLS_VERSION)

# They install what is missing, in one go, and say so; without root or sudo they
# print the command instead and fail.
.PHONY: deps test-deps bench-deps dist-deps
deps: NEEDS = $(RUN_NEEDS)
test-deps: NEEDS = $(TEST_NEEDS)
bench-deps: NEEDS = $(RUN_NEEDS) nginx:nginx:nginx varnishd:varnish:varnish haproxy:haproxy:haproxy wrk:wrk:wrk h2load:nghttp2-client:nghttp2
dist-deps: NEEDS = $(RUN_NEEDS) dpkg:dpkg: adduser:adduser: rpm:rpm: lintian:lintian: systemd-analyze:systemd:
deps test-deps bench-deps dist-deps:
	@PATH="$$PATH:/usr/sbin:/sbin"; missing=; debian=; brew=; without=; \
	for need in $(NEEDS); do \
	  commands=$${need%%:*}; packages=$${need#*:}; found=; \
	  for c in $$(echo $$commands | tr / ' '); do { command -v $$c || [ -e /usr/lib/nginx/modules/$$c ]; } >/dev/null 2>&1 && found=1; done; \
	  [ -z "$$found" ] || continue; \
	  missing="$$missing $${commands%%/*}"; \
	  debian="$$debian $$(echo $${packages%%:*} | tr + ' ')"; \
	  formula=$${packages#*:}; brew="$$brew $$formula"; \
	  [ -n "$$formula" ] || without="$$without $${commands%%/*}"; \
	done; \
	unique() { for p in "$$@"; do echo $$p; done | sort -u | tr '\n' ' ' | sed 's/ $$//'; }; \
	debian=$$(unique $$debian); brew=$$(unique $$brew); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	echo "missing:$$missing"; \
	if command -v apt-get >/dev/null; then \
	  sudo=; \
	  if [ "$$(id -u)" != 0 ]; then \
	    if ! command -v sudo >/dev/null || ! { [ -t 0 ] || sudo -n true 2>/dev/null; }; then \
	      echo "installing needs root; run: sudo apt-get update && sudo apt-get install -y $$debian" >&2; exit 1; fi; \
	    sudo=sudo; \
	  fi; \
	  echo "installing with apt-get: $$debian"; \
	  $$sudo apt-get update -qq || exit 1; \
	  there=; for p in $$debian; do \
	    if LC_ALL=C apt-cache policy $$p | grep -q 'Candidate: [0-9]'; then there="$$there $$p"; \
	    else echo "there is no $$p here: install it by hand, or do without what needs it"; fi; \
	  done; \
	  [ -z "$$there" ] || $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$there || exit 1; \
	  case "$$there " in *" prometheus "*) \
	    if [ -d /run/systemd/system ]; then echo "stopping the service prometheus, which has port 9090"; $$sudo systemctl disable -q --now prometheus; fi;; \
	  esac; \
	elif command -v brew >/dev/null; then \
	  [ -z "$$without" ] || echo "brew has no$$without: install it by hand, or do without what needs it"; \
	  [ -z "$$brew" ] || { echo "installing with brew: $$brew"; brew install $$brew; }; \
	else \
	  echo "install them with your system's packages (FFmpeg 5 or newer), then try again" >&2; exit 1; \
	fi
