# emojify: `make demo` shows it from nothing, `make test` tests it. Everything is written inside this folder, system
# packages, temporary files, the caches of Swift's tools and `make install` aside.

# The CPU to build for. Swift's code generation gets it too; without it the binary runs anywhere, slower.
EMOJIFY_MARCH ?= $(if $(filter x86_64,$(shell uname -m)),native)
export EMOJIFY_MARCH

# STRICT=1 makes every warning an error.
STRICT ?=
FLAGS := -c release $(if $(STRICT),-Xswiftc -warnings-as-errors -Xcc -Werror -Xcxx -Werror)
# The Swift runtime goes into the program: an installed one needs no Swift toolchain. lld, because gold warns of what
# Foundation's own objects call.
PRODUCT_FLAGS = $(FLAGS) --static-swift-stdlib -Xswiftc -use-ld=lld --product emojify
# Tests need -enable-testing, the product does not: each has its own folder, so that neither rebuilds the other.
TEST_FLAGS := $(FLAGS) --scratch-path .build-test -Xswiftc -enable-testing

PACKAGES := libhdf5-dev libmicrohttpd-dev opencv-data libopencv-core-dev libopencv-imgproc-dev \
  libopencv-imgcodecs-dev libopencv-objdetect-dev libopencv-videoio-dev libopencv-highgui-dev
SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)

EMOJIFY ?= .build/release/emojify
PREFIX ?= /usr/local
BIN = $(DESTDIR)$(PREFIX)/bin
SHARE = $(DESTDIR)$(PREFIX)/share
MAN = $(SHARE)/man/man1
BASH_COMPLETIONS = $(SHARE)/bash-completion/completions
ZSH_COMPLETIONS = $(SHARE)/zsh/site-functions
FISH_COMPLETIONS = $(SHARE)/fish/vendor_completions.d

# Not under the address sanitizer: what runs the built programs, brings its own malloc, or needs the real data. The
# thread sanitizer is a hundred times slower, so there only what threads share.
UNSANITIZED := \.(Allocation|Architecture|BadInput|Bench|Completions|ContainedReading|DatasetCommand|DatasetConvert|Doctor|EvalData|Explain|Help|InputGuard|Install|KerasOpensOurFiles|ModelVerify|PredictPipe|RealData|Report|Serve|ServeTLS|Usage|VideoCommand|WholeWay)Tests/
THREADED := \.(WorkerPool|ThreadedPass|CopyKernel|Batch|FaceTableReader)Tests/
SANITIZE = swift test $(FLAGS) -Xswiftc -enable-testing

.PHONY: build setup setup-web setup-python test test-web test-keras load sanitize sanitize-web fuzz torture demo bench reproduce-fast lint install \
  install-files uninstall deb examples clean emojis
.DEFAULT_GOAL := build

build: setup
	swift build $(PRODUCT_FLAGS)

# Asks dpkg first: where everything is installed, nothing runs as root and no network is needed.
setup:
	@command -v swift >/dev/null || { echo 'make: Swift 6 is missing: https://swift.org/install'; exit 1; }
	@missing=; for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed \
	    || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then echo "Installing$$missing"; $(SUDO) apt-get update -qq \
	  && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    $$missing >/dev/null; fi

test: setup
	swift test $(TEST_FLAGS)

# Two more builds of everything, then some minutes.
sanitize: setup
	LSAN_OPTIONS=suppressions=Tests/Sanitizers/leaks.txt \
	  $(SANITIZE) --sanitize=address --scratch-path .build-asan --skip '$(UNSANITIZED)'
	$(SANITIZE) --sanitize=thread --scratch-path .build-tsan --filter '$(THREADED)'

# The whole server: hostile clients, then 64 at once.
sanitize-web: export ASAN_OPTIONS=allocator_may_return_null=1
sanitize-web: export LSAN_OPTIONS=suppressions=Tests/Sanitizers/leaks.txt
sanitize-web: setup setup-python
	swift build $(FLAGS) -Xswiftc -enable-testing --sanitize=address --scratch-path .build-asan --product emojify
	python3 -B Tests/Robustness/serve-hostile .build-asan/release/emojify --limit-mb 2000
	python3 -B Tests/Robustness/serve-load .build-asan/release/emojify --seconds 20

# A quarter of the time each damages tables, images, models and their configurations, under the address sanitizer.
FUZZ_SECONDS ?= 600
fuzz: setup
	EMOJIFY_FUZZ_SECONDS=$$(( $(FUZZ_SECONDS) / 4 )) ASAN_OPTIONS=allocator_may_return_null=1 \
	  LSAN_OPTIONS=suppressions=Tests/Sanitizers/leaks.txt \
	  $(SANITIZE) --sanitize=address --scratch-path .build-asan --filter '\.FuzzTests/'

# Kills training with SIGKILL at random moments, resumes it, compares every byte with a run left alone.
KILLS ?= 50
torture: build
	Tests/Robustness/kill-and-resume $(KILLS)

# Draws faces, trains on them, evaluates, labels a picture: all in demo/.
demo: build
	rm -rf demo && mkdir demo
	"$(EMOJIFY)" dataset draw demo/faces.csv --count 7000 --seed 1
	"$(EMOJIFY)" dataset portrait demo/people.png --emotions happy,surprise,angry --seed 1
	"$(EMOJIFY)" train demo/faces.csv --epochs 3 --augment light --seed 1 --output demo/run
	"$(EMOJIFY)" eval --model demo/run/best.h5 --confusion
	"$(EMOJIFY)" predict demo/people.png --model demo/run/best.h5 --emoji \
	  --output demo/people-emojify.png
	@echo; echo 'Now open demo/people-emojify.png'

bench: build
	bench/run

# The page of `emojify serve` in Chromium with a fake camera; screenshots go to .build/web-test.
test-web: build setup-web
	python3 -B Tests/Web/run "$(EMOJIFY)" .build/web-test

# Random models of live Keras 3 and Keras 2 must answer here as there, and every architecture of ours there as here; training must
# go on there where it stopped here.
# KERAS_PYTHON names a Python that has keras, tf_keras, tensorflow and h5py; else one is made in .build.
KERAS_CASES ?= 300
KERAS_SEED ?= $(shell date +%s)
KERAS_FORMATS ?= h5
KERAS_PYTHON ?= .build/keras/bin/python
RANDOM_MODELS = Tests/FERCoreTests/Fixtures/random_keras_models.py
test-keras: build
	@test $(KERAS_PYTHON) != .build/keras/bin/python || test -e .build/keras/complete \
	  || { python3 -m venv .build/keras \
	    && .build/keras/bin/pip install --quiet keras tensorflow tf_keras h5py && touch .build/keras/complete; }
	rm -rf .build/keras-cases .build/keras-saved
	$(KERAS_PYTHON) -B $(RANDOM_MODELS) .build/keras-cases --emojify "$(EMOJIFY)" --count $(KERAS_CASES) \
	  --seed $(KERAS_SEED) --formats $(KERAS_FORMATS)
	$(KERAS_PYTHON) -B $(RANDOM_MODELS) .build/keras-saved --emojify "$(EMOJIFY)" --architectures
	rm -rf .build/keras-on
	$(KERAS_PYTHON) -B Tests/FERCoreTests/Fixtures/continue_in_keras.py .build/keras-on --emojify "$(EMOJIFY)"

setup-web: setup-python
	@{ command -v "$$EMOJIFY_CHROMIUM" || command -v chromium || command -v chromium-browser \
	  || command -v google-chrome; } >/dev/null \
	  || { echo 'Installing chromium'; $(SUDO) apt-get update -qq \
	    && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	      chromium fonts-dejavu-core >/dev/null; }

setup-python:
	@command -v python3 >/dev/null || { echo 'Installing python3'; $(SUDO) apt-get update -qq \
	  && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 >/dev/null; }

# A running server under 64 clients for a minute, then under clients that mean no good.
load: build setup-python
	python3 -B Tests/Robustness/serve-load "$(EMOJIFY)"
	python3 -B Tests/Robustness/serve-hostile "$(EMOJIFY)"

# The default network from nothing, scored on PublicTest, which its training does not read: DATA=fer2013.csv, and SEED. Interrupted,
# it goes on.
DATA ?= fer2013.csv
SEED ?= 1
REPRODUCED = runs/reproduce-fast-$(SEED)
reproduce-fast: build
	if [ -e $(REPRODUCED)/config.json ]; then "$(EMOJIFY)" train --resume $(REPRODUCED); \
	  else "$(EMOJIFY)" train "$(DATA)" --recipe fast --seed $(SEED) --output $(REPRODUCED); fi
	"$(EMOJIFY)" eval --model $(REPRODUCED)/last.h5 --data "$(DATA)" --split public
	"$(EMOJIFY)" eval --model $(REPRODUCED)/last.h5 --data "$(DATA)" --split public --tta --confusion

lint:
	.ci/lint

# Needs rsvg-convert (librsvg2-bin).
emojis:
	for svg in emojis/*.svg; do rsvg-convert -w 512 -h 512 $$svg -o $${svg%.svg}.png; done

# Root often has no Swift in its path: what is built is installed.
install:
	@[ -x "$(EMOJIFY)" ] || $(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory install-files

# Without building: what is installed is what EMOJIFY names. Manual pages and completions are written by the program.
install-files:
	install -d "$(BIN)" "$(SHARE)/emojify/emojis" "$(SHARE)/emojify/models" "$(SHARE)/doc/emojify" "$(MAN)" \
	  "$(BASH_COMPLETIONS)" "$(ZSH_COMPLETIONS)" "$(FISH_COMPLETIONS)"
	install -m 755 "$(EMOJIFY)" "$(BIN)/emojify"
	install -m 644 emojis/*.png "$(SHARE)/emojify/emojis/"
	install -m 644 models/*.h5 "$(SHARE)/emojify/models/"
	install -m 644 models/README.md "$(SHARE)/doc/emojify/models.md"
	texts=$$(mktemp -d) && trap 'rm -rf "$$texts"' EXIT && \
	"$(EMOJIFY)" man "$$texts/man" --quiet && \
	for shell in bash zsh fish; do "$(EMOJIFY)" completions $$shell > "$$texts/$$shell" || exit; done && \
	install -m 644 "$$texts"/man/*.1 "$(MAN)/" && \
	install -m 644 "$$texts/bash" "$(BASH_COMPLETIONS)/emojify" && \
	install -m 644 "$$texts/zsh" "$(ZSH_COMPLETIONS)/_emojify" && \
	install -m 644 "$$texts/fish" "$(FISH_COMPLETIONS)/emojify.fish"

uninstall:
	rm -f "$(BIN)/emojify" "$(MAN)/emojify.1" "$(MAN)"/emojify-*.1 "$(BASH_COMPLETIONS)/emojify" \
	  "$(ZSH_COMPLETIONS)/_emojify" "$(FISH_COMPLETIONS)/emojify.fish" "$(SHARE)/doc/emojify/models.md"
	rm -rf "$(SHARE)/emojify"

# dist/emojify_VERSION_ARCHITECTURE.deb, for any CPU of DEB_MARCH and not for this machine's alone: x86-64-v3 is AVX2 and
# FMA, what Intel makes since 2013 and AMD since 2015. On an older CPU the program says so in one line.
DEB_MARCH ?= $(if $(filter x86_64,$(shell uname -m)),x86-64-v3)
deb: setup
	@command -v dpkg-shlibdeps >/dev/null || { echo 'make: dpkg-shlibdeps is missing: install dpkg-dev'; exit 1; }
	EMOJIFY_MARCH=$(DEB_MARCH) swift build $(PRODUCT_FLAGS) --scratch-path .build-deb
	packaging/deb .build-deb/release/emojify dist

# Packages of their own that use FERCore as a library; without CPU flags, as a stranger's would. SwiftPM keeps the list of
# files of a package that is named by its path, and would miss those that came or went since; making it anew takes a second.
examples: setup
	cd Examples/TrainAndPredict && EMOJIFY_MARCH= swift run -c release --disable-build-manifest-caching \
	  --scratch-path ../../.build-examples

clean:
	rm -rf .build .build-test .build-deb .build-examples .build-asan .build-tsan bench/.venv demo dist
