# SPDX-License-Identifier: MIT
"""What the boot tests share: a machine that boots, pictures of its screen, and what was found wrong."""
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TIMEOUT = 240  # s, for each boot

problems = []


def check(right, what):
    if not right:
        problems.append(what)


def journal(folder):
    path = folder / "journal"
    return path.read_text()[-8000:] if path.exists() else "no journal"


def judged(folder):
    """Ends the test if there was a problem."""
    if problems:
        print(journal(folder))
        sys.exit("\n".join(problems))


def skip_without_tools():
    missing = [tool for tool in ("mmdebstrap", "genext2fs", "dh", "pngtopnm", "ppmhist") if not shutil.which(tool)]
    if missing:
        print(f"skipped: {', '.join(missing)} missing: run ./run deb, which installs what it needs")
        sys.exit(77)


def boot(folder, *words):
    """./run boot, its files into the folder. What the machine's test has printed."""
    done = subprocess.run([HERE.parents[1] / "run", "boot", "--timeout", str(TIMEOUT), "--keep", folder, *words],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        print(done.stdout, journal(folder), sep="\n")
        sys.exit(f"{pathlib.Path(sys.argv[0]).stem}: the machine's test failed")
    return done.stdout


def colours_of(path):
    """How many pixels of a picture are of each colour, by netpbm."""
    pixels = subprocess.run(["pngtopnm", path], capture_output=True, check=True).stdout
    found = subprocess.run(["ppmhist", "-noheader"], input=pixels, capture_output=True, check=True)
    return {tuple(map(int, row.split()[:3])): int(row.split()[-1])
            for row in found.stdout.decode().splitlines()}
