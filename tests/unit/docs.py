#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The man pages and help texts name every option, command and reason that the code has, and no others."""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])

OPTION = r'\{"([a-z-]+)", (?:no|required)_argument'
COMMAND = r'^\t\{"([a-z-]+)", CTL_COMMAND_'
REASON = r'^\tX\([A-Z_]+, "([a-z-]+)"\)'

# Program, and the source that has its options and its help text.
PROGRAMS = {
    "vitrine": "compositor/main.c",
    "vitrine-camera": "clients/camera-options.c",
    "vitrine-status": "clients/status.c",
    "vitrine-testcard": "clients/testcard-options.c",
    "vitrinectl": "clients/ctl-options.c",
}


def read(path):
    return (top / path).read_text()


def find(source, pattern):
    found = set(re.findall(pattern, read(source), re.M))
    if not found:
        sys.exit(f"{source}: nothing matches {pattern}: this test needs a look")
    return found


def check(wanted, found, missing):
    """Counts what is wanted and not found, and says so."""
    for name in sorted(wanted - found):
        print(f"{name}: {missing}")
    return len(wanted - found)


def check_options(program, source):
    page = f"data/man/{program}.1.scd"
    options = find(source, OPTION)
    documented = find(page, r"\*--([a-z-]+)\*")
    texts = "".join(re.findall(r'"(?:[^"\\]|\\.)*"', read(source)))
    helped = set(re.findall(r"--([a-z-]+)", texts))
    return (check(options, documented, f"an option of {program} that {page} does not have")
            + check(documented, options, f"{page} has it, and {program} no such option")
            + check(options, helped, f"an option of {program} that its help does not have"))


wrong = sum(check_options(program, source) for program, source in PROGRAMS.items())
commands = find("clients/ctl-options.c", COMMAND)
page = "data/man/vitrinectl.1.scd"
documented = find(page, r"^\*([a-z]+)(?: [a-z]+)?\*(?: _|$)")
wrong += check(commands, documented, f"a command of vitrinectl that {page} does not have")
wrong += check(documented, commands, f"{page} has it, and vitrinectl no such command")
page = "data/man/vitrine.1.scd"
reasons = find("compositor/planner/planner.h", REASON)
wrong += check(reasons, find(page, r"\*([a-z-]+)\*"), f"a reason that {page} does not have")
sys.exit(1 if wrong else 0)
