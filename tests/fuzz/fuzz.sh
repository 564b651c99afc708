# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ./run fuzz: sourced by ../../run.
# shellcheck disable=SC2154 # top

# fuzz [SECONDS] [NAME...]: the last line counts; fails if anything was found.
fuzz() {
	fuzz_seconds=300
	case ${1:-} in
	*[!0-9]* | "") ;;
	*)
		fuzz_seconds=$1
		shift
		;;
	esac
	fuzz_build
	# shellcheck disable=SC2046 # a list of names
	[ $# -gt 0 ] || set -- $(fuzz_names)
	for name in "$@"; do
		[ -d "$top/tests/fuzz/corpus/$name" ] ||
			fail "there is no fuzz target '$name'" "there are: $(fuzz_names | tr '\n' ' ')"
	done
	fuzz_each=$((fuzz_seconds / $#))
	[ $fuzz_each -gt 0 ] || fuzz_each=1
	fuzz_runs=0 fuzz_found=
	for name in "$@"; do
		fuzz_target "$name" || fuzz_found="$fuzz_found $name"
	done
	if [ -n "$fuzz_found" ]; then
		echo "fuzz: $# targets, $fuzz_runs executions, something found in:$fuzz_found"
		return 1
	fi
	echo "fuzz: $# targets, $fuzz_runs executions, nothing found"
}

fuzz_names() {
	ls "$top/tests/fuzz/corpus"
}

fuzz_build() {
	CC=clang configure "$top/build/fuzz" -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
		-Dc_args=-fno-sanitize-recover=all
	say "build: compiling the fuzz targets into build/fuzz"
	meson compile -C "$top/build/fuzz" fuzz-targets >&2 ||
		fail "the build in build/fuzz failed" "see the compiler's message above"
}

# fuzz_target NAME: from its corpus, and from what former runs added to that below build/fuzz/corpus.
fuzz_target() {
	fuzz_program=$top/build/fuzz/tests/fuzz/fuzz-$1
	fuzz_grown=$top/build/fuzz/corpus/$1 fuzz_place=$top/build/fuzz/found/$1 fuzz_log=$top/build/fuzz/$1.log
	mkdir -p "$fuzz_grown" "$fuzz_place"
	say "fuzz: $1 for $fuzz_each s"
	fuzz_status=0
	"$fuzz_program" -max_total_time="$fuzz_each" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$fuzz_place/" "$fuzz_grown" "$top/tests/fuzz/corpus/$1" \
		</dev/null >"$fuzz_log" 2>&1 || fuzz_status=$?
	fuzz_n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$fuzz_log")
	fuzz_runs=$((fuzz_runs + ${fuzz_n:-0}))
	echo "fuzz: $1: ${fuzz_n:-0} executions," \
		"$(grep -o 'cov: [0-9]* ft: [0-9]*' "$fuzz_log" | tail -n 1 |
			sed 's/cov: \([0-9]*\) ft: \([0-9]*\)/\1 edges, \2 features/')"
	[ "$fuzz_status" -ne 0 ] || return 0
	fuzz_input=$(sed -n 's/.*Test unit written to //p' "$fuzz_log" | tail -n 1)
	grep -E '^fuzz: |ERROR: |runtime error: |^SUMMARY: ' "$fuzz_log" | head -n 5
	echo "fuzz: $1 failed with status $fuzz_status: all of it is in ${fuzz_log#"$top/"}"
	[ -z "$fuzz_input" ] || echo "fuzz: again with: ${fuzz_program#"$top/"} ${fuzz_input#"$top/"}"
	return 1
}
