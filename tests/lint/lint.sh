# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ./run lint: sourced by ../../run. Every check runs; the exit status tells whether all passed.
# shellcheck disable=SC2154 # top

# Likely mistakes, and the analyzer's paths. Left out: what C17 has no answer to (the _s functions of
# Annex K), what cries wolf over lists of macros and arrays of pointers, and what is a matter of taste.
lint_checks='-*,bugprone-*,clang-analyzer-*,misc-static-assert'
lint_checks="$lint_checks,performance-*,portability-*,-performance-no-int-to-ptr"
for check in assignment-in-if-condition easily-swappable-parameters implicit-widening-of-multiplication-result \
	macro-parentheses narrowing-conversions not-null-terminated-result reserved-identifier sizeof-expression; do
	lint_checks="$lint_checks,-bugprone-$check"
done
for check in DeprecatedOrUnsafeBufferHandling strcpy; do
	lint_checks="$lint_checks,-clang-analyzer-security.insecureAPI.$check"
done

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
	lint_name=$1
	shift
	say "lint: $lint_name"
	(cd "$top" && "$@") || lint_failed="$lint_failed${lint_failed:+, }$lint_name"
}

lint_format() {
	unformatted=$(lint_files '*.c' '*.h' | while IFS= read -r file; do
		clang-format "$file" | cmp -s - "$file" || echo "$file"
	done)
	[ -n "$unformatted" ] || return 0
	# shellcheck disable=SC2086 # a list of files
	printf '%s: not formatted; run: clang-format -i on it\n' $unformatted >&2
	return 1
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
	lint_files 'compositor/*.c' 'clients/*.c' | while IFS= read -r file; do
		grep -qF "/$file\"" build/lint-clang/compile_commands.json && printf '%s\n' "$file"
	done | xargs -r -n 1 -P "$(nproc)" \
		clang-tidy -p build/lint-clang --quiet --warnings-as-errors='*' --checks="$lint_checks"
}

lint() {
	lint_failed=
	lint_step "clang-format" lint_format
	lint_step "shellcheck" lint_shell
	lint_step "gcc with warnings as errors" lint_build gcc
	lint_step "clang with warnings as errors" lint_build clang
	lint_step "clang-tidy" lint_tidy
	[ -z "$lint_failed" ] || fail "lint found something in: $lint_failed" "see the messages above"
	say "lint: nothing found"
}
