# SPDX-License-Identifier: MIT
"""Runs the tests: suite "unit" under the sanitizers, the others from build/, and sums up.

usage: report.py [--suite NAME] [NAME...] [OPTION OF meson test...]
The last line is "N passed, N failed, N skipped"; the exit status is 1 when anything failed.

A guest test that failed beside another one runs once more, alone: User Mode Linux on a busy machine can lose
seconds. Its failure is shown all the same, as "unsteady", so that it is looked into.
"""

import argparse
import fnmatch
import json
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILDS = [(TOP / "build/asan", "unit", True), (TOP / "build", "unit", False)]
PASSED = ("OK", "EXPECTEDFAIL")
LOG_LINES = 15
ERROR_LINES = 5
MANY = 4  # so many failures are no accident
ERROR = re.compile(r"ERROR|FAILED|runtime error|[Aa]ssert|panic")


def defined_tests(build, suite, inside):
    """Names and suites of the tests of a build that are in the suite (or are not)."""
    listing = subprocess.run(
        ["meson", "introspect", "--tests", str(build)], check=True, capture_output=True, text=True)
    tests = []
    for test in json.loads(listing.stdout):
        suites = {name.split(":")[-1] for name in test["suite"]}
        if (suite in suites) == inside:
            tests.append((test["name"], suites))
    return tests


def choose(tests, wanted_suite, patterns):
    return [name for name, suites in tests
            if (wanted_suite is None or wanted_suite in suites)
            and (not patterns or any(fnmatch.fnmatch(name, p) for p in patterns))]


def run_tests(build, suite, inside, names, options):
    """Runs the named tests and returns meson's results, one dictionary a test."""
    log = build / "meson-logs/testlog.json"
    log.unlink(missing_ok=True)
    print(f"run: {len(names)} tests from {build.relative_to(TOP)}", flush=True)
    subprocess.run(
        ["meson", "test", "-C", str(build), "--no-rebuild",
         "--suite" if inside else "--no-suite", suite, *options, *names],
        check=False, stdout=sys.stdout)
    if not log.exists():
        sys.exit(f"run: meson left no results in {log}")
    results = [json.loads(line) for line in log.read_text(errors="replace").splitlines()]
    for result in results:
        result["name"] = result["name"].split(" / ")[-1]
    return results


def reason(result):
    """What the test printed: the first lines that speak of an error, and the last ones."""
    text = (result.get("stdout") or "") + (result.get("stderr") or "")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return [f"it printed nothing; exit status {result.get('returncode')}"]
    errors = [line for line in lines[:-LOG_LINES] if ERROR.search(line)]
    return errors[:ERROR_LINES] + lines[-LOG_LINES:]


def is_good(result):
    return result["result"] in PASSED + ("SKIP",)


def try_again(results, options):
    """Runs the guest tests that failed once more, one by one; returns what counts."""
    failed = [r for r in results if not is_good(r)]
    if not failed or len(failed) > MANY or options:
        return results
    print(f"run: again, alone: {' '.join(r['name'] for r in failed)}", flush=True)
    build, suite, inside = BUILDS[-1]
    again = run_tests(build, suite, inside, [r["name"] for r in failed], ["--num-processes", "1"])
    steady = {r["name"] for r in again if is_good(r)}
    for result in failed:
        if result["name"] in steady:
            print(f"unsteady: {result['name']} ({result['result'].lower()}) passed alone; at first:")
            print("\n".join("    " + line for line in reason(result)))
    return [r for r in results if is_good(r)] + again


def main():
    parser = argparse.ArgumentParser(prog="./run test")
    parser.add_argument("--suite", help="only this suite: unit or guest")
    parser.add_argument("names", nargs="*", help="only these tests; may hold * and ?")
    args, options = parser.parse_known_args()

    results = []
    chosen = 0
    for build, suite, inside in BUILDS:
        names = choose(defined_tests(build, suite, inside), args.suite, args.names)
        chosen += len(names)
        if names:
            found = run_tests(build, suite, inside, names, options)
            results += found if inside else try_again(found, options)
    if not chosen:
        sys.exit(f"run: no test matches {' '.join(args.names) or args.suite}")

    passed = [r for r in results if r["result"] in PASSED]
    skipped = [r for r in results if r["result"] == "SKIP"]
    failed = [r for r in results if r not in passed and r not in skipped]
    print()
    for result in skipped:
        print(f"skipped: {result['name']}: {reason(result)[-1].removeprefix('skipped: ')}")
    if failed:
        print(f"whole logs: {' '.join(str(b.relative_to(TOP)) + '/meson-logs/testlog.txt' for b, _, _ in BUILDS)}")
    for result in failed:
        print(f"failed: {result['name']} ({result['result'].lower()}):")
        print("\n".join("    " + line for line in reason(result)))
    print(f"{len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    sys.exit(1 if failed or not results else 0)


main()
