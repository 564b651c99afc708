# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ./run deb --release SUITE: the package for another release of Debian, built on a bare one of that release,
# by ./run deb itself. Sourced by ../run and ../tests/guest/prove-debian, after tests/guest/kernel.sh.
# shellcheck disable=SC2154,SC2034 # top, guest_cache; deb

# release_bare SUITE FOLDER|FILE.tar MMDEBSTRAP-OPTION...: the smallest Debian that there is, and what the
# options add.
release_bare() {
	suite=$1
	bare=$2
	shift 2
	command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing" "as root: apt-get install mmdebstrap"
	[ "$(id -u)" -eq 0 ] || fail "a Debian of its own can only be made by root" "try sudo"
	say "debian: making a bare $suite (a minute)"
	mmdebstrap --quiet --variant=minbase \
		--aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"' \
		"$@" "$suite" "$bare" "deb $(debian_mirror) $suite main" >&2 ||
		fail "Debian $suite cannot be made" "check its name, the network and the mirror"
}

# release_enter FOLDER COMMAND ARG...: runs it in that Debian. What it mounts goes with it; what is fetched for
# the guest lies in the caller's cache.
release_enter() {
	mkdir -p "$1/var/cache/vitrine" "$guest_cache"
	cp /etc/resolv.conf "$1/etc/resolv.conf"
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --propagation private sh -euc '
		cache=$1 root=$2
		shift 2
		mount -t proc proc "$root/proc"
		mount --rbind /sys "$root/sys"
		mount --rbind /dev "$root/dev"
		mount --bind "$cache" "$root/var/cache/vitrine"
		exec chroot "$root" env -i HOME=/root TERM="${TERM:-dumb}" LANG=C.UTF-8 \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			VITRINE_CACHE=/var/cache/vitrine "$@"
	' sh "$guest_cache" "$@"
}

# release_copy_tree FOLDER: this tree, in place of what was there but for its build folder.
release_copy_tree() {
	mkdir -p "$1"
	find "$1" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
	(cd "$top" && tree_names | tar -c --null --files-from=- --ignore-failed-read) | tar -x -C "$1"
}

# Sets `deb` to build/SUITE/vitrine_VERSION_ARCH.deb. The Debian is kept: the next time takes seconds.
deb_of_release() {
	root=$guest_cache/release/$1
	mkdir -p "$guest_cache/release"
	(
		exec 9>"$root.lock"
		flock -n 9 || { say "debian: another run builds for $1; waiting"; flock 9; }
		if [ ! -d "$root" ]; then
			rm -rf --one-file-system "$root.making"
			release_bare "$1" "$root.making" || exit 1
			mv "$root.making" "$root"
		fi
		release_copy_tree "$root/srv/vitrine"
		release_enter "$root" sh -c 'cd /srv/vitrine && exec ./run deb' || exit 1
		mkdir -p "$top/build/$1"
		rm -f "$top/build/$1"/vitrine_*.deb
		cp "$root"/srv/vitrine/build/vitrine_*.deb "$top/build/$1/"
	) || fail "the package for Debian $1 cannot be built" "see above; the Debian is $root"
	deb=$(echo "$top/build/$1"/vitrine_*.deb)
	say "deb: ${deb#"$top/"}, for Debian $1"
}
