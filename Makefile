# A thin door to Meson and to the scripts in tools/; `make setup` first, once per machine.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=

all: $(BUILD)/build.ninja
	ninja -C $(BUILD) program

$(BUILD)/build.ninja:
	meson setup $(BUILD) --prefix=$(PREFIX)

setup: ## install the Debian packages for building and testing
	tools/setup all

images: ## build postgres:15, pythonapp:1.4.2 and bb:1 into the engine of DOCKER_HOST
	tools/images

check: ## run every test
	./check

lint-source: ## layout, shell scripts, and who may include whom
	tools/lint-source

bench: all ## measure against the engine's floor, and docker compose where there is one
	tools/bench

bench-compose: all ## measure Compose files, beside docker compose and docker stack
	tools/bench-compose

fuzz: ## run each fuzz target for FUZZ_SECONDS (60)
	FUZZ_ROUND_TRIP=1 tools/fuzz

install: all
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

deb: ## build/slipway_VERSION_ARCH.deb
	tools/deb

clean:
	rm -rf $(BUILD) build-*

help:
	@sed -n 's/^\([a-z-]*\):.*## */\1\t/p' Makefile | expand -t 14

.PHONY: all setup images check lint-source bench bench-compose fuzz install deb clean help
