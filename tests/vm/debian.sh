# shellcheck shell=bash
# Sourced by kernel and qemu: fetches Debian packages of a suite that this
# machine need not have configured, without root and without touching the
# machine's own apt state. The repository's address comes from the machine's
# apt (or from CAPWARD_DEBIAN), so none is written down here.

vm_cache=${CAPWARD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/capward}/vm

note() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
fail() { note "$@"; exit 1; }

need() {
    local tool missing=()
    for tool; do
        PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [ ${#missing[@]} -eq 0 ] || fail "not installed: ${missing[*]} (the packages needed are listed at the top of tests/vm/kernel)"
}

# lock NAME: one downloader at a time; held until the script ends.
lock() {
    mkdir -p "$vm_cache" || fail "cannot create the cache $vm_cache; set CAPWARD_CACHE to a writable directory"
    exec {lock_fd}>"$vm_cache/.lock-$1"
    flock -n "$lock_fd" && return
    note "another download of $1 is under way, waiting for it"
    flock -w 1800 "$lock_fd" || fail "another download of $1 still holds $vm_cache/.lock-$1 after 30 minutes"
}

# debian_uri: the address of the main Debian repository this machine uses.
debian_uri() {
    if [ -n "${CAPWARD_DEBIAN:-}" ]; then
        echo "$CAPWARD_DEBIAN"
        return
    fi
    # shellcheck disable=SC2016 # apt expands these, not the shell
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F'|' '$1 == "Debian" && $2 == "Debian" && $3 == "main" { print $4; exit }'
}

# debian_suite SUITE WORK: makes apt see that suite alone; fails if it cannot.
debian_suite() {
    local suite=$1 work=$2 uri keys=/usr/share/keyrings/debian-archive-keyring.gpg signed=
    uri=$(debian_uri)
    [ -n "$uri" ] || fail "apt knows no Debian repository: run 'apt-get update', or set CAPWARD_DEBIAN to a Debian mirror's address"
    [ ! -r "$keys" ] || signed="[signed-by=$keys] "
    rm -rf "$work"
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    : >"$work/status"
    echo "deb $signed$uri $suite main" >"$work/sources.list"
    cat >"$work/apt.conf" <<-CONF
	Dir::Etc::SourceList "$work/sources.list";
	Dir::Etc::SourceParts "/dev/null";
	Dir::State::Lists "$work/lists";
	Dir::State::Status "$work/status";
	Dir::Cache "$work/cache";
	APT::Architecture "amd64";
	APT::Sandbox::User "";
	Acquire::Languages "none";
	Acquire::Retries "3";
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	CONF
    apt_conf=$work/apt.conf
    timeout --foreground 900 apt-get -c "$apt_conf" -q -o APT::Update::Error-Mode=any update >"$work/log" 2>&1 || {
        note "cannot read suite $suite of the Debian repository:"
        grep -E '^[EW]:' "$work/log" | tail -n 3 >&2 || tail -n 3 "$work/log" >&2
        return 1
    }
}

# debian_newest REGEX: the newest package whose name matches, nothing if none.
debian_newest() {
    local name
    while read -r name; do
        # names that others only refer to are listed too: take one that exists
        case $(apt-cache -c "$apt_conf" show "$name" 2>/dev/null) in
            *Filename:*) echo "$name"; return ;;
        esac
    done < <(apt-cache -c "$apt_conf" pkgnames | grep -xE "$1" | sort -Vr)
}

# debian_unpack DIR PACKAGE...: downloads (apt checks the hashes) and unpacks.
debian_unpack() {
    local dir=$1 debs=$1.debs deb
    shift
    mkdir -p "$debs" "$dir"
    note "downloading $*"
    (cd "$debs" && timeout --foreground 1800 apt-get -c "$apt_conf" -qq download "$@") >&2 || {
        note "the download of $* failed: is the network there, and is $vm_cache full?"
        return 1
    }
    for deb in "$debs"/*.deb; do
        dpkg-deb -x "$deb" "$dir" || return 1
    done
    rm -rf "$debs"
}
