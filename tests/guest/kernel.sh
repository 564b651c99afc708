# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The guest's kernel: built once for each source version, configuration and change of ours, then found in the
# cache.
# Sourced by ../../run, which sets `top` and defines `say` and `fail`.
# shellcheck disable=SC2154,SC2034 # top; kernel

guest_cache=${VITRINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vitrine}
guest_kernels=$guest_cache/guest
guest_config=$top/tests/guest/guest.config
guest_config_more= # a file with further options, or nothing
guest_changes=$top/tests/guest/kernel.sed
guest_objects=1400 # about as many lines as a build prints, for the progress lines

guest_options() {
	cat "$guest_config" ${guest_config_more:+"$guest_config_more"}
}

guest_config_hash() {
	{ guest_options; cat "$guest_changes"; } | sha256sum | cut -c 1-12
}

# Prints the newest cached kernel of this configuration; false when there is none.
guest_kernel_find() {
	guest_found=$(find "$guest_kernels" -mindepth 2 -maxdepth 2 -type f \
		-path "*-$(guest_config_hash)/linux" 2>/dev/null | sort -V | tail -n 1)
	[ -n "$guest_found" ] && printf '%s\n' "$guest_found"
}

# The mirror that the system takes Debian from.
debian_mirror() {
	# shellcheck disable=SC2016 # for apt
	mirror=$(apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' \
		2>/dev/null | sed -n 's/^Debian|//p' | head -n 1)
	printf '%s\n' "${mirror:-http://deb.debian.org/debian/}"
}

# private_apt FOLDER APT ARG...: runs apt-get or apt-cache (or `sudo apt-get`) with package sources,
# lists and archives of its own (FOLDER/sources.list), so that the system's stay as they are.
# Signatures are checked; dates are not, because a mirror may be a frozen one.
private_apt() {
	apt_folder=$1
	shift
	mkdir -p "$apt_folder/lists/partial" "$apt_folder/archives/partial"
	"$@" -qq \
		-o Dir::Etc::sourcelist="$apt_folder/sources.list" \
		-o Dir::State::lists="$apt_folder/lists" \
		-o Dir::Cache="$apt_folder" \
		-o Dir::Cache::archives="$apt_folder/archives" \
		-o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false \
		-o Acquire::Languages=none -o APT::Sandbox::User=root
}

# private_source FOLDER SUITE: begins FOLDER/sources.list with Debian's SUITE.
private_source() {
	mkdir -p "$1"
	printf 'deb [signed-by=%s] %s %s main\n' /usr/share/keyrings/debian-archive-keyring.gpg \
		"$(debian_mirror)" "$2" >"$1/sources.list"
}

# source_apt APT ARG...: sees forky's packages and nothing of the system.
source_apt() {
	private_apt "$build/apt" "$@" -o Dir::State::status=/dev/null -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
}

# kernel_source: fetches the newest linux-source of forky and unpacks it into $build/source.
kernel_source() {
	private_source "$build/apt" forky
	say "guest kernel: looking up linux-source in Debian forky at $(debian_mirror)"
	source_apt apt-get update ||
		fail "cannot read forky's package list" "check the network and the mirror, then try again"
	package=$(source_apt apt-cache search --names-only '^linux-source-[0-9.]+$' |
		cut -d ' ' -f 1 | sort -V | tail -n 1)
	[ -n "$package" ] || fail "the mirror has no linux-source in forky"
	source_version=$(source_apt apt-cache show "$package" | sed -n 's/^Version: //p' | head -n 1)
	say "guest kernel: downloading $package $source_version (about 160 MB)"
	(cd "$build" && source_apt apt-get download "$package") ||
		fail "the download of $package failed" "check the network, then try again"
	say "guest kernel: unpacking"
	mkdir "$build/source"
	dpkg-deb --fsys-tarfile "$build/$package"_*.deb |
		tar -xO "./usr/src/$package.tar.xz" | tar -xJ -C "$build/source" --strip-components=1
	[ -f "$build/source/Makefile" ] ||
		fail "unpacking $package failed" "is there room in $guest_kernels? 3 GB are needed"
	rm -f "$build"/*.deb
}

# kernel_change: the source as guest_changes says. A script that finds nothing to change in a file is out of date.
kernel_change() {
	for changed in drivers/gpu/drm/vkms/vkms_drv.c mm/vmalloc.c; do
		sed -f "$guest_changes" "$build/source/$changed" >"$build/changed.c" ||
			fail "cannot change $changed" "is there room in $guest_kernels?"
		! cmp -s "$build/source/$changed" "$build/changed.c" ||
			fail "$guest_changes does not fit Linux $source_version: $changed reads otherwise there" \
				"look for what it changes in $package's $changed"
		mv "$build/changed.c" "$build/source/$changed"
	done
}

# kernel_progress PID LOG START: a line every ten seconds while PID lives.
kernel_progress() {
	while kill -0 "$1" 2>/dev/null; do
		now=$(($(date +%s) - $3))
		if [ $((now % 10)) -eq 0 ]; then
			objects=$(grep -c '^  ' "$2")
			[ "$objects" -lt "$guest_objects" ] || objects=$((guest_objects - 1))
			say "guest kernel: compiling, $((objects * 100 / guest_objects)) %, $((now / 60)) min $((now % 60)) s"
		fi
		sleep 1
	done
}

kernel_compile() {
	log=$build/build.log
	start=$(date +%s)
	say "guest kernel: compiling on $(nproc) CPUs (some 4 minutes on 2, once a machine)"
	(
		cd "$build" && guest_options >options &&
			make -C source ARCH=um O="$build/objects" KCONFIG_ALLCONFIG="$build/options" allnoconfig &&
			make -C source ARCH=um O="$build/objects" -j"$(nproc)" linux
	) >"$log" 2>&1 &
	compiler=$!
	kernel_progress "$compiler" "$log" "$start"
	if ! wait "$compiler"; then
		tail -n 30 "$log" >&2
		keep=$guest_kernels/failed-build.log
		cp "$log" "$keep"
		fail "the guest's kernel does not compile" "the whole log is $keep"
	fi
	compiler=
	say "guest kernel: compiled in $(($(date +%s) - start)) s"
}

kernel_clean() {
	[ -z "${compiler:-}" ] || kill "$compiler" 2>/dev/null || :
	rm -rf "$build"
}

# Builds into a folder beside the final one and renames; the caller holds the lock.
kernel_build() {
	[ "$(uname -m)" = x86_64 ] || fail "the guest needs an x86-64 machine, this is $(uname -m)"
	for tool in gcc make flex bison bc xz; do
		command -v "$tool" >/dev/null || fail "$tool is missing" "run ./run setup"
	done
	build=$guest_kernels/build-$(guest_config_hash)
	rm -rf "$build"
	trap kernel_clean EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	mkdir -p "$build"
	kernel_source
	kernel_change
	kernel_compile
	mkdir "$build/done"
	cp "$build/objects/linux" "$build/objects/.config" "$build/done/"
	final=$guest_kernels/$source_version-$(guest_config_hash)
	rm -rf "$final"
	mv "$build/done" "$final"
	say "guest kernel: kept as $final/linux"
}

# Sets `kernel` to the guest's kernel and builds it first when it is not in the cache.
guest_kernel() {
	if kernel=$(guest_kernel_find); then
		return
	fi
	mkdir -p "$guest_kernels" || fail "cannot write to $guest_kernels" "set VITRINE_CACHE to a folder of yours"
	lock=$guest_kernels/lock-$(guest_config_hash)
	(
		exec 9>"$lock"
		if ! flock -n 9; then
			say "guest kernel: another run is building it; waiting"
			flock 9
		fi
		guest_kernel_find >/dev/null || kernel_build
	) || exit 1
	kernel=$(guest_kernel_find) || fail "there is no kernel in $guest_kernels"
}
