# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ./run web: a new user's way. Does what the README says, command by command, on a bare Debian 13 made for it,
# boots that, and looks at the screen for the web page. README.md of ../guest tells how. Sourced by ../../run
# after boot.sh and ../../debian/release.sh.
# shellcheck disable=SC2154,SC2034 # top; guest_config, vm_memory

web_suite=trixie
web_heading="## A web page on a bare Debian 13"
web_limit=6       # commands
web_timeout=600 # s for the boot and both pages
web_room=512    # MB, free on the disk

# The commands under that heading of the README, one a line.
web_commands() {
	awk -v heading="$web_heading" '/^## / { on = $0 == heading }
		on && /^    / { sub(/^ +/, ""); sub(/ +# .*/, ""); print }' "$top/README.md"
}

# web_do COMMAND: as the README's reader types it, here or on the bare Debian; all of it goes into the transcript.
web_do() {
	say "web: $1"
	printf '# %s\n' "$1" >>"$boot_folder/transcript"
	case $1 in
	./run\ *)
		(cd "$top" && eval "$1") >>"$boot_folder/transcript" 2>&1 &&
			cp "$top/build/$web_suite"/vitrine_*.deb "$boot_folder/root/root/"
		;;
	*)
		# As a person answers apt.
		echo y | release_enter "$boot_folder/root" sh -c "cd /root && $1" >>"$boot_folder/transcript" 2>&1
		;;
	esac || {
		tail -n 20 "$boot_folder/transcript" >&2
		fail "'$1' failed"
	}
	[ "$web_browser" = cog ] || web_prefer_chromium
}

# The other of the two lines of web.ini, once that is there.
web_prefer_chromium() {
	ini=$boot_folder/root/etc/vitrine/conf.d/web.ini
	[ ! -f "$ini" ] || sed -i 's/^command = cog/;&/; s/^;command = chromium/command = chromium/' "$ini"
}

# Does all of them but the last one, which is to boot.
web_follow() {
	web_commands >"$boot_folder/commands"
	[ "$(tail -n 1 "$boot_folder/commands")" = reboot ] || fail "the README's way does not end with reboot"
	[ "$(wc -l <"$boot_folder/commands")" -le "$web_limit" ] ||
		fail "the README's way takes more than $web_limit commands"
	[ "$web_browser" = cog ] || sed -i "s/ cog libgles2$/ $web_browser/" "$boot_folder/commands"
	while read -r line <&3 && [ "$line" != reboot ]; do
		web_do "$line"
	done 3<"$boot_folder/commands"
}

# What the machine needs to be asked: boot.sh's service, and a disk.
web_make_disk() {
	root=$boot_folder/root
	rm -f "$root"/root/*.deb "$root"/var/cache/apt/archives/*.deb
	cp "$top/tests/boot/host-folder" "$root/usr/local/sbin/"
	cp "$top/tests/boot/web.service" "$root/etc/systemd/system/"
	mkdir -p "$root/etc/systemd/system/kiosk.target.wants"
	ln -s ../web.service "$root/etc/systemd/system/kiosk.target.wants/"
	echo kiosk >"$root/etc/hostname"
	disk=$boot_folder/disk
	truncate -s "$(($(du -smx "$root" | cut -f 1) * 11 / 10 + web_room))M" "$disk"
	PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 -d "$root" "$disk" || fail "mke2fs cannot make the disk"
	rm -rf --one-file-system "$root"
}

# web_is_on PICTURE COLOUR: 20,000 px or more of a picture are of that colour, "R G B".
web_is_on() {
	pngtopnm "$1" 2>/dev/null | ppmhist -noheader 2>/dev/null |
		awk -v colour="$2" '$1 " " $2 " " $3 == colour && $NF >= 20000 { found = 1 } END { exit !found }'
}

# Tells the machine when its pictures show the pages: that of the package, and then the operator's own.
web_watch() {
	shared=$boot_folder/shared
	while sleep 1; do
		if [ -f "$shared/welcome.png" ] && web_is_on "$shared/welcome.png" "224 160 32"; then
			: >"$shared/seen-welcome"
		fi
		if [ -f "$shared/own.png" ] && web_is_on "$shared/own.png" "32 128 64"; then
			: >"$shared/seen-own"
		fi
	done
}

web_end() {
	[ -z "${web_watcher:-}" ] || kill "$web_watcher" 2>/dev/null || :
	boot_end
}

web_judge() {
	cat "$boot_folder/shared/output"
	if [ -n "$web_keep" ]; then
		mkdir -p "$web_keep"
		cp -r "$boot_folder/shared/." "$boot_folder/transcript" "$web_keep/"
	fi
	for page in welcome own; do
		[ -e "$boot_folder/shared/seen-$page" ] || {
			tail -n 40 "$boot_folder/shared/journal" >&2
			fail "the page '$page' did not come to the screen"
		}
		say "web: the page '$page' is on the screen, as the display tells"
	done
}

# web [--browser cog|chromium] [--keep FOLDER]
web() {
	web_browser=cog
	web_keep=
	while [ $# -gt 0 ]; do
		case $1 in
		--browser) web_browser=${2:-}; shift ;;
		--keep) web_keep=${2:-}; shift ;;
		*) fail "usage: ./run web [--browser cog|chromium] [--keep FOLDER]" ;;
		esac
		shift
	done
	for tool in mmdebstrap pngtopnm ppmhist; do
		command -v "$tool" >/dev/null || fail "$tool is missing" "as root: apt-get install mmdebstrap netpbm"
	done
	guest_config=$top/tests/boot/guest.config
	guest_kernel
	boot_folder=$(mktemp -d /var/tmp/vitrine-web.XXXXXX) || fail "cannot make a folder in /var/tmp"
	trap web_end EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	mkdir "$boot_folder/shared"
	boot_place_test "$top/tests/boot/web-test"
	# What Debian's installer has put there whatever one chooses.
	release_bare "$web_suite" "$boot_folder/root" --include=systemd-sysv,udev,kmod
	web_follow
	web_make_disk
	say "web: reboot"
	web_watch &
	web_watcher=$!
	vm_memory=1536
	boot_machine "$web_timeout" quiet vkms.enable_overlay=1 vkms.enable_cursor=1 vkms.enable_writeback=1
	web_judge
	exit "$boot_status"
}
