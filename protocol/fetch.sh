# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The XML of the protocols that on-screen keyboards and tools for outputs speak, which wayland-protocols does
# not have, and of one that an older wayland-protocols has not: taken out of Debian's packages of the Rust
# bindings and out of a newer wayland-protocols, and kept in the cache. Sourced by ../run, after
# tests/guest/kernel.sh.
# shellcheck disable=SC2154,SC2034 # guest_cache; protocols

protocols=$guest_cache/protocols
protocol_suites="trixie forky" # of Debian, which have the packages
protocol_packages="librust-wayland-protocols-wlr-dev librust-wayland-protocols-misc-dev wayland-protocols"
protocol_names="wlr-layer-shell-unstable-v1 input-method-unstable-v2 virtual-keyboard-unstable-v1
	wlr-output-management-unstable-v1 wlr-output-power-management-unstable-v1 color-representation-v1"

# protocols_missing FOLDER: the names of those that are not there.
protocols_missing() {
	for name in $protocol_names; do
		[ -f "$1/$name.xml" ] || printf ' %s' "$name"
	done
}

# protocols_copy TO FROM...: what TO lacks, out of trees that packages are unpacked to. False if it lacks some still.
protocols_copy() {
	to=$1
	shift
	for name in $(protocols_missing "$to"); do
		file=$(find "$@" -name "$name.xml" -type f 2>/dev/null | head -n 1)
		[ -z "$file" ] || cp "$file" "$to/"
	done
	[ -z "$(protocols_missing "$to")" ]
}

# protocols_apt FOLDER APT ARG...: sees the packages of FOLDER/sources.list alone.
protocols_apt() {
	private_apt "$@" -o Dir::State::status=/dev/null -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
}

# protocols_download SUITE FOLDER: the packages, unpacked to FOLDER/tree; nothing is installed.
protocols_download() {
	private_source "$2" "$1"
	protocols_apt "$2" apt-get update 2>/dev/null || return 1
	mkdir -p "$2/tree"
	# shellcheck disable=SC2086 # a list of names
	(cd "$2" && protocols_apt "$2" apt-get download $protocol_packages 2>/dev/null) || return 1
	for package in "$2"/*.deb; do
		dpkg-deb -x "$package" "$2/tree" || return 1
	done
}

# Fills the cache, or says what will be missing.
fetch_protocols() {
	missing=$(protocols_missing "$protocols")
	[ -n "$missing" ] || return 0
	mkdir -p "$protocols"
	folder=$(mktemp -d)
	if ! protocols_copy "$protocols" /usr/share/cargo/registry /usr/share/wayland-protocols; then
		for suite in $protocol_suites; do
			say "protocols: looking in Debian $suite for what no package of this release has (170 kB)"
			if protocols_download "$suite" "$folder/$suite" &&
				protocols_copy "$protocols" "$folder/$suite/tree"; then
				break
			fi
		done
	fi
	rm -rf "$folder"
	[ "$(protocols_missing "$protocols")" = "$missing" ] || packages_changed=yes
	missing=$(protocols_missing "$protocols")
	if [ -n "$missing" ]; then
		say "protocols: not to be had, Vitrine is built without$missing: is the network up?"
	fi
}
