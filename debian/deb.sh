# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ./run deb: the Debian package, built from a copy of the tree. Sourced by ../run.
# shellcheck disable=SC2154 # top, protocols

# The names of all files, each ended by a zero byte. Not every tree is a checkout, or one that git shows to
# this user.
tree_names() {
	if [ -e .git ] && git rev-parse HEAD >/dev/null 2>&1; then
		git ls-files -z --cached --others --exclude-standard
	else
		find . -path ./.git -prune -o -path './build*' -prune -o ! -type d -printf '%P\0'
	fi
}

# The files that the package is made of: all but the tests.
deb_files() {
	(cd "$top" && tree_names | grep -z -v '^tests/' |
		tar -c --null --files-from=- --ignore-failed-read --sort=name --mtime=@0)
}

# Sets `deb` to build/vitrine_VERSION_ARCH.deb, and makes it anew if it is of other files.
deb() {
	command -v dh >/dev/null || fail "debhelper is missing" "run ./run deb"
	folder=$top/build/deb
	hash=$(deb_files | sha256sum)
	if [ "$hash" = "$(cat "$folder/hash" 2>/dev/null)" ]; then
		deb=$(echo "$top"/build/vitrine_*.deb)
		return
	fi
	rm -rf "$folder"
	mkdir -p "$folder/vitrine"
	deb_files | tar -x -m -C "$folder/vitrine"
	say "deb: building (log: build/deb/log)"
	(cd "$folder/vitrine" && env VITRINE_PROTOCOLS="$protocols" dpkg-buildpackage -b -us -uc) \
		>"$folder/log" 2>&1 || {
		tail -n 30 "$folder/log" >&2
		fail "the package cannot be built" "the whole log is $folder/log"
	}
	rm -f "$top"/build/vitrine_*.deb
	cp "$folder"/vitrine_*.deb "$top/build/"
	deb=$(echo "$top"/build/vitrine_*.deb)
	echo "$hash" >"$folder/hash"
	say "deb: ${deb#"$top/"}"
}
