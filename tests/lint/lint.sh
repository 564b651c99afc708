# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ./run lint: sourced by ../../run. Every check runs; the exit status tells whether all passed.
# shellcheck disable=SC2154 # top

# Likely mistakes, and the analyzer's paths. Left out: what C17 has no answer to (the _s functions of
# Annex K) and what is a matter of taste.
lint_checks='-*,bugprone-*,clang-analyzer-*,misc-redundant-expression,misc-static-assert'
lint_checks="$lint_checks,performance-*,portability-*"
lint_checks="$lint_checks,-bugprone-easily-swappable-parameters,-bugprone-narrowing-conversions"
lint_checks="$lint_checks,-bugprone-assignment-in-if-condition,-bugprone-reserved-identifier"
lint_checks="$lint_checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling"
lint_checks="$lint_checks,-performance-no-int-to-ptr"

# lint_files PATTERN...: tracked files and those that wait to be added.
lint_files() {
	git -C "$top" ls-files -z --cached --others --exclude-standard -- "$@" |
		(cd "$top" && xargs -0 -r ls -d 2>/dev/null)
}

# Files that begin with a line for sh or bash, or say that they are meant for it.
lint_scripts() {
	lint_files | while IFS= read -r file; do
		case $file in
		*.[ch] | *.xml | *.md | *.png | *.py) continue ;;
		esac
		head -n 1 "$top/$file" | grep -qE '^#!.*[/ ](ba|da)?sh\b|^# shellcheck shell=' && echo "$file"
	done
}

# lint_step NAME COMMAND...
lint_step() {
	say "lint: $1"
	shift
	if ! (cd "$top" && "$@"); then
		lint_failed="$lint_failed $1"
	fi
}

lint_format() {
	lint_files '*.c' '*.h' | xargs -r clang-format --dry-run -Werror
}

lint_shell() {
	lint_scripts | xargs -r shellcheck -x
}

# lint_build COMPILER
lint_build() {
	folder=$top/build/lint-$1
	CC=$1 configure "$folder" --werror
	compile "$folder"
}

lint_tidy() {
	lint_files '*.c' | while IFS= read -r file; do
		grep -qF "/$file\"" build/lint-clang/compile_commands.json && printf '%s\n' "$file"
	done | xargs -r -n 1 -P "$(nproc)" \
		clang-tidy -p build/lint-clang --quiet --warnings-as-errors='*' --checks="$lint_checks"
}

lint() {
	lint_failed=
	lint_step "clang-format" lint_format
	lint_step "shellcheck" lint_shell
	lint_step "gcc, warnings are errors" lint_build gcc
	lint_step "clang, warnings are errors" lint_build clang
	lint_step "clang-tidy" lint_tidy
	[ -z "$lint_failed" ] || fail "lint found something in:$lint_failed" "see the messages above"
	say "lint: nothing found"
}
