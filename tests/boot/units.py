#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""systemd-analyze has nothing to say against the units, also with what is added for browsers, and finds
vitrine.service exposed by 2.0 at most. vitrine takes the configurations that come with it.

units.py BUILD-FOLDER
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
EXPOSURE = 20  # tenths


def run(*command):
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


def verify(root, units):
    """What systemd-analyze tells of our units below root, a list of lines."""
    problems = []
    for unit in units:
        found = run("systemd-analyze", "verify", "--man=no", f"--root={root}", unit.name)
        lines = [line for line in found.stdout.splitlines()
                 if any(word in line for word in ("vitrine", "kiosk.target"))
                 # What is not installed on this machine is no mistake of ours.
                 and not ("plymouth" in line and "not executable" in line)]
        problems += [f"{unit.name}: {line}" for line in lines]
    return problems


def check_examples(root, service, build):
    """What the README has copied to /etc for a web page."""
    shutil.copytree(next(root.rglob("examples/web")), root / "etc", dirs_exist_ok=True)
    drop_in = root / "etc/systemd/system/vitrine.service.d/browser.conf"
    problems = verify(root, [service])
    if not drop_in.exists():
        problems.append("browser.conf is not where systemd looks for it")
    for config in (root / "etc/vitrine/conf.d/web.ini", TOP / "data/vitrine.ini"):
        checked = run(build / "compositor/vitrine", "--check-config", "--config", config)
        if checked.returncode != 0:
            problems.append(f"{config.name}: {checked.stdout}")
    return problems


def main():
    if not shutil.which("systemd-analyze"):
        print("skipped: there is no systemd-analyze here")
        sys.exit(77)
    problems = []
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        installed = run("meson", "install", "-C", sys.argv[1], "--no-rebuild", "--destdir", root)
        if installed.returncode != 0:
            sys.exit(installed.stdout)
        units = [path for path in root.rglob("*") if path.suffix in (".service", ".socket", ".target", ".timer")]
        if not any(path.name == "vitrine.service" for path in units):
            sys.exit(f"no vitrine.service is installed: {units}")
        # What the units name is looked for below the root: the programs, and the system's own units.
        for folder in ("/lib/systemd/system", "/usr/lib/systemd/system"):
            for path in pathlib.Path(folder).glob("*"):
                target = root / folder[1:] / path.name
                if path.is_file() and not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, target)
        problems += verify(root, units)
        service = next(path for path in units if path.name == "vitrine.service")
        exposed = run("systemd-analyze", "security", "--offline=true", "--no-pager",
                      f"--threshold={EXPOSURE}", service)
        print(exposed.stdout.splitlines()[-1])
        if exposed.returncode != 0:
            problems.append(f"vitrine.service is exposed by more than {EXPOSURE / 10}")
        problems += check_examples(root, service, pathlib.Path(sys.argv[1]))
    if problems:
        sys.exit("\n".join(problems))


main()
