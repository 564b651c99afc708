# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The XML of the protocols that on-screen keyboards and tools for outputs speak and that
# wayland-protocols does not have: taken out of Debian's packages of the Rust bindings, and kept in the cache. Sourced by ../run, after
# tests/guest/kernel.sh.
# shellcheck disable=SC2154,SC2034 # guest_cache; protocols

protocols=$guest_cache/protocols
protocol_suites="trixie forky" # of Debian, which have the packages
protocol_packages="librust-wayland-protocols-wlr-dev librust-wayland-protocols-misc-dev"
protocol_names="wlr-layer-shell-unstable-v1 input-method-unstable-v2 virtual-keyboard-unstable-v1
	wlr-output-management-unstable-v1 wlr-output-power-management-unstable-v1"

# protocols_in FOLDER: all of them are there.
protocols_in() {
	for name in $protocol_names; do
		[ -f "$1/$name.xml" ] || return 1
	done
}

# protocols_copy FROM TO: out of the tree that a package is unpacked to.
protocols_copy() {
	for name in $protocol_names; do
		file=$(find "$1" -name "$name.xml" -type f 2>/dev/null | head -n 1)
		[ -n "$file" ] && cp "$file" "$2/" || return 1
	done
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
	! protocols_in "$protocols" || return 0
	folder=$(mktemp -d)
	mkdir "$folder/done"
	if ! protocols_copy /usr/share/cargo/registry "$folder/done"; then
		for suite in $protocol_suites; do
			say "protocols: looking for those that no package for C has in Debian $suite (40 kB)"
			if protocols_download "$suite" "$folder/$suite" &&
				protocols_copy "$folder/$suite/tree" "$folder/done"; then
				break
			fi
		done
	fi
	if protocols_in "$folder/done"; then
		mkdir -p "$protocols"
		cp "$folder"/done/*.xml "$protocols/"
		packages_changed=yes
	else
		say "protocols: not to be had, Vitrine is built without on-screen keyboards and wlr-randr: is the network up?"
	fi
	rm -rf "$folder"
}
