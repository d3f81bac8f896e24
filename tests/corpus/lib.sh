# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# One run of one server of the corpus: its container, the client against it, its end, and what it left.
# Sourced by tests/corpus/guest, in the guest, as root.
#
# A file of servers/ says:
#   packages       Debian packages, the server's own first
#   user           who the payload starts as; root if not said
#   serve          the payload, an array of words
#   configure      makes the file system what an image of this server has; runs in it, as root
#   client         what a real client does; every command in it must succeed
#   audits         the program of it that writes to the audit log; none if not said
#   stop           the signal that asks it to end, and the exit status it then ends with; "KILL -" if
#                  it does not end by itself
# What a client has to say it with is below, from `from` on.
# shellcheck disable=SC2034,SC2154 # the parts share their variables

set -uo pipefail
capward=$PWD/build/capward
servers=$PWD/tests/corpus/servers
docker_caps='AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP
	SETGID SETPCAP SETUID SYS_CHROOT'
docker_caps=$(xargs <<<"$docker_caps")
corpus=/run/corpus
# of a machine whose cgroups are not for crun and podman to make
read -ra crun_options <<<"${CORPUS_CRUN:-}"
read -ra podman_options <<<"${CORPUS_PODMAN:-}"
# seconds that a client waits for what it was promised: long where it should come, for a guest is slow
long=40
patience=${CORPUS_PATIENCE:-$long}

# --- file systems ---------------------------------------------------------------------------------

# base_up IMAGE: the tree of all packages, and one for clients to run in.
base_up() {
	mkdir -p $corpus/base $corpus/client
	mount -t tmpfs -o mode=755 tmpfs $corpus || return
	mkdir -p $corpus/{base,client,template}
	if [ -d "$1" ]; then
		mount --bind "$1" $corpus/base || return
	else
		modprobe -a loop squashfs overlay
		mount -t squashfs -o loop,ro "$1" $corpus/base || return
	fi
	layer $corpus/client $corpus/base || return
	mount --bind /dev $corpus/client/root/dev
	mount --bind /dev/pts $corpus/client/root/dev/pts
	mount -t proc proc $corpus/client/root/proc
}

# layer DIR LOWER: DIR/root is LOWER with a writable layer over it, DIR/upper.
layer() {
	mkdir -p "$1"/{upper,inner,root}
	mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/inner" "$1/root"
}

# left DIR: what a run changed in its file system: path, type, owner, group, mode. Times and sizes
# differ from run to run, as do the parts of names that are made of them.
left() { (cd "$1/upper" && find . -mindepth 1 -printf '%P %y %U %G %m\n' |
	sed -E -e 's/[0-9a-f]{8}/N/g' -e 's/[0-9]{5,}/N/g' | sort); }

# audited AFTER: what the server wrote to the audit log of the host after so many records.
audited() {
	[ -n "$audits" ] || return 0
	tail -n "+$(($1 + 1))" $corpus/audit | grep -F "exe=\"$audits\"" |
		sed -nE 's/.*(op=[^ ]*).*(acct="?[^" ]*).*(res=[a-z]*).*/audit: \1 \2 \3/p' | tr -d '"' | sort -u
}

# --- the container ----------------------------------------------------------------------------------

# template CAPS: prints the OCI configuration that podman makes for a container with just CAPS, or with
# --privileged for ALL; made once for each set, because podman's seccomp filter depends on it.
template() {
	local key=${1// /+} id source
	local to=$corpus/template/${key:-none}
	(
		flock 9
		if [ -s "$to/config.json" ]; then exit; fi
		mkdir -p "$to"
		local options=(--privileged)
		[ "$1" = ALL ] || mapfile -t options < <(flags "$1")
		id=$(podman --cgroup-manager cgroupfs create "${podman_options[@]}" --network none --hostname corpus \
			"${options[@]}" --rootfs $corpus/base:O true) || exit
		# it has the configuration also where it cannot make the container
		podman --cgroup-manager cgroupfs init "$id" >/dev/null 2>"$to/log"
		find /var/lib/containers/storage -path "*$id/userdata/config.json" -exec cp {} "$to/made" \;
		[ -s "$to/made" ] || { cat "$to/log"; exit 1; } >&2
		# what it mounts from podman's own directories
		for source in $(jq -r '.mounts[] | select(.type == "bind") | .source' "$to/made"); do
			[ ! -f "$source" ] || cp "$source" "$to/"
		done
		podman --cgroup-manager cgroupfs rm -f -t 0 "$id" >/dev/null
		jq --arg files "$to" '
			.mounts |= map(
				if .destination == "/dev/shm" then
					{destination: "/dev/shm", type: "tmpfs", source: "shm",
						options: ["nosuid", "noexec", "nodev", "mode=1777", "size=64m"]}
				elif .type == "bind" and (.source | startswith("/dev/") | not) then
					.source = $files + "/" + (.source | split("/") | last)
				else . end) |
			del(.hooks) | .annotations = {} | .process.terminal = false | .root.readonly = false
			' "$to/made" >"$to/new" && mv "$to/new" "$to/config.json"
	) 9>$corpus/template/lock || return
	echo "$to/config.json"
}

# start_crun DIR CGROUP CAPS: the server in a new container with just CAPS, as `template`, started by crun.
start_crun() {
	local dir=$1 cgroup=$2 ids made
	made=$(template "$3") || return
	ids=$(chroot $corpus/base sh -c "id -u $user && id -g $user" | paste -sd' ')
	jq --arg root "$dir/root" --arg cgroup "$cgroup" --arg ids "$ids" '
		.process.capabilities.bounding as $list |
		($ids | split(" ") | map(tonumber)) as $id |
		.root.path = $root | .linux.cgroupsPath = $cgroup |
		.process.args = $ARGS.positional | .process.cwd = "/" |
		.process.user = {uid: $id[0], gid: $id[1]} |
		.process.capabilities = (if $id[0] == 0 then
				{bounding: $list, effective: $list, permitted: $list}
			else {bounding: $list} end)
		' "$made" --args -- "${serve[@]}" >"$dir/config.json" || return
	crun "${crun_options[@]}" run --bundle "$dir" --pid-file "$dir/pid" "$(container_name "$dir")" \
		>"$dir/log" 2>&1 </dev/null &
	runner=$!
}

# start_podman DIR CGROUP OPTION..: the same as podman does it.
start_podman() {
	local dir=$1 cgroup=$2
	shift 2
	podman --cgroup-manager cgroupfs run --rm --name "$(container_name "$dir")" --network none \
		--hostname corpus --cgroup-parent "$cgroup" --pidfile "$dir/pid" --user "$user" "$@" \
		--rootfs "$image/root:O" "${serve[@]}" >"$dir/log" 2>&1 </dev/null &
	runner=$!
}

# start_docker DIR CGROUP OPTION..
start_docker() {
	local dir=$1 name
	name=$(container_name "$dir")
	shift 2
	docker run --rm --name "$name" --network none --hostname corpus --user "$user" \
		--security-opt apparmor=unconfined "$@" "corpus-$server" "${serve[@]}" >"$dir/log" 2>&1 </dev/null &
	runner=$!
	until docker inspect -f '{{.State.Pid}}' "$name" 2>/dev/null | grep -v '^0$' >"$dir/pid"; do
		kill -0 "$runner" 2>/dev/null || break
		sleep 0.2
	done
}

# flags CAPS: what `docker run` and `podman run` take for exactly that set.
flags() {
	local cap
	echo --cap-drop=ALL
	for cap in $1; do echo "--cap-add=$cap"; done
}

container_name() { local d=${1#"$corpus"/}; echo "corpus-${d//\//-}"; }

# load SERVER: its file, and its image: the base and what `configure` makes of it, once.
load() {
	server=$1 user=root audits='' stop='TERM 0' image=$corpus/$1/image
	unset -f client configure
	# shellcheck source=/dev/null
	. "$servers/$1"
	[ ! -e "$image" ] || return 0
	layer "$image" $corpus/base || return
	mount --bind /dev "$image/root/dev"
	mount -t proc proc "$image/root/proc"
	! declare -F configure >/dev/null || chroot "$image/root" bash -euc "$(declare -f configure); configure" >"$image/log" 2>&1 </dev/null ||
		{ echo "configure failed:"; tail "$image/log"; return 1; }
	umount "$image/root/proc" "$image/root/dev" "$image/root" || return
	mount -t overlay overlay -o "ro,lowerdir=$image/upper:$corpus/base" "$image/root"
}

# try_server RUN HOW CGROUP ARGUMENT..: one run of the server that was loaded; its verdict is the status, and
# in DIR/why why it failed.
try_server() {
	local run=$1 how=$2 cgroup=$3 began=$EPOCHREALTIME heard
	heard=$(wc -l <$corpus/audit)
	shift 3
	dir=$corpus/$server/$run
	mkdir -p "$dir"
	: >"$dir/why"
	if [ "$how" = crun ]; then layer "$dir" "$image/upper:$corpus/base" || return; fi
	"start_$how" "$dir" "$cgroup" "$@" || return
	verdict=0
	CORPUS_PATIENCE=$patience tests/corpus/client "$server" "$dir" "$runner" >"$dir/why" 2>&1 </dev/null || verdict=1
	stopped "$how" || verdict=1
	[ "$how" != crun ] || { { left "$dir"; audited "$heard"; } >"$dir/left"; umount "$dir/root"; }
	took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
	return "$verdict"
}

# stopped HOW: asks it to end, and whether it does as it should; at last it is gone in any case.
stopped() {
	local how=$1 signal=${stop% *} wanted=${stop#* } status=0 deadline=$((SECONDS + patience)) pid alive=''
	pid=$(cat "$dir/pid" 2>/dev/null)
	! kill -0 "$runner" 2>/dev/null || alive=1
	if [ -n "$alive" ] && [ "$verdict" -eq 0 ] && [ -n "$pid" ]; then
		kill "-$signal" "$pid" 2>/dev/null
		while kill -0 "$runner" 2>/dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.1; done
	fi
	if kill -0 "$runner" 2>/dev/null; then
		if [ "$verdict" -eq 0 ] && [ "$wanted" != - ]; then
			echo "it does not end within $patience s of SIG$signal" >>"$dir/why"
			status=1
		fi
		case $how in
		crun) crun delete -f "$(container_name "$dir")" ;;
		podman) podman --cgroup-manager cgroupfs rm -f -t 0 "$(container_name "$dir")" ;;
		docker) docker rm -f "$(container_name "$dir")" ;;
		esac >/dev/null 2>&1
		wait "$runner"
	else
		wait "$runner"
		local got=$?
		if [ -z "$alive" ]; then
			echo "it ended with status $got" >>"$dir/why"
			[ "$verdict" -ne 0 ] || echo "before it was told to" >>"$dir/why"
			status=1
		elif [ "$verdict" -eq 0 ] && [ "$wanted" != - ] && [ "$got" -ne "$wanted" ]; then
			echo "it ended with status $got, not $wanted" >>"$dir/why"
			status=1
		fi
	fi
	return $status
}

# how_it_broke DIR: one line for people: the refusal in its log, and what the client saw.
how_it_broke() {
	local line saw
	line=$(grep -aiE 'not permitted|permission denied|EPERM|EACCES|fatal|emerg|can.?not|could not|unable|failed' "$1/log" | tail -n 1)
	[ -n "$line" ] || line=$(tail -n 1 "$1/log")
	saw=$(grep -v '^client: ' "$1/why" | tail -n 2 | paste -sd';')
	[ -n "$saw" ] || saw=$(head -n 1 "$1/why")
	printf '%s' "$saw${line:+ | $line}" | tr -cd '[:print:]' | cut -c1-300
}

# --- for clients --------------------------------------------------------------------------------------

# from COMMAND..: run it in the container's network, not in the container, with programs of the same tree.
from() { timeout 25 nsenter --net="/proc/$pid/ns/net" -- chroot $corpus/client/root "$@"; }

# eventually COMMAND..: it comes to succeed.
eventually() {
	local deadline=$((SECONDS + patience)) output
	until output=$("$@" 2>&1); do
		if [ ! -e "/proc/$pid/ns/net" ]; then echo "the server is gone"; return 1; fi
		if [ $SECONDS -ge $deadline ]; then
			printf 'within %s s not: %s\n%s\n' "$patience" "$*" "$output" | head -c 600
			return 1
		fi
		sleep 0.2
	done
}

# same GOT WANTED
same() { [ "$1" = "$2" ] || { echo "got '${1:0:200}', not '$2'"; return 1; }; }

# answers WANTED COMMAND..: the command comes to print this.
answers() {
	local wanted=$1
	shift
	eventually prints "$wanted" "$@"
}
prints() { local wanted=$1; shift; same "$("$@" 2>/dev/null)" "$wanted"; }

# tell SIGNAL: to the container's first process, as `docker kill --signal` does.
tell() { kill "-$1" "$pid"; }

# runs NAME USER: some process of the container has that name and user, and not the group of root.
runs() {
	local uid process
	uid=$(awk -F: -v u="$2" '$1 == u { print $3 }' "$image/root/etc/passwd")
	process=$(pgrep --ns "$pid" --nslist pid -u "$uid" -x "$1" | head -n 1)
	[ -n "$process" ] || { echo "there is no $1 of $2"; return 1; }
	! grep -E '^(Gid|Groups):' "/proc/$process/status" | grep -qw 0 ||
		{ echo "$1 of $2 is still in root's group"; return 1; }
}

# processes: how many the container has.
processes() { pgrep --ns "$pid" --nslist pid -c .; }

# owner PATH: user:group:mode in the container, by its own names.
owner() {
	local uid gid mode
	read -r uid gid mode < <(stat -c '%u %g %a' "$tree$1") || return
	echo "$(name_of "$uid" passwd):$(name_of "$gid" group):$mode"
}
name_of() { awk -F: -v id="$1" '$3 == id { print $1 }' "$image/root/etc/$2"; }

# says TEXT: the server comes to print that.
says() { eventually grep -qF -- "$1" "$dir/log"; }

# has FILE TEXT: a file of the container comes to have that.
has() { eventually grep -qF -- "$2" "$tree$1"; }
