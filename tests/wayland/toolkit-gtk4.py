#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A window of GTK 4's own widgets that tells on standard output where they are and what becomes of them.

"place NAME X Y WIDTH HEIGHT" is in px of the window, also for what lies in a popup; all else is one line
an event. toolkit.h tells of the names.
"""
import sys

import gi

for name in ("Gdk", "Gtk"):
    gi.require_version(name, "4.0")
from gi.repository import Gdk, Gio, GLib, Gtk  # noqa: E402

PLACES = {}


def say(*words):
    print(*words, flush=True)


def tell_place(name, box):
    """Once for each place: layouts settle in steps."""
    box = tuple(round(value) for value in box)
    if PLACES.get(name) != box:
        PLACES[name] = box
        say("place", name, *box)


def box_of(widget):
    """In px of the toplevel's surface, whatever the widget's own is."""
    native = widget.get_native()
    _, bounds = widget.compute_bounds(native)
    x, y = native.get_surface_transform()
    x, y = x + bounds.get_x(), y + bounds.get_y()
    surface = native.get_surface()
    while isinstance(surface, Gdk.Popup):
        x, y = x + surface.get_position_x(), y + surface.get_position_y()
        surface = surface.get_parent()
    return x, y, bounds.get_width(), bounds.get_height()


def labels_of(widget):
    child = widget.get_first_child()
    while child:
        if isinstance(child, Gtk.Label) and child.get_text() and child.get_mapped():
            yield child
        # A popover within another tells of itself.
        if not isinstance(child, Gtk.Popover):
            yield from labels_of(child)
        child = child.get_next_sibling()


def popovers_of(widget):
    child = widget.get_first_child()
    while child:
        if isinstance(child, Gtk.Popover) and child.get_mapped():
            yield child
        yield from popovers_of(child)
        child = child.get_next_sibling()


def tell_popups(window):
    """Items of the popovers that are shown, anew whenever they are."""
    items = {"item:" + label.get_text(): box_of(label)
             for popover in popovers_of(window) for label in labels_of(popover)}
    for name in [name for name in PLACES if name.startswith("item:") and name not in items]:
        del PLACES[name]
    for name, box in items.items():
        tell_place(name, box)


def menu_of(*items):
    menu = Gio.Menu()
    for item in items:
        if isinstance(item, tuple):
            menu.append_submenu(item[0], menu_of(*item[1]))
        else:
            menu.append(item, f"win.choose('{item}')")
    return menu


class Window(Gtk.ApplicationWindow):
    def __init__(self, application):
        super().__init__(application=application, title="toolkit")
        choose = Gio.SimpleAction.new("choose", GLib.VariantType("s"))
        choose.connect("activate", lambda _action, item: say("chosen", item.get_string()))
        self.add_action(choose)

        keys = Gtk.EventControllerKey(propagation_phase=Gtk.PropagationPhase.CAPTURE)
        keys.connect("key-pressed",
                     lambda _keys, value, *_rest: say("key", Gdk.keyval_name(value)))
        self.add_controller(keys)

        self.widgets = {}
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8)
        bar = Gtk.PopoverMenuBar.new_from_model(
            menu_of(("Drinks", ("Tea", "Coffee", ("More", ("Juice", "Water")))),
                    ("Food", ("Bread", "Soup"))))
        column.append(bar)

        inner = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8, margin_start=16,
                        margin_end=16, margin_bottom=16, vexpand=True)
        column.append(inner)
        button = Gtk.Button(label="Press")
        button.connect("clicked", lambda _button: say("click"))
        inner.append(self.named("button", button))

        scale = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, 100, 1)
        scale.connect("value-changed", lambda scale: say("slider", round(scale.get_value())))
        inner.append(self.named("slider", scale))

        entry = Gtk.Entry(placeholder_text="Name")
        entry.connect("changed", lambda entry: say("text", entry.get_text()))
        for name in ("cursor-position", "selection-bound"):
            entry.connect("notify::" + name, self.tell_selection)
        inner.append(self.named("entry", entry))

        combo = Gtk.DropDown.new_from_strings(["Apple", "Pear", "Cherry", "Plum"])
        combo.connect("notify::selected-item",
                      lambda combo, _name: say("combo", combo.get_selected_item().get_string()))
        inner.append(self.named("combo", combo))

        rows = Gtk.Label(label="\n".join(f"Line {i}" for i in range(200)), xalign=0)
        scrolled = Gtk.ScrolledWindow(vexpand=True, child=rows)
        scrolled.get_vadjustment().connect(
            "value-changed", lambda adjustment: say("scroll", round(adjustment.get_value())))
        inner.append(self.named("list", scrolled))

        corner = Gtk.MenuButton(label="Corner", halign=Gtk.Align.END,
                                menu_model=menu_of("North", "South", "East", "West"))
        inner.append(self.named("corner", corner))

        self.set_child(column)
        self.bar = bar
        self.add_tick_callback(self.tick)
        self.told = False

    def named(self, name, widget):
        self.widgets[name] = widget
        return widget

    @staticmethod
    def tell_selection(entry, _name):
        bounds = entry.get_selection_bounds()
        if bounds:
            say("selected", entry.get_chars(*bounds))

    def tick(self, _widget, _clock):
        """With each frame; what has moved is told. "ready" is said once all have their places."""
        if self.get_width() > 0:
            for name, widget in self.widgets.items():
                tell_place(name, box_of(widget))
            for label in labels_of(self.bar):
                tell_place("menu:" + label.get_text(), box_of(label))
            tell_popups(self)
            if not self.told:
                say("ready")
            self.told = True
        return GLib.SOURCE_CONTINUE


def main():
    Gtk.Settings.get_default().props.gtk_cursor_blink = False  # it fades, for 10 s
    application = Gtk.Application()
    application.connect("activate", lambda application: Window(application).present())
    return application.run()


sys.exit(main())
