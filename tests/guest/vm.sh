# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ./run vm: boots the guest and runs one command in it. README.md tells how.
# Sourced by ../../run after kernel.sh.
# shellcheck disable=SC2154 # top, kernel

vm_memory=2048 # MB, of the guest

vm_usage() {
	echo "usage: ./run vm [--layout NAME|FILE] [--cpus 1|2] [--timeout SECONDS] [--verbose] [--] CMD ARG..." >&2
	exit 2
}

# quote STRING: prints it as one word of sh.
quote() {
	printf "'"
	printf '%s' "$1" | sed "s/'/'\\\\''/g"
	printf "'"
}

# Names of the variables that the command sees from the caller's environment.
vm_environment() {
	env -0 | tr '\n\0' ' \n' | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' | sort -u |
		while read -r name; do
			case $name in
			VITRINE_TEST_DEVICE | VITRINE_CACHE) ;; # the host's
			HOME | USER | LOGNAME | TERM | COLORTERM | LANG | LC_* | TZ | PATH | CI) echo "$name" ;;
			VITRINE_* | MESON_* | NINJA_* | G_* | GTK_* | GDK_* | SOURCE_DATE_EPOCH) echo "$name" ;;
			*SAN_OPTIONS | *SAN_SYMBOLIZER_PATH | MALLOC_* | WAYLAND_DEBUG | CMOCKA_*) echo "$name" ;;
			WLR_* | WESTON_* | LIBINPUT_* | XKB_* | FONTCONFIG_*) echo "$name" ;;
			esac
		done
}

# vm_command CMD ARG...: prints the script that the guest runs.
vm_command() {
	vm_environment | while read -r name; do
		eval "value=\$$name"
		# shellcheck disable=SC2154 # set by eval
		printf 'export %s=%s\n' "$name" "$(quote "$value")"
	done
	# A command substitution drops trailing newlines, so nothing below goes through one.
	printf 'unset RUN WATCHDOG OLDPWD\nPATH='
	quote "$top/build:$top/build/compositor:$top/build/clients:$top/build/tests"
	# shellcheck disable=SC2016 # for the guest
	printf ':$PATH:/usr/sbin:/sbin\nexport PATH VITRINE_GUEST=1 VITRINE_LAYOUT='
	quote "$layout_name"
	printf '\ncd '
	quote "$vm_cwd"
	printf ' || exit 125\nset --'
	for word in "$@"; do
		printf ' '
		quote "$word"
	done
	# shellcheck disable=SC2016 # for the guest
	printf '\ncommand -v "$1" >/dev/null || { echo "vm: $1: not found in the guest" >&2; exit 127; }\n'
	# shellcheck disable=SC2016 # for the guest
	printf 'exec "$@"\n'
}

# vm_layout NAME|FILE: sets layout_file and layout_name.
vm_layout() {
	layout_name=${1##*/}
	case $1 in
	*/*) layout_file=$1 ;;
	*)
		layout_file=$top/tests/guest/layouts/$1
		[ -f "$layout_file" ] || layout_file=./$1
		;;
	esac
	[ -f "$layout_file" ] || fail "there is no layout '$1'" \
		"give a file or one of: $(cd "$top/tests/guest/layouts" && echo ./*)"
}

# Where the guest's memory lies: a tmpfs with room for it, else a disk.
vm_memory_folder() {
	room=$(df -Pm /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
	if [ "${room:-0}" -gt "$vm_memory" ] && [ -w /dev/shm ]; then
		echo /dev/shm
	else
		echo "${TMPDIR:-/var/tmp}"
	fi
}

# What the guest finds in $vm_folder; see init.
vm_prepare() {
	mkdir "$vm_folder/root"
	cp "$top/tests/guest/init" "$top/tests/guest/layout" "$vm_folder/"
	cp "$layout_file" "$vm_folder/layout-file"
	vm_command "$@" >"$vm_folder/command"
	printf '%s\n' "$top" >"$vm_folder/shared"
	case $vm_cwd/ in
	"$top"/* | //) ;;
	*) printf '%s\n' "$vm_cwd" >>"$vm_folder/shared" ;;
	esac
	: >"$vm_folder/status"
	: >"$vm_folder/log"
	mkfifo -m 0600 "$vm_folder/stdout" "$vm_folder/stderr"
}

# The words that the layout wants on the kernel's command line.
vm_kernel_words() {
	sed -n 's/^kernel[[:space:]]\{1,\}//p' "$layout_file"
}

# Boots; the guest's serial lines carry the command's output, its console the kernel's log.
vm_boot() {
	watchdog=$((vm_timeout > 10 ? vm_timeout - 3 : vm_timeout + 1))
	# Killed outright at the end of its time: asked to stop, a kernel that hangs only crashes.
	# shellcheck disable=SC2016,SC2046 # for the inner shell; words
	exec env TMPDIR="$(vm_memory_folder)" timeout -s KILL "$vm_timeout" \
		sh -c 'echo $$ >"$0/pid"; exec "$@"' "$vm_folder" "$kernel" \
		mem="${vm_memory}M" seccomp=on ncpus="$vm_cpus" uml_dir="$vm_folder/" \
		root=/dev/root rootfstype=hostfs rootflags=/ rw init="$vm_folder/init" \
		con=null con0=null,fd:2 ssl=null ssl0=null,fd:3 ssl1=null,fd:4 \
		loglevel=7 printk.time=1 oops=panic panic=-1 \
		vkms.create_default_dev=0 \
		vivid.n_devs=1 vivid.node_types=1 vivid.num_inputs=1 vivid.input_types=0 \
		$(vm_kernel_words) RUN="$vm_folder" WATCHDOG="$watchdog" \
		</dev/null >>"$vm_folder/log" 2>&1 3>"$vm_folder/stdout" 4>"$vm_folder/stderr"
}

vm_end() {
	set +e
	if [ -n "${vm_guest:-}" ]; then
		kill -KILL "$(cat "$vm_folder/pid")" 2>/dev/null
		wait "$vm_guest" 2>/dev/null
	fi
	[ -z "${vm_tail:-}" ] || kill "$vm_tail" 2>/dev/null
	rm -rf "$vm_folder"
}

# Passes a stream of the guest on and into the log. A reader that went away ends the guest.
vm_relay() {
	tee -a "$vm_folder/log" || {
		: >"$vm_folder/unread"
		kill -KILL "$(cat "$vm_folder/pid")"
	}
}

# vm_explain STATUS: after a guest that did not report a status of its own.
vm_explain() {
	[ ! -e "$vm_folder/unread" ] || return 141
	echo "---- the last 100 lines of the guest ----" >&2
	tail -n 100 "$vm_folder/log" | tr -d '\r' >&2
	if [ "$1" -eq 137 ] && [ $(($(date +%s) - vm_start)) -ge "$vm_timeout" ]; then
		echo "vm: ended after its timeout of $vm_timeout s: $vm_words" >&2
		return 124
	fi
	echo "vm: the guest itself failed (kernel panic, or no boot; status $1): $vm_words" >&2
	return 125
}

# Kernel warnings do not fail a command, but nobody should miss them.
vm_warn() {
	grep -E '^\[ *[0-9.]+\].*(BUG: |WARNING: |INFO: task .* blocked|Oops)' "$vm_folder/log" |
		tr -d '\r' | sed 's/^/vm: kernel: /' >&2
}

# vm [OPTION...] CMD ARG...
vm() {
	vm_timeout=300
	vm_cpus=2
	vm_verbose=false
	vm_layout default
	while [ $# -gt 0 ]; do
		case $1 in
		--layout) [ $# -gt 1 ] || vm_usage; vm_layout "$2"; shift ;;
		--layout=*) vm_layout "${1#*=}" ;;
		--cpus) [ $# -gt 1 ] || vm_usage; vm_cpus=$2; shift ;;
		--cpus=*) vm_cpus=${1#*=} ;;
		--timeout) [ $# -gt 1 ] || vm_usage; vm_timeout=$2; shift ;;
		--timeout=*) vm_timeout=${1#*=} ;;
		--verbose) vm_verbose=true ;;
		--) shift; break ;;
		-*) vm_usage ;;
		*) break ;;
		esac
		shift
	done
	[ $# -gt 0 ] || vm_usage
	case $vm_timeout in
	'' | *[!0-9]* | 0*) fail "the timeout is a number of seconds, not '$vm_timeout'" ;;
	esac
	case $vm_cpus in
	1 | 2) ;;
	*) fail "the guest has 1 or 2 CPUs, not '$vm_cpus'" ;;
	esac
	vm_words=$*
	vm_cwd=$(pwd -P)
	guest_kernel

	vm_folder=$(mktemp -d /tmp/vitrine-vm.XXXXXX) || fail "cannot make a folder in /tmp"
	trap vm_end EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	vm_prepare "$@"
	vm_relay <"$vm_folder/stdout" &
	vm_out=$!
	vm_relay <"$vm_folder/stderr" >&2 &
	vm_err=$!
	if $vm_verbose; then
		tail -n +1 -f "$vm_folder/log" | grep --line-buffered '^\[ *[0-9]' >&2 &
		vm_tail=$!
	fi
	vm_start=$(date +%s)
	vm_boot &
	vm_guest=$!
	vm_status=0
	wait "$vm_guest" 2>/dev/null || vm_status=$?
	vm_guest=
	wait "$vm_out" "$vm_err"
	if [ -s "$vm_folder/status" ]; then
		vm_warn
		return "$(cat "$vm_folder/status")"
	fi
	vm_explain "$vm_status"
}
