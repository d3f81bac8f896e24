# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Checks for test scripts: one line of TAP each. A script ends with `done_testing`.

passed=0 failed=0

# ok TEXT -- COMMAND..: the command succeeds.
ok() {
	local text=$1 output
	shift 2
	if output=$("$@" 2>&1); then
		passed=$((passed + 1))
		echo "ok $text"
	else
		failed=$((failed + 1))
		echo "not ok $text"
		printf '# %s\n' "$*"
		[ -z "$output" ] || printf '%s\n' "$output" | tail -20 | sed 's/^/# /'
	fi
}

# is TEXT GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		echo "not ok $1"
		printf '%s\n' "# got:    $2" "# wanted: $3" | head -40
	fi
}

# status TEXT WANTED COMMAND..: the command exits with this status.
status() {
	local text=$1 wanted=$2 output got
	shift 2
	output=$("$@" 2>&1)
	got=$?
	is "$text" "$got" "$wanted"
	[ "$got" = "$wanted" ] || printf '%s\n' "$output" | tail -20 | sed 's/^/# /'
}

done_testing() {
	echo "# $passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
