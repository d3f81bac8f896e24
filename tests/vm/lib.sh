# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the cases have in common. A case is run as root in a guest, in the checkout, prints TAP, and
# ends with `done_testing`.

set -uo pipefail
capward=$PWD/build/capward
probe=$PWD/build/tests/probe
work=$(mktemp -d)
. tests/tap.sh
mkfifo "$work/never"
exec {never}<>"$work/never"

# pause SECONDS: wait, without a process for it.
pause() { read -rt "$1" -u "$never"; }

# count CGROUP VERDICT CAP: what `capward ps` counted, 0 when nothing. A dot for all capabilities.
count() {
	"$capward" ps -o json | jq -r --arg g "$1" --arg v "$2" --arg c "CAP_$3" '
		[.scopes[] | select(.scope.cgroup == $g) | .[$v] |
			if $c == "CAP_." then add // 0 else .[$c] // 0 end] | add // "no such scope"'
}

# none_left setup_tasks|bound_tasks: whether `capward status` comes to 0 of them. An exit is seen at
# once or, when that was missed, as the kernel frees the task.
none_left() {
	local try left
	for try in $(seq 50); do
		left=$("$capward" status -o json | jq ".$1")
		[ "$left" -ne 0 ] || return 0
		pause 0.1
	done
	echo "$left left after $try tries"
	return 1
}

# entries MAP: how many a pinned map has.
entries() { bpftool map dump pinned /sys/fs/bpf/capward/"$1" -j | jq length; }

# settled N: wait until N programs judge, capward's or those of one that was killed; the kernel frees
# them in its own time. Prints how many do.
settled() {
	local polls=0 count
	while :; do
		count=$(bpftool prog show -j | jq '[.[] | select(.type == "lsm" and .name == "capable")] | length')
		if [ "$count" -eq "$1" ] || [ $((polls += 1)) -gt 100 ]; then break; fi
		pause 0.1
	done
	echo "$count"
}

# kill_one LIMIT COMMAND..: start it, and kill it within LIMIT milliseconds, by RANDOM; what it complains
# of goes to the file said. Whether it still ran.
kill_one() {
	local limit=$1 victim at
	shift
	"$@" >/dev/null 2>>"$work/said" &
	victim=$!
	at=$((RANDOM * limit / 32768))
	pause "$(printf '%d.%03d' $((at / 1000)) $((at % 1000)))"
	kill -9 $victim 2>/dev/null
	wait $victim 2>/dev/null
	[ $? -eq 137 ]
}

# profile NAME MODE CAPS [PATTERN..]: write a profile that allows just CAPS (a YAML list, or ALL) and
# print its file.
profile() {
	local name=$1 mode=$2 caps=$3 file=$work/$1.yaml pattern
	shift 3
	{
		echo "profile: $name"
		echo "mode: $mode"
		case $caps in
		ALL) echo "privileged: true" ;;
		*)
			echo "cap_drop: [ALL]"
			[ "$caps" = '[]' ] || echo "cap_add: $caps"
			;;
		esac
		[ $# -eq 0 ] || echo "match:"
		for pattern; do echo "  - cgroup: \"$pattern\""; done
	} >"$file"
	echo "$file"
}

# in_cgroup PATH COMMAND..: run it in that cgroup, entered by itself.
in_cgroup() {
	local path=/sys/fs/cgroup$1
	shift
	(
		echo 0 >"$path/cgroup.procs" || exit 99
		exec "$@"
	)
}

# in_container PATH COMMAND..: the same as a runtime would, whose set-up ends with the exec in a mount
# namespace of the container's own.
in_container() {
	local path=$1
	shift
	in_cgroup "$path" unshare -m "$@"
}

# rootfs DIR: a root file system with busybox and the probe.
rootfs() {
	local app
	mkdir -p "$1"/{bin,dev,proc,sys,tmp,etc,work}
	cp /bin/busybox "$1/bin/busybox"
	for app in $(/bin/busybox --list); do
		[ "$app" = busybox ] || ln -sf busybox "$1/bin/$app"
	done
	cp "$probe" "$1/bin/probe"
	echo root:x:0:0:root:/:/bin/sh >"$1/etc/passwd"
}

# bundle DIR CGROUP JQ-FILTER: an OCI bundle with all capabilities, its root an overlay that the
# host mounted, to run in CGROUP.
bundle() {
	local dir=$1
	mkdir -p "$dir"/{lower,upper,inner,rootfs}
	rootfs "$dir/lower"
	mount -t overlay overlay \
		-o "lowerdir=$dir/lower,upperdir=$dir/upper,workdir=$dir/inner" "$dir/rootfs"
	configure "$@"
}

# configure DIR CGROUP JQ-FILTER: the configuration of such a bundle.
configure() {
	local dir=$1 cgroup=$2 filter=$3
	(cd "$dir" && runc spec)
	jq --arg cgroup "$cgroup" --argjson all "$(all_capabilities)" '
		.process.terminal = false |
		.root.readonly = false |
		.linux.cgroupsPath = $cgroup |
		.linux.seccomp = null |
		.process.noNewPrivileges = false |
		.process.capabilities |= with_entries(.value = $all) |
		'"$filter" "$dir/config.json" >"$dir/new.json"
	mv "$dir/new.json" "$dir/config.json"
}

all_capabilities() {
	"$capward" profile check -o json "$(privileged_profile)" | jq -c '.profiles[0].granted'
}

privileged_profile() {
	printf 'profile: all\nprivileged: true\n' >"$work/all.yaml"
	echo "$work/all.yaml"
}
