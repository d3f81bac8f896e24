# SPDX-License-Identifier: GPL-2.0-or-later
#
# make            build/capward
# make deps       install what is missing (Debian packages)
# make demo       a privileged container brought back to least privilege, in under three minutes
# make test       everything; make test-unit, test-cli, fuzz, test-vm for a part
# make check      lint
# make corpus     which capabilities Debian's servers need, and the proof; writes docs/corpus.md; as root
# make bench      cost in instructions per capability check; make bench-quick has the main figures and
#                 fails where one rose
# make bench-native   the decision in nanoseconds on this machine; as root
# make bench-user     cost of what reads events, and of many scopes, to user space
# make fuzz       FUZZ_SECONDS (20) on each reader of what others wrote
# make install    DESTDIR and prefix are honoured; make uninstall
#
# V=1 shows the commands. CC, CLANG, CFLAGS, CPPFLAGS and LDFLAGS are yours; the project's own flags
# are kept apart, and none of the host's flags reaches the kernel programs.

VERSION := 0.1.0

B := build
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
prefix ?= /usr/local
sbindir ?= $(prefix)/sbin
mandir ?= $(prefix)/share/man
unitdir ?= $(if $(filter /usr,$(prefix)),/usr/lib,/etc)/systemd/system
datadir ?= $(prefix)/share/capward

CFLAGS ?= -O2 -g
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-8s %s\n' $(1) $(2))

ARCH := $(shell uname -m)
TARGET_ARCH := $(if $(filter aarch64,$(ARCH)),arm64,x86)

WARNINGS := -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	    $(if $(CI),-Werror)
HARDEN := -fstack-protector-strong -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
LIBS := libbpf libcap libelf yaml-0.1 jansson libsystemd libseccomp libmicrohttpd
LIBS_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(LIBS))
LIBS_LIBS = $(shell $(PKG_CONFIG) --libs $(LIBS))
OUR_CFLAGS = -std=gnu17 -D_GNU_SOURCE -DCAPWARD_VERSION='"$(VERSION)"' \
	     -DCAPWARD_PROFILES='"$(datadir)/profiles"' -Iinclude -Ibpf -Iuser -I$(B) $(WARNINGS) -MMD -MP
OUR_LDFLAGS := -pie -Wl,-z,relro,-z,now

BPF_SOURCES := $(wildcard bpf/*.bpf.c)
BPF_OBJECTS := $(BPF_SOURCES:bpf/%.bpf.c=$(B)/bpf/%.o)
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(TARGET_ARCH) -Iinclude -Ivmlinux -Ibpf \
	      -Wall -Wextra -Wno-unused-parameter $(if $(CI),-Werror) -MMD -MP

SOURCES := $(wildcard user/*.c user/cmd/*.c)
OBJECTS := $(SOURCES:%.c=$(B)/%.o)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps demo test test-unit test-cli test-vm check bench bench-quick bench-user bench-native corpus install uninstall clean fuzz FORCE

all: $(B)/capward

# --- what is needed ------------------------------------------------------------------------------

deps:
	$(Q)scripts/deps build test

# A file, so that what is installed already is not looked up at every build.
$(B)/.deps-build: scripts/deps
	$(Q)scripts/deps build
	$(Q)mkdir -p $(B) && touch $@

$(B)/.deps-test: scripts/deps
	$(Q)scripts/deps build test
	$(Q)mkdir -p $(B) && touch $@

# --- the kernel programs -------------------------------------------------------------------------

$(B)/bpf/%.o: bpf/%.bpf.c | $(B)/.deps-build
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/capward.bpf.o: $(BPF_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(B)/capward.skel.h: $(B)/capward.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name capward > $@

# --- the program ---------------------------------------------------------------------------------

$(B)/user/load.o: $(B)/capward.skel.h

$(B)/user/%.o: user/%.c | $(B)/.deps-build
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OUR_CFLAGS) $(HARDEN) $(LIBS_CFLAGS) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(B)/capward: $(OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(OUR_LDFLAGS) $(LDFLAGS) $^ $(LIBS_LIBS) -o $@

# --- the demo ------------------------------------------------------------------------------------

$(B)/tests/attempt: tests/demo/attempt.c | $(B)/.deps-test
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -static -O2 -std=gnu17 -D_GNU_SOURCE $(WARNINGS) $< -o $@

# The story in a container; elsewhere than here when this kernel cannot enforce.
demo: $(B)/capward $(B)/tests/attempt | $(B)/.deps-test
	$(Q)tests/demo/demo

# --- tests ---------------------------------------------------------------------------------------

UNIT := $(patsubst tests/unit/test_%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
# Everything but main(), under the sanitizers.
CHECKED := $(patsubst user/%.c,$(B)/checked/%.o,$(filter-out user/main.c,$(SOURCES)))
SANITIZE := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

$(B)/checked/load.o: $(B)/capward.skel.h

$(B)/checked/%.o: user/%.c | $(B)/.deps-test
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OUR_CFLAGS) $(LIBS_CFLAGS) $(SANITIZE) -c $< -o $@

$(B)/checked.a: $(CHECKED)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/tests/unit/%: tests/unit/test_%.c $(B)/checked.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OUR_CFLAGS) $(LIBS_CFLAGS) $(SANITIZE) $< $(B)/checked.a -lcmocka $(LIBS_LIBS) -o $@

# For guests and containers: static, and without what the host has.
$(B)/tests/%: tests/vm/%.c | $(B)/.deps-test
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -static -O2 -std=gnu17 -D_GNU_SOURCE -Iinclude $(WARNINGS) $< -o $@

GUEST := $(patsubst tests/vm/%.c,$(B)/tests/%,$(wildcard tests/vm/*.c))

export FUZZ_SECONDS ?= 20
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

test: $(B)/capward $(UNIT) $(FUZZ) $(GUEST)
	$(Q)tests/run unit cli fuzz vm bench

test-unit: $(UNIT)
	$(Q)tests/run unit

test-cli: $(B)/capward
	$(Q)tests/run cli

test-vm: $(B)/capward $(GUEST)
	$(Q)tests/run vm

# --- lint ----------------------------------------------------------------------------------------

check: | $(B)/.deps-test
	$(Q)tests/lint

# --- fuzzing -------------------------------------------------------------------------------------

# What a target does not call stays in the archive.
FUZZED := $(patsubst user/%.c,$(B)/fuzz/user/%.o,\
	    $(filter-out user/main.c user/engine.c user/load.c,$(wildcard user/*.c)))
FUZZ_FLAGS := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

$(B)/fuzz/user/%.o: user/%.c | $(B)/.deps-test
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(OUR_CFLAGS) $(LIBS_CFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c $< -o $@

$(B)/fuzz/user.a: $(FUZZED)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/fuzz/%: tests/fuzz/fuzz_%.c $(B)/fuzz/user.a
	$(call say,CLANG,$@)
	$(Q)$(CLANG) $(OUR_CFLAGS) $(LIBS_CFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer $< $(B)/fuzz/user.a \
		$(LIBS_LIBS) -o $@

fuzz: $(FUZZ)
	$(Q)tests/run fuzz

# --- cost ----------------------------------------------------------------------------------------

# BENCH='-k 6.12 --quick' for a part.
bench: $(B)/capward
	$(Q)scripts/deps test bench
	$(Q)tests/bench/bench $(BENCH)

# The decision's own file once more, in a program that runs on request.
$(B)/bench/decide.o: tests/bench/native.bpf.c | $(B)/.deps-build
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -Itests/bench -c $< -o $@

$(B)/bench/native.bpf.o: $(B)/bench/decide.o $(filter-out $(B)/bpf/capable.o,$(BPF_OBJECTS))
	$(call say,LINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(B)/bench/native: tests/bench/native.c | $(B)/.deps-build
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -D_GNU_SOURCE -Iinclude -Itests/bench $(WARNINGS) $(CFLAGS) -MMD -MP $< -lbpf -lpthread -o $@

# JSON=json for that.
bench-native: $(B)/bench/native $(B)/bench/native.bpf.o
	$(Q)$(B)/bench/native $(B)/bench/native.bpf.o $(JSON)

# The project's own objects, without what needs the programs to be loaded.
READERS := $(filter-out $(addprefix $(B)/user/,main.o engine.o load.o) $(B)/user/cmd/%,$(OBJECTS))

$(B)/bench-user/user.a: $(READERS)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/bench-user/events: tests/bench/events.c $(B)/bench-user/user.a
	$(call say,CC,$@)
	$(Q)$(CC) $(OUR_CFLAGS) $(LIBS_CFLAGS) $(CFLAGS) $^ $(LIBS_LIBS) -pthread -o $@

$(B)/bench-user/flood.bpf.o: tests/bench/flood.bpf.c
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/bench-user/offer: tests/bench/offer.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -static -O2 -std=gnu17 -D_GNU_SOURCE $(WARNINGS) $< -o $@

# BENCH_USER='--quick' for a part.
bench-user: $(B)/capward $(addprefix $(B)/bench-user/,events flood.bpf.o offer)
	$(Q)scripts/deps test
	$(Q)tests/bench/userspace $(BENCH_USER)

# A rise is accepted with BENCH=--baseline, in the commit that has the reason.
bench-quick: $(B)/capward | $(B)/.deps-test
	$(Q)tests/bench/bench --quick --gate $(BENCH)

# --- servers -------------------------------------------------------------------------------------

# CORPUS='--truth nginx' for a part.
corpus: $(B)/capward
	$(Q)scripts/deps test corpus
	$(Q)tests/corpus/run $(or $(CORPUS),--table)

# --- install -------------------------------------------------------------------------------------

# The program has the directory of its profiles in it.
$(B)/user/profile_set.o $(B)/checked/profile_set.o: $(B)/.datadir
$(B)/.datadir: FORCE
	$(Q)mkdir -p $(B) && { echo '$(datadir)' | cmp -s - $@ || echo '$(datadir)' >$@; }
FORCE:

PROFILES := $(wildcard profiles/*.yaml)
MANUALS := man/capward.8 man/capward-profile.5 man/capward-evidence.5
# man8/capward.8
man_path = man$(subst .,,$(suffix $(1)))/$(notdir $(1))

install: $(B)/capward
	install -D -m 755 $(B)/capward $(DESTDIR)$(sbindir)/capward
	install -d $(DESTDIR)$(datadir)/profiles
	install -m 644 $(PROFILES) $(DESTDIR)$(datadir)/profiles
	install -d $(DESTDIR)$(unitdir)
	$(Q)sed 's|@sbindir@|$(sbindir)|' systemd/capward.service.in >$(DESTDIR)$(unitdir)/capward.service
	$(Q)chmod 644 $(DESTDIR)$(unitdir)/capward.service
	install -d $(DESTDIR)$(mandir)/man5 $(DESTDIR)$(mandir)/man8
	$(Q)set -e; $(foreach m,$(MANUALS),sed 's|/usr/local/share/capward|$(datadir)|' $(m) \
		>$(DESTDIR)$(mandir)/$(call man_path,$(m)); \
		chmod 644 $(DESTDIR)$(mandir)/$(call man_path,$(m));)

# What is in force stays: `capward unload` first takes it out of the kernel.
uninstall:
	rm -f $(DESTDIR)$(sbindir)/capward $(DESTDIR)$(unitdir)/capward.service
	rm -f $(foreach m,$(MANUALS),$(DESTDIR)$(mandir)/$(call man_path,$(m)))
	rm -f $(PROFILES:profiles/%=$(DESTDIR)$(datadir)/profiles/%)
	-rmdir $(DESTDIR)$(datadir)/profiles $(DESTDIR)$(datadir)

-include $(wildcard $(B)/bpf/*.d $(B)/user/*.d $(B)/user/cmd/*.d $(B)/checked/*.d $(B)/checked/cmd/*.d $(B)/tests/*.d $(B)/tests/unit/*.d $(B)/bench/*.d $(B)/bench-user/*.d \
		   $(B)/fuzz/*.d $(B)/fuzz/user/*.d)

clean:
	rm -rf $(B)
