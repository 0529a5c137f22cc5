# Sourced by the tests of the build. They speak TAP, and look only at files: nothing here starts the broker.
# shellcheck shell=sh
# shellcheck disable=SC2034 # what is unused here is used there
set -u
cd "$(dirname "$0")/../.." || exit 1

BUILD=${TB_BUILD:-build}
PROGRAMS='tapbrokerd tapbroker-setup tapbroker-clerk tapbroker-authority tapbroker-opener tapctl tapbroker-bridge-helper tapbroker-stand-in tapbroker-cni'
tests=0
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# A make that we start is not part of the one that started us.
unset MAKEFLAGS MFLAGS MAKELEVEL

# ok NAME COMMAND [ARGUMENTS]: one test, passed if the command succeeds. What the command says is shown if it does not.
ok() {
	name=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$temporary/said" 2>&1; then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
		sed 's/^/# /' "$temporary/said"
	fi
}

# none NAME COMMAND [ARGUMENTS]: one test, passed if the command has nothing to say.
none() {
	name=$1
	shift
	"$@" >"$temporary/found" 2>&1
	ok "$name" same "$temporary/found" /dev/null
}

# same FILE FILE: the difference is what is wrong.
same() {
	diff -U 0 "$1" "$2"
}

# show FILE: its lines as remarks.
show() {
	sed 's/^/# /' "$1"
}

finish() {
	echo "1..$tests"
	exit 0
}
