#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The man pages name every option, key and reason that the code has."""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])


def read(path):
    return (top / path).read_text()


def check(source, pattern, page, form):
    """Counts what `pattern` finds in `source` and the page does not have in `form`."""
    found = re.findall(pattern, read(source), re.M)
    if not found:
        print(f"{source}: nothing matches {pattern}: this test needs a look")
        return 1
    text = read(page)
    missing = [name for name in found if form.format(name) not in text]
    for name in missing:
        print(f"{page}: {name} of {source} is not documented")
    return len(missing)


wrong = check("compositor/main.c", r'^\t\{"([a-z-]+)", (?:no|required)_argument',
              "data/man/vitrine.1.scd", "*--{}*")
wrong += check("compositor/planner/planner.h", r'^\tX\([A-Z_]+, "([a-z-]+)"\)',
               "data/man/vitrine.1.scd", "*{}*")
wrong += check("clients/testcard-options.c", r'\{"([a-z-]+)", (?:no|required)_argument',
               "data/man/vitrine-testcard.1.scd", "*--{}*")
wrong += check("clients/camera-options.c", r'\{"([a-z-]+)", (?:no|required)_argument',
               "data/man/vitrine-camera.1.scd", "*--{}*")
wrong += check("clients/ctl-options.c", r'\{"([a-z-]+)", (?:no|required)_argument',
               "data/man/vitrinectl.1.scd", "*--{}*")
wrong += check("clients/status.c", r'\{"([a-z-]+)", (?:no|required)_argument',
               "data/man/vitrine-status.1.scd", "*--{}*")
sys.exit(1 if wrong else 0)
