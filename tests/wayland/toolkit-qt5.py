#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A window of Qt's own widgets that tells on standard output where they are and what becomes of them.

"place NAME X Y WIDTH HEIGHT" is in px of the window, also for what lies in a popup; all else is one line
an event. toolkit.h tells of the names.
"""
import sys

from PyQt5.QtCore import QEvent, QObject, Qt, QTimer
from PyQt5.QtWidgets import (QApplication, QComboBox, QLineEdit, QListWidget, QMainWindow, QMenu,
                             QPushButton, QScroller, QSlider, QVBoxLayout, QWidget)

PLACES = {}


def say(*words):
    print(*words, flush=True)


def tell_place(name, widget, rect=None):
    rect = rect or widget.rect()
    corner = widget.mapToGlobal(rect.topLeft())  # the window fills the screen
    box = (corner.x(), corner.y(), rect.width(), rect.height())
    if PLACES.get(name) != box or name.startswith("item:"):
        PLACES[name] = box
        say("place", name, *box)


class Shown(QObject):
    """Calls back once a widget was painted: then it has its place."""

    def __init__(self, widget, callback):
        super().__init__(widget)
        self.callback = callback
        widget.installEventFilter(self)

    def eventFilter(self, _widget, event):
        if event.type() == QEvent.Paint:
            QTimer.singleShot(0, self.callback)
        return False


class Keys(QObject):
    """Tells of what is typed, whichever widget has the focus."""

    def eventFilter(self, widget, event):
        if event.type() == QEvent.KeyPress and widget.isWindowType() and event.text():
            say("key", event.text())
        return False


class Window(QMainWindow):
    def __init__(self):
        super().__init__()
        self.setWindowTitle("toolkit")
        column = QWidget()
        layout = QVBoxLayout(column)
        self.setCentralWidget(column)
        self.widgets = {}

        self.menus = []
        self.add_menu(self.menuBar(), ("Drinks", ("Tea", "Coffee", ("More", ("Juice", "Water")))))
        self.add_menu(self.menuBar(), ("Food", ("Bread", "Soup")))

        button = QPushButton("Press")
        button.clicked.connect(lambda: say("click"))
        self.add("button", button)

        slider = QSlider(Qt.Horizontal)
        slider.setRange(0, 100)
        slider.valueChanged.connect(lambda value: say("slider", value))
        self.add("slider", slider)

        entry = QLineEdit(placeholderText="Name")
        entry.textChanged.connect(lambda text: say("text", text))
        entry.selectionChanged.connect(
            lambda: entry.selectedText() and say("selected", entry.selectedText()))
        self.add("entry", entry)

        combo = QComboBox()
        combo.addItems(["Apple", "Pear", "Cherry", "Plum"])
        combo.currentTextChanged.connect(lambda text: say("combo", text))
        self.add("combo", combo)
        self.shown = [Shown(combo.view().viewport(), self.tell_combo)]

        rows = QListWidget()
        rows.addItems([f"Line {i}" for i in range(200)])
        rows.setVerticalScrollMode(QListWidget.ScrollPerPixel)
        rows.verticalScrollBar().valueChanged.connect(lambda value: say("scroll", value))
        QScroller.grabGesture(rows.viewport(), QScroller.TouchGesture)
        self.add("list", rows)

        corner = QPushButton("Corner")
        menu = QMenu("Corner", self)
        self.fill_menu(menu, ("North", "South", "East", "West"))
        corner.setMenu(menu)
        self.add("corner", corner)
        layout.setAlignment(corner, Qt.AlignRight)

        self.told = False
        self.shown.append(Shown(self, self.tell_all))

    def add(self, name, widget):
        self.widgets[name] = widget
        self.centralWidget().layout().addWidget(widget)

    def add_menu(self, parent, item):
        self.fill_menu(parent.addMenu(item[0]), item[1])

    def fill_menu(self, menu, items):
        for item in items:
            if isinstance(item, tuple):
                self.add_menu(menu, item)
            else:
                menu.addAction(item).triggered.connect(
                    lambda _checked, item=item: say("chosen", item))
        self.menus.append(Shown(menu, lambda: self.tell_menu(menu)))

    @staticmethod
    def tell_menu(menu):
        if menu.isVisible():
            for action in menu.actions():
                tell_place("item:" + action.text().replace("&", ""), menu,
                           menu.actionGeometry(action))

    def tell_combo(self):
        combo = self.widgets["combo"]
        view = combo.view()
        if view.isVisible():
            for row in range(combo.count()):
                # Rows are wider than what is seen of them.
                rect = view.visualRect(combo.model().index(row, 0)) & view.viewport().rect()
                tell_place("item:" + combo.itemText(row), view.viewport(), rect)

    def tell_all(self):
        for name, widget in self.widgets.items():
            tell_place(name, widget)
        for action in self.menuBar().actions():
            tell_place("menu:" + action.text().replace("&", ""), self.menuBar(),
                       self.menuBar().actionGeometry(action))
        if not self.told:
            say("ready")
        self.told = True


def main():
    application = QApplication(sys.argv)
    keys = Keys()
    application.installEventFilter(keys)
    window = Window()
    window.show()
    return application.exec()


sys.exit(main())
