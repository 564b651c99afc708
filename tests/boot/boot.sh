# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ./run boot: a machine of its own, a bare Debian on a disk with the package installed by apt, whose init is
# systemd. README.md of ../guest tells how. Sourced by ../../run after kernel.sh, vm.sh and deb.sh.
# shellcheck disable=SC2154 # top, kernel, deb

# What a Debian has beside the package and what that depends on; the last ones are for the tests' apps.
boot_packages="systemd systemd-sysv udev dbus libpam-systemd kmod procps iproute2 foot fonts-dejavu-core"
boot_room=256 # MB, free on the disk
boot_console="con=null con0=null,fd:2 ssl=null" # the kernel's log comes on fd 2

# The release that the package was built for.
boot_suite() {
	if [ -n "${boot_release:-}" ]; then
		echo "$boot_release"
	else
		(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	fi
}

# The packages to be on the disk: what apt is to install the package with, without a network.
boot_disk_packages() {
	dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed 's/[|(].*//; s/ //g' | sort
	# shellcheck disable=SC2086 # a list of names
	printf '%s\n' $boot_packages
}

# Sets `disk` to the image of the bare Debian, and makes it first when it is not in the cache.
boot_disk() {
	suite=$(boot_suite)
	disk_hash=$({ boot_disk_packages; cat "$top/tests/boot/host-folder"; } |
		sha256sum | cut -c 1-12)
	disk=$guest_cache/disk/$suite-$disk_hash/disk
	[ ! -f "$disk" ] || return 0
	mkdir -p "$guest_cache/disk"
	(
		exec 9>"$guest_cache/disk/lock"
		flock -n 9 || { say "boot disk: another run is making it; waiting"; flock 9; }
		[ -f "$disk" ] || boot_disk_make
	) || exit 1
}

boot_disk_make() {
	for tool in mmdebstrap genext2fs resize2fs; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
			fail "$tool is missing" "run ./run deb, which installs it, or: apt-get install mmdebstrap genext2fs e2fsprogs"
	done
	folder=$guest_cache/disk/making
	rm -rf "$folder"
	mkdir "$folder"
	say "boot disk: making a bare Debian $suite (some minutes, once a machine)"
	mmdebstrap --quiet --variant=minbase --include="$(boot_disk_packages | sort -u | paste -s -d ,)" \
		--aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--customize-hook="cp '$top/tests/boot/host-folder' \"\$1/usr/local/sbin/host-folder\"" \
		--customize-hook="rm -f \"\$1/etc/resolv.conf\"; echo kiosk >\"\$1/etc/hostname\"" \
		--format=ext2 "$suite" "$folder/disk" "deb $(debian_mirror) $suite main" >"$folder/log" 2>&1 || {
		tail -n 20 "$folder/log" >&2
		fail "the Debian for the boot test cannot be made" "check the network and the mirror; the log is $folder/log"
	}
	truncate -s "+${boot_room}M" "$folder/disk"
	# Whole groups of blocks: the kernel finds the bitmap of a short last one invalid.
	truncate -s %8M "$folder/disk"
	PATH=$PATH:/usr/sbin:/sbin resize2fs "$folder/disk" >>"$folder/log" 2>&1 ||
		fail "resize2fs failed" "the log is $folder/log"
	rm -rf "${disk%/*}"
	mv "$folder" "${disk%/*}"
	say "boot disk: kept as $disk"
}

# boot_place_test TEST: the machine's test, which is watched.
boot_place_test() {
	cp "$top/tests/boot/watched" "$boot_folder/shared/test"
	cp "$top/tests/boot/look-around" "$boot_folder/shared/"
	cp "$1" "$boot_folder/shared/body"
}

# What the machine's test has left, also if it did not end.
boot_keep() {
	[ -z "${boot_shared:-}" ] || cp -r "$boot_folder/shared/." "$boot_shared/"
}

# boot_machine SECONDS ARG...: one run of the machine with the disk; ARG... go to the kernel's command line, before
# the names of folders: Plymouth reads its first 511 bytes.
boot_machine() {
	seconds=$1
	shift
	rm -f "$boot_folder/status"
	echo "$seconds" >"$boot_folder/shared/limit"
	# shellcheck disable=SC2016,SC2086 # for the inner shell; a list of words
	env TMPDIR="$(vm_memory_folder)" timeout -s KILL "$seconds" \
		sh -c 'echo $$ >"$0/pid"; exec "$@"' "$boot_folder" "$kernel" \
		$boot_console loglevel=7 printk.time=1 oops=panic panic=-1 "$@" \
		vivid.n_devs=1 vivid.node_types=1 vivid.num_inputs=1 vivid.input_types=0 \
		mem="${vm_memory}M" seccomp=on ncpus=2 uml_dir="$boot_folder/" \
		ubd0="$boot_folder/changes,$disk" root=/dev/ubda rw HOST_FOLDER="$boot_folder/shared" \
		</dev/null >>"$boot_folder/log" 2>&1 || :
	[ -s "$boot_folder/shared/status" ] || {
		echo "---- the last 100 lines of the machine ----" >&2
		tail -n 100 "$boot_folder/log" | tr -d '\r' >&2
		cat "$boot_folder/shared/output" "$boot_folder/shared/stands" >&2 2>/dev/null || :
		boot_keep
		fail "the machine ended, or was ended after $seconds s, without a word"
	}
	boot_status=$(cat "$boot_folder/shared/status")
	rm "$boot_folder/shared/status"
}

boot_end() {
	[ ! -s "$boot_folder/pid" ] || kill -KILL "$(cat "$boot_folder/pid")" 2>/dev/null || :
	rm -rf "$boot_folder"
}

# boot_options OPTION...: sets what boot below goes by, and boot_scripts, the number of words left.
boot_options() {
	boot_timeout=300
	boot_shared=
	boot_release=
	boot_files=
	boot_words=
	while [ $# -gt 0 ]; do
		case $1 in
		--release) boot_release=$2; shift ;;
		--timeout) boot_timeout=$2; shift ;;
		--keep) boot_shared=$2; shift ;;
		--with) boot_packages="$boot_packages $2"; shift ;;
		--file) boot_files="$boot_files $2"; shift ;;
		--kernel) boot_words="$boot_words$2|"; shift ;;
		--terminals)
			# shellcheck disable=SC2034 # kernel.sh reads it
			guest_config_more=$top/tests/boot/terminals.config
			boot_console="console=tty0 console=ttyS0 ssl=null ssl0=null,fd:2"
			;;
		*) break ;;
		esac
		shift
	done
	boot_scripts=$#
	[ $# -eq 2 ] || fail "usage: ./run boot [--release SUITE] [--timeout S] [--keep FOLDER] [--with PACKAGES]
	[--file FILE]... [--kernel WORDS]... [--terminals] SETUP TEST"
}

# boot_install SETUP TEST: the machine's folder, and in it the disk with the package installed.
boot_install() {
	boot_folder=$(mktemp -d /tmp/vitrine-boot.XXXXXX) || fail "cannot make a folder in /tmp"
	trap boot_end EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	: >"$boot_folder/log"
	mkdir "$boot_folder/shared"
	cp "$deb" "$boot_folder/shared/vitrine.deb"
	# shellcheck disable=SC2086 # a list of files
	cp "$top/tests/boot/install" $boot_files "$boot_folder/shared/"
	cp "$1" "$boot_folder/shared/setup"
	boot_place_test "$2"
	boot_machine "$boot_timeout" init=/usr/local/sbin/host-folder vkms.create_default_dev=0
	cat "$boot_folder/shared/output"
	[ "$boot_status" -eq 0 ] || fail "the package cannot be installed (status $boot_status)"
}

# boot_test WORD...: the booted machine, with WORD... on the kernel's command line.
boot_test() {
	boot_machine "$boot_timeout" quiet vkms.enable_overlay=1 vkms.enable_cursor=1 vkms.enable_writeback=1 "$@"
	cat "$boot_folder/shared/output"
	[ "$boot_status" -eq 0 ] || cat "$boot_folder/shared/stands" >&2 || :
}

# Boots once for each --kernel, from the same disk each time; ends at the first test that fails.
boot_each() {
	mv "$boot_folder/changes" "$boot_folder/installed"
	while [ -n "$boot_words" ] && [ "$boot_status" -eq 0 ]; do
		cp --sparse=always "$boot_folder/installed" "$boot_folder/changes"
		# shellcheck disable=SC2086 # a list of words
		boot_test ${boot_words%%"|"*}
		boot_words=${boot_words#*"|"}
	done
}

# boot [OPTION...] SETUP TEST: two scripts for /bin/sh, run as root: SETUP once the package is installed, TEST
# as a service after the next boot. Both see FOLDER of the host as /run/host-folder.
boot() {
	boot_options "$@"
	shift $(($# - boot_scripts))
	# shellcheck disable=SC2034 # kernel.sh reads it
	guest_config=$top/tests/boot/guest.config # with what systemd asks for
	guest_kernel
	if [ -n "${boot_release:-}" ]; then
		deb_of_release "$boot_release"
	else
		deb
	fi
	boot_disk
	boot_install "$@"
	if [ -n "$boot_words" ]; then
		boot_each
	else
		boot_test
	fi
	boot_keep
	exit "$boot_status"
}
