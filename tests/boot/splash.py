#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots a Debian with the package and Plymouth installed, and judges each picture that its screen shows from
Plymouth's splash to the app.

splash.py [--release SUITE]: another release of Debian than the host's."""
import json
import pathlib
import sys
import tempfile
import zlib

from machine import HERE, boot, check, judged, skip_without_tools

WIDTH, HEIGHT = 1024, 768
APP = 0x20, 0x50, 0x80
BOX = 64  # px, the square of --damage in the middle, black in the first picture


def crc(picture):
    """As vkms has it: without the usual inversions."""
    return zlib.crc32(picture, 0xffffffff) ^ 0xffffffff


def pixels(red, green, blue, number):
    """16 bits each of alpha, red, green and blue."""
    return bytes(part for channel in (0xff, red, green, blue) for part in (channel, channel)) * number


def crc_of_black():
    return crc(pixels(0, 0, 0, WIDTH * HEIGHT))


def crc_of_app():
    beside = pixels(*APP, (WIDTH - BOX) // 2)
    above = pixels(*APP, WIDTH * (HEIGHT - BOX) // 2)
    return crc(above + (beside + pixels(0, 0, 0, BOX) + beside) * BOX + above)


def gaps(frames):
    """Refreshes that are not in the record: how often, and how many in all."""
    missing = [after - before - 1 for before, after in zip(frames, frames[1:]) if after != before + 1]
    return len(missing), sum(missing)


def check_record(folder):
    """The screen shows the splash as Plymouth has left it, then the app, and at no refresh anything else."""
    lines = [line.split() for line in (folder / "pictures").read_text().splitlines()]
    frames, pictures = ([int(word, 16) for word in column] for column in zip(*lines))
    let_go = int((folder / "let-go").read_text())
    plymouth, rest = pictures[:let_go], pictures[let_go:]
    splash, app = plymouth[-1], rest[-1]
    shown = [picture for at, picture in enumerate(rest) if at == 0 or picture != rest[at - 1]]
    print(f"{len(plymouth)} refreshes with {len(set(plymouth))} pictures of Plymouth's; after it has let go "
          + ", ".join(f"{rest.count(picture)} of {picture:08x}" for picture in shown))
    print("times the display's timer was late since then: %d, by %d refreshes in all" % gaps(frames[let_go - 1:]))
    check(len(set(plymouth)) >= 3, "Plymouth's splash did not move")
    check(splash not in (crc_of_black(), crc_of_app()), f"the splash {splash:08x} is black or the app")
    check(app == crc_of_app(), f"at the end the screen does not show the app, but {app:08x}")
    check(shown == [splash, app],
          f"between the splash {splash:08x} and the app {app:08x} the screen shows other things: "
          + " ".join(f"{picture:08x}" for picture in shown))
    check("Overflow of CRC buffer" not in (folder / "journal").read_text(), "the record was read too late")
    check("plymouthd" in (folder / "framebuffer").read_text(), "what was shown first is not Plymouth's")


def check_output(folder):
    """Plymouth may not commit any more: with the splash and the app for Vitrine's only frames nothing else can have
    been on the screen where the record has no refresh, either."""
    output = json.loads((folder / "status.json").read_text())["outputs"][0]
    print(f"Vitrine: {output['modesets']} modesets, {output['frames']} frames")
    check(output["modesets"] == 0, f"{output['modesets']} modesets")
    check(output["frames"] == 2, f"{output['frames']} frames for the splash and the app")


def check_units(folder):
    units = {}
    for block in (folder / "units").read_text().split("\n\n"):
        unit = dict(line.split("=", 1) for line in block.splitlines() if line)
        units[unit["Id"].removesuffix(".service")] = unit
    for name in ("plymouth-start", "plymouth-quit-wait", "vitrine-splash", "vitrine"):
        check(units[name]["ActiveState"] == "active", f"{name} is {units[name]['ActiveState']}")
    for name, unit in units.items():
        check(unit["Result"] == "success" and unit["ExecMainStatus"] == "0", f"{name}: {unit}")
    check(units["vitrine"]["NRestarts"] == "0", f"Vitrine was started {units['vitrine']['NRestarts']} times more")
    check(units["plymouth-quit"]["ExecMainStartTimestampMonotonic"] == "0",
          "Plymouth was told to quit by others as well, who do not keep its picture")
    failed = (folder / "failed").read_text()
    check("vitrine" not in failed and "plymouth" not in failed, f"failed units: {failed}")


def main():
    skip_without_tools()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        boot(folder, *sys.argv[1:], "--with", "plymouth plymouth-themes", "--file", HERE / "await",
             "--terminals", "--kernel", "splash plymouth.ignore-serial-consoles",
             HERE / "splash-setup", HERE / "splash-test")
        check_record(folder)
        check_units(folder)
        check_output(folder)
        judged(folder)


main()
