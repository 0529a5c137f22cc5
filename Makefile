# tapbroker: `make`, `make install`, `make check`. README has the table of variables.
# The build output goes to $(BUILD); `make SANITIZE=1` builds everything a second time, beside it.

RELEASE = 0.1

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
LIBEXECDIR ?= $(PREFIX)/libexec
CNIDIR ?= $(PREFIX)/lib/cni
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/tapbroker
SYSCONFDIR ?= /etc
VENDORDIR ?= $(PREFIX)/lib/tapbroker
SYSTEMDDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
UDEVRULESDIR ?= $(PREFIX)/lib/udev/rules.d
NETWORKDIR ?= $(PREFIX)/lib/systemd/network
# NetworkManager reads its vendors' files nowhere else, so PREFIX does not move this one.
NMCONFDIR ?= /usr/lib/NetworkManager/conf.d
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/site-functions
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d
PYTHONDIR ?= $(PREFIX)/lib/python3/dist-packages
# polkitd reads its actions nowhere else, so PREFIX does not move this one.
POLKITDIR ?= /usr/share/polkit-1/actions
# Nor does AppArmor.
APPARMORDIR ?= /etc/apparmor.d/abstractions

CC ?= cc
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
PROVEFLAGS ?= -j4
BUILD ?= build$(if $(SANITIZE),-sanitize)

CLERK = broker/clerk broker/clerk/client broker/clerk/lease broker/clerk/request

# What each program is made of, and what it may link: the trust boundary. A folder under broker/ is a process,
# but for shared/ and config/ (the network files).
tapbrokerd_OBJS = $(call objects,proto broker/shared broker/shared/netlink broker/config broker/monitor broker/monitor/kernel)
tapbrokerd_PKGS = libcap-ng libseccomp libmnl
tapbroker-clerk_OBJS = $(call objects,proto broker/shared broker/shared/netlink $(CLERK)) $(addprefix $(BUILD)/broker/config/,device_name.o guest.o guest_number.o table.o table_memory.o)
tapbroker-clerk_PKGS = libseccomp libmnl
tapbroker-authority_OBJS = $(call objects,proto broker/shared broker/authority)
tapbroker-authority_PKGS = libseccomp gio-2.0
tapbroker-opener_OBJS = $(call objects,proto broker/shared broker/opener)
tapbroker-opener_PKGS = libseccomp
tapbroker-setup_OBJS = $(call objects,proto broker/setup) \
	$(patsubst %,$(BUILD)/broker/config/%.o,bridge_name claims device_name findings guest guest_number guest_range ini network network_address network_conflicts \
		listeners network_device network_file network_finish network_given network_guests network_host network_keys network_locks network_publish network_routing network_take network_tunnel network_wrong plain_request table world) \
	$(patsubst %,$(BUILD)/broker/shared/%.o,ceiling log machine_id siphash netlink/link_ask netlink/link_batch netlink/link_open \
		netlink/link_parse)
tapbroker-setup_PKGS = libmnl libnftables
tapctl_OBJS = $(call objects,client/tapctl) $(BUILD)/libclient.a
tapctl_PKGS = libseccomp
tapbroker-stand-in_OBJS = $(call objects,client/stand-in)
tapbroker-bridge-helper_OBJS = $(call objects,client/bridge-helper) $(BUILD)/libclient.a
tapbroker-cni_OBJS = $(call objects,client/cni) $(BUILD)/libclient.a
tapbroker-cni_PKGS = jansson
# Started anew for each device, it spends a third of its time on loading libc.
tapbroker-bridge-helper_LINK = $(if $(SANITIZE),-pie,-static-pie)
# For tap_confine() alone: who links the static library without calling it, as the bridge helper, links no more than libc.
libtapbroker_PKGS = libseccomp
libtapbroker_OBJS = $(patsubst %.c,$(BUILD)/pic/%.o,$(wildcard proto/*.c client/libtapbroker/*.c))
# The static library is for other C libraries, too: musl does not have what glibc's _FORTIFY_SOURCE calls.
libtapbroker_STATIC = $(libtapbroker_OBJS:$(BUILD)/pic/%=$(BUILD)/static/%)

# What unit tests, fuzz targets, helpers and benches link; each takes out of it what it uses.
libtest_OBJS = $(filter-out %/tapbrokerd.o,$(call objects,proto broker/shared broker/shared/netlink broker/config broker/monitor broker/monitor/kernel client/libtapbroker))
libbench_OBJS = $(filter-out $(BENCHES:$(BUILD)/%=$(BUILD)/tests/%.o),$(call objects,tests/bench))

PROGRAMS = tapbrokerd tapbroker-setup tapbroker-clerk tapbroker-authority tapbroker-opener tapctl tapbroker-bridge-helper \
	tapbroker-stand-in tapbroker-cni
UNIT_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(filter-out %/replay.c,$(wildcard tests/fuzz/*.c)))
REPLAYS = $(FUZZERS:$(BUILD)/fuzz/%=$(BUILD)/tests/fuzz/%)
HELPERS = $(patsubst tests/system/helpers/%.c,$(BUILD)/tests/%,$(wildcard tests/system/helpers/*.c))
BENCHES = $(BUILD)/bench/latency $(BUILD)/bench/rate $(BUILD)/bench/fairness $(BUILD)/bench/relay \
	$(BUILD)/bench/frames $(BUILD)/bench/configure $(BUILD)/bench/vm
SYSTEM_TESTS = $(wildcard tests/system/[0-9]*)
BUILD_TESTS = $(wildcard tests/build/[0-9]*)

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(addsuffix /*.c,$(1))))
cflags_of = $(if $(1),$(shell $(PKG_CONFIG) --cflags $(1)))
libs_of = $(if $(1),$(shell $(PKG_CONFIG) --libs $(1)))
say = @$(if $(V),,echo '  $(1)	$@';)

FLAGS = -std=c11 -D_GNU_SOURCE -I. -pthread -MMD -MP -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Wformat=2 -Wpointer-arith $(if $(WERROR),-Werror) -fstack-protector-strong
LINK = -pthread -Wl,--as-needed -Wl,-z,relro -Wl,-z,now
ifdef SANITIZE
FLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK += -fsanitize=address,undefined
else
FLAGS += -fstack-clash-protection $(if $(filter x86_64% i%86%,$(shell $(CC) -dumpmachine)),-fcf-protection)
# Only where it does something (the optimiser is on) and nobody has chosen a level already.
ifneq ($(filter -O1 -O2 -O3 -Os,$(CFLAGS)),)
FLAGS += $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif
endif
FLAGS += -DTB_RELEASE='"$(RELEASE)"' -DTB_SOCKET_PATH='"/run/tapbroker/socket"' \
	-DTB_CONFIG_DIR='"$(SYSCONFDIR)/tapbroker"' -DTB_VENDOR_DIR='"$(VENDORDIR)"' \
	-DTB_LIBEXEC_DIR='"$(LIBEXECDIR)/tapbroker"' -DTB_POLKIT_DIR='"$(POLKITDIR)"' \
	-DTB_SBIN_DIR='"$(SBINDIR)"'

all: $(PROGRAMS:%=$(BUILD)/%) $(BUILD)/libtapbroker.so.1 $(BUILD)/libtapbroker.a

# Everything is compiled again when the flags change, so that `make install PREFIX=/usr` never installs other paths.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(CC) $(FLAGS) $(CPPFLAGS) $(CFLAGS) $(LINK) $(LDFLAGS))' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(BUILD)/broker/%.o: private PKGS = libseccomp
$(BUILD)/broker/shared/%.o $(BUILD)/broker/clerk/%.o: private PKGS = libseccomp libmnl
$(foreach d,$(BUILD) $(BUILD)/pic $(BUILD)/static,$d/client/libtapbroker/%.o): private PKGS = $(libtapbroker_PKGS)
$(BUILD)/client/tapctl/%.o: private PKGS = $(tapctl_PKGS)
$(BUILD)/broker/monitor/%.o: private PKGS = $(tapbrokerd_PKGS)
$(BUILD)/broker/setup/%.o: private PKGS = $(tapbroker-setup_PKGS)
$(BUILD)/broker/authority/%.o: private PKGS = $(tapbroker-authority_PKGS)
$(BUILD)/tests/%.o: private PKGS = $(TEST_PKGS)
$(BUILD)/tests/unit/%.o: private PKGS = $(TEST_PKGS) cmocka
$(BUILD)/tests/unit/test_authority%.o: private PKGS = $(TEST_PKGS) cmocka gio-2.0
$(BUILD)/tests/system/helpers/fake_polkitd.o: private PKGS = gio-2.0
$(BUILD)/tests/bench/polkit.o: private PKGS = polkit-gobject-1

COMPILE = $(CC) $(FLAGS) $(DEFINES) $(CPPFLAGS) $(CFLAGS) $(call cflags_of,$(PKGS)) -c -o $@ $<
$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) -fPIE
$(BUILD)/pic/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) -fPIC
$(BUILD)/static/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) -fPIC -U_FORTIFY_SOURCE

.SECONDEXPANSION:
$(PROGRAMS:%=$(BUILD)/%): $$($$(@F)_OBJS)
	$(call say,LINK)$(CC) $(or $($(@F)_LINK),-pie) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $^ $(call libs_of,$($(@F)_PKGS))
$(BUILD)/libtapbroker.so.1: $(libtapbroker_OBJS) client/libtapbroker.map
	$(call say,LINK)$(CC) -shared $(CFLAGS) $(LINK) $(if $(SANITIZE),,-Wl,-z,defs) $(LDFLAGS) -Wl,-soname,$(@F) \
		-Wl,--version-script=client/libtapbroker.map -o $@ $(libtapbroker_OBJS) \
		$(call libs_of,$(libtapbroker_PKGS))
$(BUILD)/libtapbroker.a: $(libtapbroker_STATIC)
$(BUILD)/libclient.a: $(libtapbroker_OBJS)
$(BUILD)/tests/libtest.a: $(libtest_OBJS)
$(BUILD)/tests/libbench.a: $(libbench_OBJS)
$(BUILD)/tests/libclerk.a: $(filter-out %/clerk.o,$(call objects,$(CLERK)))
$(foreach p,authority opener,$(eval $(BUILD)/tests/lib$p.a: $$(call objects,broker/$p)))
$(foreach p,tapctl bridge-helper,$(eval $(BUILD)/tests/lib$p.a: $$(call objects,client/$p)))
$(BUILD)/%.a:
	@mkdir -p $(@D)
	$(call say,AR)rm -f $@ && $(AR) qcs $@ $^

# For the tests of the build: what a program is made of.
objects-of-%:
	@echo $($*_OBJS)

# Tests. Each program is one .c file and libtest.a; what links more is named here.
TEST_PKGS = $(tapbrokerd_PKGS)
$(UNIT_TESTS): private PKGS = $(TEST_PKGS) cmocka
$(filter $(BUILD)/tests/unit/test_authority%,$(UNIT_TESTS)): private PKGS = $(TEST_PKGS) cmocka gio-2.0
$(foreach p,clerk authority opener tapctl bridge-helper,$(eval $(filter $(BUILD)/tests/unit/test_$p%,$(UNIT_TESTS)): \
	$(BUILD)/tests/lib$p.a))
$(BUILD)/tests/fuzz/fuzz_bridge_conf $(BUILD)/fuzz/fuzz_bridge_conf: $(BUILD)/tests/libtapctl.a
$(BUILD)/tests/fuzz/fuzz_clerk $(BUILD)/fuzz/fuzz_clerk: $(BUILD)/tests/libclerk.a
$(REPLAYS) $(HELPERS) $(FUZZERS): private PKGS = $(TEST_PKGS)
$(BUILD)/tests/fake_polkitd: private PKGS = gio-2.0
$(BENCHES): private PKGS = $(TEST_PKGS) polkit-gobject-1
$(BENCHES): $(BUILD)/tests/libbench.a
$(FUZZERS): private LINK += -fsanitize=fuzzer
$(BUILD)/tests/fuzz/replay.o: private DEFINES = -DFUZZ_CORPUS='"tests/fuzz/corpus"'
$(UNIT_TESTS): $(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o
$(REPLAYS): $(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o
$(HELPERS): $(BUILD)/tests/%: $(BUILD)/tests/system/helpers/%.o
$(BENCHES): $(BUILD)/bench/%: $(BUILD)/tests/bench/%.o
$(FUZZERS): $(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o
$(UNIT_TESTS) $(REPLAYS) $(HELPERS) $(BENCHES) $(FUZZERS): $(BUILD)/tests/libtest.a
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) -pie $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter-out $<,$(filter %.a,$^)) $< \
		$(call libs_of,$(PKGS))

# A system test runs the programs in $TB_BUILD; with these, one prove run has each test once for each build.
$(SYSTEM_TESTS:%=$(BUILD)/%): $(BUILD)/%: %
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nTB_BUILD=$(BUILD) exec $<\n' >$@ && chmod 755 $@

# The guests that some of them boot, for all builds. Where they cannot be had, no file accel, and these tests skip.
build/guest/accel: tests/guest/build tests/guest/ping-init tests/guest/machine-init
	@tests/guest/build $(@D)

# Programs that are newer than this Debian's. Where they cannot be had, these tests skip.
build/newer/fetched: tests/newer/build
	@tests/newer/build $(@D)

# Debian packages, in build/deb; and the machine of tests/machine: a Debian, and what is installed over it. Both are built
# for PREFIX=/usr, whatever this build is for.
MACHINE_TESTS = $(wildcard tests/machine/[0-9]*)
DEB = $(if $(shell command -v dpkg-buildpackage),deb)
deb:
	@tests/install-deps deb
	@debian/make-packages build/deb
build/machine/root: tests/machine/build
	@tests/machine/build $(@D)
machine: build/machine/root
	+@$(MAKE) --no-print-directory -s BUILD=build/machine/usr PREFIX=/usr all
	+@rm -rf build/machine/installed && $(MAKE) --no-print-directory -s BUILD=build/machine/usr PREFIX=/usr \
		DESTDIR=$(CURDIR)/build/machine/installed install >build/machine/install.log
check-machine: deps
	$(WITH_DEPS) check-machine-run
check-machine-run: tests machine $(DEB)
	$(TAP) $(MACHINE_TESTS)
.PHONY: deb machine check-machine check-machine-run

# What prove runs of one build, and each fuzz target for two seconds.
CHECKS = $(UNIT_TESTS) $(REPLAYS) $(SYSTEM_TESTS:%=$(BUILD)/%)
BRIEFLY = $(FUZZERS:$(BUILD)/fuzz/%=$(BUILD)/briefly/%)
TAP = @TB_BUILD=$(BUILD) tests/prove $(PROVEFLAGS)
$(BRIEFLY): $(BUILD)/briefly/%: $(BUILD)/fuzz/%
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec tests/fuzz/briefly $<\n' >$@ && chmod 755 $@
deps:
	@tests/install-deps check
# What needs the packages begins only when they are there, also with -j: a make of its own, after deps.
WITH_DEPS = +@$(MAKE) --no-print-directory
tests: system-programs $(CHECKS)
# What the system tests run; a test of one mutation builds no more than it needs.
system-programs: all $(HELPERS) $(BUILD)/bench/fairness
sanitized:
	+@$(MAKE) --no-print-directory SANITIZE=1 BUILD=build-sanitize tests
check: deps
	$(WITH_DEPS) check-run
check-run: tests sanitized fuzzers build/guest/accel build/newer/fetched machine $(DEB)
	$(TAP) $(BUILD_TESTS) $(MACHINE_TESTS) $(CHECKS) $(CHECKS:$(BUILD)/%=build-sanitize/%) \
		$(BRIEFLY:$(BUILD)/%=build-fuzz/%)
check-unit: deps
	$(WITH_DEPS) check-unit-run
check-unit-run: $(UNIT_TESTS) $(REPLAYS)
	$(TAP) $(UNIT_TESTS) $(REPLAYS)
check-system: deps
	$(WITH_DEPS) check-system-run
check-system-run: tests build/guest/accel build/newer/fetched
	$(TAP) $(SYSTEM_TESTS:%=$(BUILD)/%)
demo:
	@tests/install-deps demo
	$(WITH_DEPS) all
	@TB_BUILD=$(BUILD) tests/demo
bench: deps
	$(WITH_DEPS) bench-programs
	@TB_BUILD=$(BUILD) tests/bench/run
bench-programs: all $(BENCHES)
FUZZ_SECONDS ?= 20
FUZZ_MAKE = +@$(MAKE) --no-print-directory SANITIZE=1 BUILD=build-fuzz CC=clang CFLAGS='-O1 -g -fsanitize=fuzzer-no-link'
fuzzers:
	$(FUZZ_MAKE) fuzz-tests
fuzz-tests: $(BRIEFLY)
fuzz: deps
	$(FUZZ_MAKE) fuzz-run
fuzz-run: $(FUZZERS)
	@for fuzzer in $(^F); do mkdir -p $(BUILD)/found/$$fuzzer && \
		$(BUILD)/fuzz/$$fuzzer -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/found/$$fuzzer- \
			$(BUILD)/found/$$fuzzer tests/fuzz/corpus/$${fuzzer#fuzz_} || exit 1; done
# Takes each mitigation out, one at a time, and demands that its tests notice: all, or ONLY='C7 N1'.
mutations: deps
	$(WITH_DEPS) tests
	@tests/mutations/run $(ONLY)
# Changes one token at a time: N mutants of the C files in FOLDERS, tried with the unit tests that link them and with
# TESTS, names of system tests.
N ?= 200
SEED ?= 1
FOLDERS ?= proto broker
mutations-random: deps
	$(WITH_DEPS) tests
	@tests/mutations/at-random -n $(N) --seed $(SEED) --tests '$(TESTS)' $(FOLDERS)
# Which lines of the broker the unit and system tests run; see tests/coverage. The sandbox has the build where the path says.
COVERAGE_FLAGS = -O1 -g -fprofile-instr-generate=/run/tapbroker-tests/build/profile/%m.profraw%c -fcoverage-mapping \
	-mllvm -runtime-counter-relocation -Wno-unused-command-line-argument
coverage: deps
	+@$(MAKE) --no-print-directory BUILD=build-coverage CC=clang CFLAGS='$(COVERAGE_FLAGS)' coverage-run
coverage-run: tests build/guest/accel build/newer/fetched
	@rm -rf $(BUILD)/profile && mkdir $(BUILD)/profile && chmod 1777 $(BUILD)/profile
	-@LLVM_PROFILE_FILE='$(CURDIR)/$(BUILD)/profile/%m.profraw%c' TB_BUILD=$(BUILD) tests/prove $(PROVEFLAGS) $(CHECKS)
	@tests/coverage $(BUILD)
lint:
	@tests/lint
clean:
	rm -rf build build-sanitize build-fuzz build-mutations build-coverage

# Installing. The texts are written for PREFIX=/usr; sed makes them say where things are. One list serves both ways.
TEXTS = $(patsubst %,$(BUILD)/text/%,client/libtapbroker.pc.in client/openvpn/openvpn-up \
	$(filter-out policy/ansible/% policy/cni/%,$(wildcard policy/*.policy policy/*/*)) $(wildcard man/*.[1-8]))
$(TEXTS): $(BUILD)/text/%: % $(BUILD)/flags
	@mkdir -p $(@D)
	@sed -e 's,@PREFIX@,$(PREFIX),; s,@LIBDIR@,$(LIBDIR),; s,@INCLUDEDIR@,$(INCLUDEDIR),; s,@RELEASE@,$(RELEASE),' \
		-e 's,/usr/sbin/tapbroker,$(SBINDIR)/tapbroker,; s,/usr/libexec/tapbroker,$(LIBEXECDIR)/tapbroker,' \
		-e 's,/usr/bin/tapctl,$(BINDIR)/tapctl,' -e 's,/usr/lib/tapbroker,$(VENDORDIR),; s,/etc/tapbroker,$(SYSCONFDIR)/tapbroker,' $< >$@
# mode:directory:file:name there
text = $(foreach f,$(filter $(BUILD)/text/$(1),$(TEXTS)),644:$(2):$f:$(notdir $f))
INSTALLED = 755:$(SBINDIR):$(BUILD)/tapbrokerd:tapbrokerd 755:$(SBINDIR):$(BUILD)/tapbroker-setup:tapbroker-setup 755:$(BINDIR):$(BUILD)/tapctl:tapctl \
	$(foreach p,clerk authority opener,755:$(LIBEXECDIR)/tapbroker:$(BUILD)/tapbroker-$p:tapbroker-$p) \
	755:$(LIBEXECDIR):$(BUILD)/tapbroker-bridge-helper:tapbroker-bridge-helper \
	755:$(CNIDIR):$(BUILD)/tapbroker-cni:tapbroker-cni \
	$(foreach p,ip ifconfig,755:$(LIBEXECDIR)/tapbroker/stand-ins:$(BUILD)/tapbroker-stand-in:$p) \
	755:$(LIBEXECDIR)/tapbroker:$(BUILD)/text/client/openvpn/openvpn-up:openvpn-up \
	644:$(LIBDIR):$(BUILD)/libtapbroker.so.1:libtapbroker.so.1 644:$(LIBDIR):$(BUILD)/libtapbroker.a:libtapbroker.a \
	644:$(INCLUDEDIR):client/tapbroker.h:tapbroker.h 644:$(BASHCOMPDIR):client/completions/tapctl.bash:tapctl \
	644:$(ZSHCOMPDIR):client/completions/_tapctl:_tapctl 644:$(FISHCOMPDIR):client/completions/tapctl.fish:tapctl.fish \
	644:$(LIBDIR)/pkgconfig:$(BUILD)/text/client/libtapbroker.pc.in:libtapbroker.pc \
	$(call text,policy/systemd/%,$(SYSTEMDDIR)) $(call text,policy/sysusers.d/%,$(SYSUSERSDIR)) \
	$(call text,policy/tmpfiles.d/%,$(TMPFILESDIR)) $(call text,policy/udev/%,$(UDEVRULESDIR)) \
	$(call text,policy/network/%,$(NETWORKDIR)) $(call text,policy/NetworkManager/%,$(NMCONFDIR)) \
	$(call text,policy/%.policy,$(POLKITDIR)) $(call text,policy/apparmor/%,$(APPARMORDIR)) \
	$(call text,policy/rules.d/%,$(DOCDIR)/examples) $(call text,policy/networks.d/%,$(DOCDIR)/examples) \
	$(call text,policy/user-units/%,$(DOCDIR)/examples) \
	$(foreach f,$(wildcard policy/cni/*),644:$(DOCDIR)/examples/cni:$f:$(notdir $f)) \
	$(foreach f,$(wildcard client/python/tapbroker/*.py client/python/tapbroker/py.typed),644:$(PYTHONDIR)/tapbroker:$f:$(notdir $f)) \
	$(foreach f,$(wildcard policy/ansible/*/*),644:$(patsubst policy/%/,$(DOCDIR)/examples/%,$(dir $f)):$f:$(notdir $f)) \
	$(foreach f,$(wildcard client/python/examples/*),755:$(DOCDIR)/examples/python:$f:$(notdir $f)) \
	$(foreach n,1 3 5 7 8,$(call text,man/%.$n,$(MANDIR)/man$n)) 644:$(DOCDIR):README:README
install: all $(TEXTS)
	@set -e; IFS=:; for item in $(INSTALLED:%='%'); do set -- $$item; echo "  INSTALL	$(DESTDIR)$$2/$$4"; \
		install -d -m 755 "$(DESTDIR)$$2"; install -m $$1 "$$3" "$(DESTDIR)$$2/$$4"; done
	@ln -sf libtapbroker.so.1 $(DESTDIR)$(LIBDIR)/libtapbroker.so
	@install -d -m 755 $(DESTDIR)$(SYSCONFDIR)/tapbroker/networks.d $(DESTDIR)$(VENDORDIR)/networks.d
# What the administrator has put into our directories stays, and so these.
uninstall:
	@if [ -z "$(DESTDIR)" ] && [ -L /etc/systemd/system/sockets.target.wants/tapbroker.socket ]; then \
		echo "tapbroker.socket is enabled. First revoke what is leased (tapctl list --all; tapctl revoke LEASE), then:" >&2; \
		echo "    systemctl disable --now tapbroker.socket tapbroker.service" >&2; exit 1; fi
	@found=; IFS=:; for item in $(INSTALLED:%='%'); do set -- $$item; \
		if [ -e "$(DESTDIR)$$2/$$4" ]; then found=yes; rm -f "$(DESTDIR)$$2/$$4"; fi; done; \
	rm -f $(DESTDIR)$(LIBDIR)/libtapbroker.so; \
	unset IFS; for dir in $(SYSCONFDIR)/tapbroker/networks.d $(SYSCONFDIR)/tapbroker $(VENDORDIR)/networks.d $(VENDORDIR) \
		$(LIBEXECDIR)/tapbroker/stand-ins $(LIBEXECDIR)/tapbroker $(addprefix $(DOCDIR)/examples/,ansible/tasks ansible/handlers ansible/defaults \
		ansible/templates ansible cni python) $(DOCDIR)/examples $(DOCDIR) $(PYTHONDIR)/tapbroker; do \
		rmdir "$(DESTDIR)$$dir" 2>/dev/null || true; done; \
	if [ -z "$$found" ]; then \
		echo "nothing of tapbroker is below $(DESTDIR)$(PREFIX): was it installed with another PREFIX?" >&2; exit 1; fi
	@echo "what is in $(SYSCONFDIR)/tapbroker stays, and so do the users: grep tapbroker $(SYSCONFDIR)/passwd"

FORCE:
.PHONY: FORCE all deps tests system-programs sanitized fuzzers fuzz-tests mutations \
	mutations-random coverage coverage-run check check-run check-unit check-unit-run check-system check-system-run demo bench \
	bench-programs fuzz fuzz-run lint clean install uninstall
-include $(shell test -d $(BUILD) && find $(BUILD) \( -name machine -o -name newer \) -prune -o -name '*.d' -type f -print)
