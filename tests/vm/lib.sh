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
# jq compiles its own library at each start, which takes a quarter of a second here. gojq does not.
ln -sf "$(command -v gojq)" /usr/local/bin/jq || exit
mkfifo "$work/never"
exec {never}<>"$work/never"

# pause SECONDS: wait, without a process for it.
pause() { read -rt "$1" -u "$never"; }

# has FILE TEXT: whether it is there and has that, without a process for it, which who is waited for would
# have to wait for.
has() {
	local all=
	IFS= read -rd '' all <"$1"
	[[ $all == *"$2"* ]]
} 2>/dev/null

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
	mkdir -p "$1"/{bin,dev,proc,sys,tmp,etc,work}
	cp /bin/busybox "$1/bin/busybox"
	chroot "$1" /bin/busybox --install -s /bin
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

# --- the daemon ---------------------------------------------------------------------------------------

profiles=/etc/capward/profiles

# daemon_places: where the daemon looks, and what docker writes, empty.
daemon_places() { mkdir -p $profiles /var/lib/docker/containers /sys/fs/cgroup/docker; }

# no_daemon_places: none of it, for the cases after this one.
no_daemon_places() {
	rm -rf /etc/capward /var/lib/docker/containers /var/lib/capward
	find /sys/fs/cgroup/docker -depth -type d -exec rmdir {} \;
}

# begin_daemon: its process is $daemon; what it says is in the file said, events in the file events.
begin_daemon() { begin_daemon_with --events "$work/events"; }

# begin_daemon_with OPTION..: the same with options of one's own.
begin_daemon_with() {
	: >"$work/said"
	"$capward" daemon "$@" >"$work/out" 2>>"$work/said" &
	daemon=$!
}

# serves: whether the daemon comes to.
serves() {
	local try
	for ((try = 0; try < 1200; try++)); do
		has "$work/said" 'capward daemon: enforcing;' && return
		kill -0 "$daemon" 2>/dev/null || break
		pause 0.1
	done
	cat "$work/said"
	return 1
}

# put NAME TEXT: a profile into the directory, as a whole.
put() {
	mkdir -p $profiles
	printf '%s\n' "$2" >"$work/new"
	mv "$work/new" "$profiles/$1.yaml"
}

# said TEXT: whether the daemon comes to say it.
said() {
	local try
	for ((try = 0; try < 300; try++)); do
		has "$work/said" "$1" && return
		pause 0.1
	done
	cat "$work/said"
	return 1
}

# followed: how many scopes the daemon follows, which it says when it is told to read its profiles again.
followed() {
	: >"$work/said"
	kill -HUP "$daemon"
	said ' profiles in force; ' &&
		sed -n 's/.* profiles in force; \([0-9]*\) scopes.*/\1/p' "$work/said"
}

# id N: a container's id.
id() { printf '%064d' "$1"; }

# docker_files N NAME IMAGE LABELS: what docker writes of the container before it makes its cgroup.
docker_files() {
	local dir
	dir=/var/lib/docker/containers/$(id "$1")
	mkdir -p "$dir"
	printf '{"ID": "%s", "Name": "/%s", "Config": {"Image": "%s", "Labels": %s}}' \
		"$(id "$1")" "$2" "$3" "$4" >"$dir/config.v2.json.new"
	mv "$dir/config.v2.json.new" "$dir/config.v2.json"
}

# profile_of CGROUP: what the scope has now.
profile_of() {
	"$capward" ps -o json | jq -r --arg g "$1" '[.scopes[] | select(.scope.cgroup == $g) | .profile][0]'
}

# comes CGROUP PROFILE: whether the scope comes to have that profile.
comes() {
	local now
	for _ in $(seq 100); do
		now=$(profile_of "$1")
		[ "$now" != "$2" ] || return 0
		pause 0.1
	done
	echo "it has $now"
	cat "$work/said"
	return 1
}

# metric NAME: of the daemon's, as it is now; it makes them anew once a second.
metric() {
	pause 1.1
	curl -s --unix-socket /run/capward/metrics.sock http://localhost/metrics |
		awk -v m="$1" '$1 == m { print $2 }'
}

# What engines are given as an image: the root file system of `rootfs`, by this name.
image=registry.example/shop/probe:1.0

# image_tar: that root file system as a tar file, made once; prints its path.
image_tar() {
	if [ ! -e "$work/image.tar" ]; then
		rootfs "$work/image"
		tar -C "$work/image" -c . >"$work/image.tar"
	fi
	echo "$work/image.tar"
}

# until_ok COMMAND..: wait until it succeeds, 60 s at most; says so if it does not.
until_ok() {
	local end=$((SECONDS + 60))
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			echo "after 60 s still not: $*" >&2
			return 1
		fi
		pause 0.2
	done
	return 0
}

# docker_up DRIVER: dockerd with that cgroup driver, no network, and the image.
docker_up() {
	dockerd --iptables=false --bridge=none --exec-opt "native.cgroupdriver=$1" >/run/dockerd.log 2>&1 &
	until_ok docker version && docker import "$(image_tar)" "$image" >/dev/null
}

# containerd_up: containerd with the image in each of its namespaces, and with CRI: a sandbox that
# sleeps, the runtime handlers `cgroupfs` and `systemd`, each with that cgroup driver.
containerd_up() {
	local namespace
	cat >"$work/containerd.toml" <<-TEXT
		version = 2
		[plugins."io.containerd.grpc.v1.cri"]
		sandbox_image = "registry.example/pause:1"
		disable_apparmor = true
		[plugins."io.containerd.grpc.v1.cri".containerd]
		default_runtime_name = "cgroupfs"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.cgroupfs]
		runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.systemd]
		runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.systemd.options]
		SystemdCgroup = true
	TEXT
	tests/vm/image "$(image_tar)" "$image" "$work/probe.tar"
	tests/vm/image "$(image_tar)" registry.example/pause:1 "$work/pause.tar" /bin/sleep 1000000
	containerd -c "$work/containerd.toml" >/run/containerd.log 2>&1 &
	until_ok ctr version || return
	for namespace in default prod k8s.io; do
		ctr -n $namespace images import "$work/probe.tar" >/dev/null || return
	done
	ctr -n k8s.io images import "$work/pause.tar" >/dev/null
}

# cri METHOD [JSON]: a call as a kubelet makes it.
cri() { tests/vm/cri "$@"; }

# pod PARENT: the sandbox that a kubelet asks for, with the node's network, below that cgroup.
pod() {
	jq -cn --arg parent "$1" --arg uid "$pod_uid" --arg log "$work/log" '{
		metadata: {name: "web-0", uid: $uid, namespace: "shop"},
		log_directory: $log,
		labels: {app: "web", "io.kubernetes.pod.name": "web-0",
			"io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.uid": $uid},
		annotations: {"kubernetes.io/config.source": "api", team: "blue"},
		linux: {cgroup_parent: $parent, security_context:
			{privileged: true, namespace_options: {network: 2}}}}'
}
pod_uid=6e5b2c0a-93a1-4a53-8e1e-0d3c1f5d7b42

# container NAME POD COMMAND..: the privileged container that a kubelet asks for in that pod.
container() {
	local name=$1 pod=$2
	shift 2
	jq -cn --arg name "$name" --argjson pod "$pod" --arg image "$image" \
		'{metadata: {name: $name}, image: {image: $image}, command: $ARGS.positional,
		labels: {"io.kubernetes.container.name": $name,
			"io.kubernetes.pod.name": $pod.metadata.name,
			"io.kubernetes.pod.namespace": $pod.metadata.namespace,
			"io.kubernetes.pod.uid": $pod.metadata.uid},
		annotations: {"io.kubernetes.container.hash": "1f2e3d4c"},
		log_path: ($name + ".log"),
		linux: {security_context: {privileged: true, namespace_options: {network: 2}}}}' \
		--args -- "$@"
}

# pod_up HANDLER POD: start it; prints its id.
pod_up() {
	mkdir -p "$work/log"
	cri RunPodSandbox "$(jq -cn --arg handler "$1" --argjson pod "$2" \
		'{config: $pod, runtime_handler: $handler}')" | jq -r .pod_sandbox_id
}

# container_up SANDBOX POD NAME COMMAND..: start a container in it; prints its id.
container_up() {
	local id
	id=$(cri CreateContainer "$(jq -cn --arg id "$1" --argjson pod "$2" \
		--argjson container "$(container "$3" "$2" "${@:4}")" \
		'{pod_sandbox_id: $id, sandbox_config: $pod, config: $container}')" | jq -r .container_id)
	cri StartContainer "{\"container_id\": \"$id\"}" >/dev/null
	echo "$id"
}

# pod_down SANDBOX
pod_down() {
	cri StopPodSandbox "{\"pod_sandbox_id\": \"$1\"}" >/dev/null &&
		cri RemovePodSandbox "{\"pod_sandbox_id\": \"$1\"}" >/dev/null
}

# who CGROUP: what `capward ps` calls that scope.
who() {
	"$capward" ps -o json | jq -r --arg g "$1" \
		'[.scopes[] | select(.scope.cgroup == $g) | .scope | "\(.runtime) \(.container)"] |
		if . == [] then "no such scope" else .[] end'
}

# gone CGROUP: whether that scope is, or goes within 5 s.
gone() {
	local try
	for try in $(seq 50); do
		[ "$(who "$1")" != "no such scope" ] || return 0
		pause 0.1
	done
	echo "still there after $try tries: $(who "$1")"
	return 1
}

# named CGROUP: the name and the image that `capward ps` has of that scope, a dash for what it has not.
named() {
	"$capward" ps -o json | jq -r --arg g "$1" \
		'.scopes[] | select(.scope.cgroup == $g) | .scope | "\(.name // "-") \(.image // "-")"'
}
