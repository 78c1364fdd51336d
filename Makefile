# make          builds everything into build/
# make demo     installs what is missing, builds, runs the observatory of the paper's figure 1 live: out/report.html
# make check    installs what is missing, builds with sanitizers (build-check/), runs every test
# make bench    measures beside peers (about 10 minutes; BENCH=--help lists options and sizes); make campaign runs the long fault and fuzz campaigns
# make install  PREFIX=/usr/local DESTDIR=
PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)

all: build/build.ninja
	@ninja -C build -j $(JOBS)

build/build.ninja: | deps-build
	@meson setup build --prefix $(PREFIX) --buildtype release >/dev/null || { cat build/meson-logs/meson-log.txt; exit 1; }

build-check/build.ninja: | deps-check
	@meson setup build-check --buildtype debug -Db_sanitize=address,undefined -Db_lundef=false >/dev/null || { cat build-check/meson-logs/meson-log.txt; exit 1; }

deps-build:
	@tools/deps build
deps-check:
	@tools/deps check
deps-bench:
	@tools/deps bench || echo "make bench: goes on without the peers that are missing"
deps: deps-check

demo: all
	@tools/demo

check: build-check/build.ninja deps-check
	@ninja -C build-check -j $(JOBS)
	@tools/check build-check

bench: all deps-bench
	@bench/run $(BENCH)

campaign: build-check/build.ninja deps-check
	@ninja -C build-check -j $(JOBS)
	@tools/campaign

install: all
	@DESTDIR=$(DESTDIR) meson install -C build --no-rebuild

clean:
	rm -rf build build-check build-fuzz build-clang out

.PHONY: all deps deps-build deps-check deps-bench demo check bench campaign install clean
