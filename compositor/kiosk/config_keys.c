// SPDX-License-Identifier: MIT
#include "kiosk/config_keys.h"

#include "kiosk/config.h"

const struct config_section config_sections[CONFIG_N_SECTIONS] = {
	[CONFIG_CORE] = {.name = "core"},
	[CONFIG_OUTPUT] = {"output", "NAME",
		"_NAME_ is a connector such as HDMI-A-1, or a display as _MAKE_/_MODEL_/_SERIAL_, wherever "
		"it is connected: *[output DEL/DELL U2415/\\*]*. In each of the three \\* and ? stand for "
		"any "
		"characters or one; _MAKE_ is the maker's name or its three letters. *vitrinectl output* "
		"tells all of them. *[output \\*]* is for every other output. One "
		"section is for a "
		"display: one that names its serial number goes before one of its connector, then come "
		"those of its model, of its maker, and *[output \\*]*; of equal ones it is the last."},
	[CONFIG_KEYBOARD] = {"keyboard", NULL,
		"The names are those of *xkeyboard-config*(7). They are for all keyboards."},
	[CONFIG_INPUT] = {"input", "MATCH",
		"For the devices that _MATCH_ fits: a device's name, in which \\* and ? stand for any "
		"characters or one (*[input Goodix\\*]*), *usb:*_VVVV_*:*_PPPP_ for vendor and product in "
		"hexadecimal digits, or *tag:*_PROPERTY_ for devices with that udev property "
		"(*[input tag:ID_INPUT_TOUCHSCREEN]*). Where several fit, the later one in the file wins, "
		"key by key. *vitrinectl status* lists the devices; *libinput list-devices* tells what "
		"they can do."},
	[CONFIG_CURSOR] = {"cursor", NULL,
		"The cursor is not to be seen until a pointer really moves, and after a touch."},
	[CONFIG_KEYS] = {"keys", NULL,
		"Keys that do not reach apps. A chord is a key with its modifiers, such as *F11* or "
		"*Ctrl+Alt+Delete*; keys are named as *xev*(1) and *wev*(1) name them, modifiers Ctrl, "
		"Alt, "
		"Shift and Logo. Chords that would change to a console, and the kernel's emergency keys "
		"(Alt+Print), never reach an app."},
	[CONFIG_APP_KEYS] = {"app-keys", "APP-ID",
		"For the windows of the app that calls itself _APP-ID_ (*vitrinectl status* tells). A key "
		"without modifiers is meant with any."},
	[CONFIG_IDLE] = {"idle", NULL,
		"Screens that nobody has touched. Any key, button, touch or motion lights them, and does "
		"nothing "
		"else while they are off. An app that is looked at without being touched can prevent it."},
	[CONFIG_OSK] = {"osk", NULL,
		"The on-screen keyboard, such as squeekboard or wvkbd. While it is shown, windows get the "
		"rest of the output. The protocols that such programs need (wlr-layer-shell, "
		"input-method-v2, virtual-keyboard-v1) let them type into every app, cover it and read "
		"what is typed into it: they are offered only to the program that *command* starts, that "
		"very "
		"process, and to those that *allow* lists. A process is recognised once, when it "
		"connects, by the file that it runs. So an interpreter in the list is every script that it "
		"runs; what replaces itself later with another program keeps what it has; and another "
		"program of the same user can pretend to be one of the list, by starting it with a library "
		"of its own (*LD_PRELOAD*) or as a debugger does: run apps that are not trusted as other "
		"users or in a sandbox."},
	[CONFIG_STATUS] = {"status", NULL,
		"What an output shows that has had no window for a while: which app is awaited or has "
		"failed, since when, what happens next, and how to reach the machine. It goes with the "
		"first picture of an app. The program *vitrine-status* draws it; without it, and where "
		"_enabled_ is *false*, there is the output's _background_."},
	[CONFIG_APP] = {"app", "NAME",
		"An app that is started with Vitrine, and watched over. _NAME_ is what *vitrinectl app* "
		"and "
		"the log call it: up to 31 letters, digits, - \\_ and . A command after *vitrine --* is "
		"started instead of all of these, as if it had a section with nothing else in it.\n"
		"\n"
		"Where systemd answers to Vitrine's user each app is put into a scope of its own, else "
		"into "
		"a cgroup where Vitrine has a delegated subtree (*Delegate=* in "
		"*systemd.resource-control*(5)), else only into a process group. All that the app starts "
		"is "
		"killed when it ends. Windows are an app's if their process is in that cgroup (or descends "
		"from the app), whatever they call themselves."},
};

#define CORE(field) offsetof(struct config, field)
#define OUTPUT(field) offsetof(struct config_output, field)
#define KEYBOARD(field) offsetof(struct config_keyboard, field)
#define INPUT(field) offsetof(struct config_input, field)
#define CURSOR(field) offsetof(struct config_cursor, field)
#define KEYS(field) offsetof(struct config_keys, field)
#define IDLE(field) offsetof(struct config_idle, field)
#define APP_KEYS(field) offsetof(struct config_app_keys, field)
#define OSK(field) offsetof(struct config_osk, field)
#define STATUS(field) offsetof(struct config_status, field)
#define APP(field) offsetof(struct config_app, field)

const struct config_key config_keys[] = {
	{CONFIG_CORE, "device", CONFIG_PATH, CORE(device), .needed = true, .restart = true,
		.value = "/dev/dri/cardN", .expected = "the path of a DRM node, such as /dev/dri/card0",
		.fallback = "the first one with a connected display, else the first one",
		.description = "The display device."},
	{CONFIG_CORE, "socket", CONFIG_NAME, CORE(socket), .needed = true, .restart = true,
		.value = "NAME", .expected = "a name without '/', such as wayland-0",
		.fallback = "the first free one",
		.description = "Name of the Wayland socket in *XDG_RUNTIME_DIR*."},
	{CONFIG_CORE, "wait", CONFIG_BOOL, CORE(wait), .restart = true, .fallback = "false",
		.description = "Wait for a device that is not there yet."},
	{CONFIG_CORE, "udmabuf", CONFIG_BOOL, CORE(udmabuf), .restart = true, .fallback = "true",
		.description =
			"Show what apps draw into shared memory on planes, without a copy, where the kernel's "
			"udmabuf makes dma-bufs of it: _/dev/udmabuf_ is there and may be opened (of the group "
			"*video* by the udev rule of the package), and the memory is a memfd that can be "
			"sealed, which most toolkits use. *false*: it is always composed."},
	{CONFIG_CORE, "realtime", CONFIG_BOOL, CORE(realtime), .restart = true, .fallback = "true",
		.description =
			"Run Vitrine, and none of its apps, with real-time priority (the lowest of SCHED_RR, "
			"see "
			"*sched*(7)), so that frames are in time while apps and all else are busy. That takes "
			"the "
			"permission, which the package's unit has (*LimitRTPRIO=1*); without it one line of "
			"the "
			"log says so. Should Vitrine be busy for half a second without a pause it is like "
			"all others for ten seconds."},

	{CONFIG_OUTPUT, "off", CONFIG_BOOL, OUTPUT(off), .fallback = "false",
		.description = "Leave it dark: to apps it is as if it were not connected."},
	{CONFIG_OUTPUT, "mode", CONFIG_MODE, OUTPUT(mode), .fallback = "preferred",
		.description =
			"Size in px and refresh rate; the mode that the display prefers; or the largest "
			"of its modes, at its highest rate. A mode that the display does not list is "
			"tried all the same. If what runs at the start is what is wanted it goes on, without a "
			"flicker."},
	{CONFIG_OUTPUT, "mode-max", CONFIG_SIZE, OUTPUT(mode_max), .fallback = "none",
		.description = "A *preferred* or *highest* mode is at most so large: where the display's "
					   "own choice is larger, it is the largest of the smaller ones, at nearly the "
					   "same rate. For boards that cannot do what a display would like."},
	{CONFIG_OUTPUT, "max-bpc", CONFIG_INT, OUTPUT(max_bpc), .min = 6, .max = 16,
		.fallback = "as it is",
		.description = "At most so many bits a colour are sent to the display, where the driver "
					   "can tell it (the connector's property _max bpc_). Fewer help cables and "
					   "adapters that are too slow for a mode."},
	{CONFIG_OUTPUT, "vrr", CONFIG_BOOL, OUTPUT(vrr), .fallback = "false",
		.description = "Variable refresh (adaptive sync, FreeSync): the display waits for a frame "
					   "that comes late, "
					   "and shows it at once, within the rates that it can do. Where the connector "
					   "has the property "
					   "_vrr_capable_; *vitrinectl status --json* tells as _vrr_ whether it is in "
					   "effect. Some panels "
					   "change in brightness with the rate."},
	{CONFIG_OUTPUT, "position", CONFIG_POSITION, OUTPUT(position),
		.fallback = "to the right of all others",
		.description = "Where its upper left corner is among the outputs, in logical px: where a "
					   "pointer goes from one to the other. Outputs should not overlap."},
	{CONFIG_OUTPUT, "scale", CONFIG_REAL, OUTPUT(scale), .min = 0.5, .max = 8, .fallback = "1",
		.description = "How much larger everything is shown, in steps of 1/120. Apps that know of "
					   "fractional scales draw sharply at any."},
	{CONFIG_OUTPUT, "transform", CONFIG_CHOICE, OUTPUT(transform),
		.choices = "normal|90|180|270|flipped|flipped-90|flipped-180|flipped-270|panel",
		.fallback = "panel",
		.description =
			"How the picture is turned, in degrees counter-clockwise, and whether it is "
			"mirrored before: *90* is for a panel that was itself turned clockwise. *panel* is "
			"upright on a built-in panel as the kernel knows it to be mounted (the connector's "
			"property _panel orientation_), and *normal* on all else. Touch screens follow."},
	{CONFIG_OUTPUT, "mirror", CONFIG_NAME, OUTPUT(mirror), .value = "NAME",
		.expected = "the name of a connector, such as HDMI-A-1", .fallback = "none",
		.description =
			"Show what that output shows, as large as fits, on black. The mode and _transform_ "
			"stay its own, _scale_ has no meaning; it gets no windows, and apps do not see it. "
			"What "
			"is touched on it is touched on the other. Apps draw at the other's refresh rate, and "
			"slowly while that one is off; a mirror with a lower rate can hold up those that draw "
			"with few buffers. An output cannot mirror itself or another mirror; while the other "
			"is "
			"not connected it shows apps."},
	{CONFIG_OUTPUT, "background", CONFIG_COLOR, OUTPUT(background), .value = "#RRGGBB",
		.fallback = "#000000",
		.description = "The colour below all windows, and where there is none."},
	{CONFIG_OUTPUT, "background-picture", CONFIG_PATH, OUTPUT(background_picture), .value = "/PATH",
		.expected = "the absolute path of a PNG or JPEG file", .fallback = "none",
		.description = "A picture there, PNG or JPEG, upright as apps are, also if it is a photo "
					   "whose camera was not (Exif orientation). Without windows, or "
					   "with apps on planes above it, it is on a plane itself. It is read at the "
					   "start and, if another file is there, with a reload; one that cannot be "
					   "shown is told in the log, and leaves the colour."},
	{CONFIG_OUTPUT, "background-fit", CONFIG_CHOICE, OUTPUT(background_fit),
		.choices = "cover|contain|stretch|centre", .fallback = "cover",
		.description = "How the picture gets the output's size: *cover* fills it and cuts off "
					   "what is too long, *contain* shows all of it between bars of the colour, "
					   "*stretch* does neither, *centre* leaves px as they are."},

	{CONFIG_KEYBOARD, "model", CONFIG_TEXT, KEYBOARD(model), .value = "MODEL", .fallback = "pc105",
		.description = "The kind of keyboard."},
	{CONFIG_KEYBOARD, "layout", CONFIG_TEXT, KEYBOARD(layout), .value = "LAYOUT[,LAYOUT...]",
		.fallback = "us", .description = "The layout, or several to switch between."},
	{CONFIG_KEYBOARD, "variant", CONFIG_TEXT, KEYBOARD(variant), .value = "VARIANT[,VARIANT...]",
		.fallback = "none", .description = "The layouts' variants, in the same order."},
	{CONFIG_KEYBOARD, "options", CONFIG_TEXT, KEYBOARD(options), .value = "OPTION[,OPTION...]",
		.fallback = "none", .description = "Such as *grp:alt_shift_toggle*."},
	{CONFIG_KEYBOARD, "repeat-rate", CONFIG_INT, KEYBOARD(repeat_rate), .max = 1000,
		.fallback = "25", .description = "Keys a second while one is held down; 0 for none."},
	{CONFIG_KEYBOARD, "repeat-delay", CONFIG_INT, KEYBOARD(repeat_delay), .min = 1, .max = 60000,
		.fallback = "400", .description = "Until the first of them, ms."},

	{CONFIG_INPUT, "enabled", CONFIG_BOOL, INPUT(enabled), .fallback = "true",
		.description = "A device that is not is left alone."},
	{CONFIG_INPUT, "tap", CONFIG_BOOL, INPUT(tap), .fallback = "the device's own",
		.description = "A tap on a touchpad clicks."},
	{CONFIG_INPUT, "natural-scroll", CONFIG_BOOL, INPUT(natural_scroll),
		.fallback = "the device's own",
		.description = "Scrolling moves the contents, not the view."},
	{CONFIG_INPUT, "left-handed", CONFIG_BOOL, INPUT(left_handed), .fallback = "false",
		.description = "Swaps left and right buttons."},
	{CONFIG_INPUT, "accel-profile", CONFIG_CHOICE, INPUT(accel_profile), .choices = "flat|adaptive",
		.fallback = "the device's own",
		.description = "Whether a faster move of the pointer goes farther."},
	{CONFIG_INPUT, "accel-speed", CONFIG_REAL, INPUT(accel_speed), .min = -1, .max = 1,
		.fallback = "0", .description = "Speed of the pointer, from slowest to fastest."},
	{CONFIG_INPUT, "calibration-matrix", CONFIG_MATRIX, INPUT(calibration), .value = "A B C D E F",
		.expected = "6 numbers, the first two rows of a matrix such as 1 0 0 0 1 0",
		.fallback = "the udev property LIBINPUT_CALIBRATION_MATRIX, else 1 0 0 0 1 0",
		.description = "Of a touch screen: turns its coordinates, which go from 0 to 1, by "
					   "x' = A x + B y + C, y' = D x + E y + F. *vitrinectl calibrate* finds "
					   "them out."},
	{CONFIG_INPUT, "output", CONFIG_NAME, INPUT(output), .value = "NAME",
		.expected = "the name of a connector, such as HDMI-A-1",
		.fallback = "the one that the udev property WL_OUTPUT names, else one whose size in mm is "
					"the device's, else the first",
		.description = "The output that a touch screen or tablet belongs to. While it is not "
					   "there, such a device does nothing."},

	{CONFIG_CURSOR, "theme", CONFIG_TEXT, CURSOR(theme), .value = "NAME",
		.fallback = "*XCURSOR_THEME*, else the system's",
		.description = "A cursor theme, for where an app does not bring its own."},
	{CONFIG_CURSOR, "size", CONFIG_INT, CURSOR(size), .min = 8, .max = 256, .fallback = "24",
		.description = "Its size in px."},
	{CONFIG_CURSOR, "hide-after", CONFIG_INT, CURSOR(hide_after), .max = 86400000,
		.fallback = "5000",
		.description = "Hides a cursor that did not move for so many ms; 0 for "
					   "never."},

	{CONFIG_KEYS, "swallow", CONFIG_CHORDS, KEYS(swallow), .fallback = CONFIG_SWALLOW,
		.description = "Chords that no app gets."},
	{CONFIG_KEYS, "operator", CONFIG_CHORDS, KEYS(operator_chord), .fallback = "none",
		.description = "The chord that runs _operator-command_, whatever is shown."},
	{CONFIG_KEYS, "operator-command", CONFIG_TEXT, KEYS(operator_command), .value = "COMMAND",
		.fallback = "none", .description = "What it runs, with */bin/sh -c*, once at a time."},
	{CONFIG_KEYS, "grab", CONFIG_BOOL, KEYS(grab), .fallback = "true",
		.description =
			"Take keyboards away from the kernel's console, so that neither its chords nor "
			"what is typed reach it. Devices without letters, such as a power button, "
			"stay shared."},

	{CONFIG_APP_KEYS, "allow", CONFIG_CHORDS, APP_KEYS(allow), .fallback = "all",
		.description = "The app gets these keys, and modifiers, alone."},
	{CONFIG_APP_KEYS, "deny", CONFIG_CHORDS, APP_KEYS(deny), .fallback = "none",
		.description = "The app does not get these."},

	{CONFIG_IDLE, "dim-after", CONFIG_INT, IDLE(dim_after), .max = 1000000, .fallback = "0",
		.description = "Dims the screens after so many s; 0 for never."},
	{CONFIG_IDLE, "dim-level", CONFIG_REAL, IDLE(dim_level), .min = 0, .max = 1, .fallback = "0.3",
		.description = "How bright a dimmed screen is, of 1."},
	{CONFIG_IDLE, "off-after", CONFIG_INT, IDLE(off_after), .max = 1000000, .fallback = "0",
		.description = "Turns them off after so many s; 0 for never."},

	{CONFIG_OSK, "command", CONFIG_COMMAND, OSK(command), .value = "COMMAND [ARGUMENT...]",
		.fallback = "none",
		.description =
			"The keyboard to start, and to start again when it ends. Quotes, ~ and $NAME are "
			"read as a shell does; a program that it starts in turn (as *dbus-run-session* "
			"does) needs *allow*."},
	{CONFIG_OSK, "allow", CONFIG_PATHS, OSK(allow), .value = "PATH [PATH...]", .fallback = "none",
		.description = "Programs that may be on-screen keyboards or input methods, whoever starts "
					   "them. Links are followed."},

	{CONFIG_STATUS, "enabled", CONFIG_BOOL, STATUS(enabled), .fallback = "true",
		.description = "Show it."},
	{CONFIG_STATUS, "delay", CONFIG_REAL, STATUS(delay), .max = 86400, .fallback = "5",
		.description = "After so many s without a window."},
	{CONFIG_STATUS, "text", CONFIG_TEXT, STATUS(text), .value = "TEXT", .fallback = "none",
		.description = "A line of your own, such as whom to call."},
	{CONFIG_STATUS, "picture", CONFIG_PATH, STATUS(picture), .value = "/PATH",
		.expected = "the absolute path of a PNG or JPEG file", .fallback = "none",
		.description = "A picture above the text, such as a logo, PNG or JPEG."},
	{CONFIG_STATUS, "watchdog-ping", CONFIG_REAL, STATUS(watchdog_ping), .max = 3600,
		.fallback = "30",
		.description = "Ask *vitrine-status* every so many s whether it is alive. If no answer has "
					   "come by the next time, or it has not got as far as to be asked within half "
					   "a minute, it is killed and started again; 0 for never."},

	{CONFIG_APP, "command", CONFIG_COMMAND, APP(command), .value = "COMMAND [ARGUMENT...]",
		.fallback = "none: it is needed",
		.description = "What to start. Quotes, ~ and $NAME are read as a shell does."},
	{CONFIG_APP, "environment", CONFIG_SETTINGS, APP(environment), .value = "NAME=VALUE [...]",
		.fallback = "none",
		.description = "Variables that it gets beside Vitrine's own. Quotes, ~ and $NAME are read "
					   "as a shell does."},
	{CONFIG_APP, "directory", CONFIG_PATH, APP(directory), .value = "/PATH",
		.expected = "an absolute path", .fallback = "Vitrine's own",
		.description = "Its working directory."},
	{CONFIG_APP, "user", CONFIG_NAME, APP(user), .value = "NAME", .expected = "the name of a user",
		.fallback = "Vitrine's own",
		.description = "The user that it runs as, with the groups and HOME of that. Only where "
					   "Vitrine runs as root."},
	{CONFIG_APP, "output", CONFIG_NAMES, APP(output), .value = "NAME [NAME...]", .fallback = "any",
		.description =
			"The connectors that its windows may be on: each goes to the first of them "
			"that has none of the app's yet, else to the first. While none of them is "
			"connected its windows wait, and are not seen. Each returns to the one that it "
			"was given when that comes back."},
	{CONFIG_APP, "region", CONFIG_REGION, APP(region), .value = "WIDTHxHEIGHT+X+Y",
		.fallback = "all of it",
		.description = "The part of the output that its windows are told to fill, in logical px: "
					   "for split screens and video walls. What lies outside of the output does "
					   "not count."},
	{CONFIG_APP, "layer", CONFIG_CHOICE, APP(layer), .choices = "background|normal|overlay",
		.fallback = "normal",
		.description = "Below the windows of all normal apps, or above them, as a status bar or "
					   "an alert. A window above has the keyboard only once it was pressed."},
	{CONFIG_APP, "after", CONFIG_NAMES, APP(after), .value = "NAME [NAME...]", .fallback = "none",
		.description = "Start it once these apps run (and have shown a picture, where they have "
					   "_ready-within_), or have ended for good."},
	{CONFIG_APP, "restart", CONFIG_CHOICE, APP(restart), .choices = "always|on-failure|never",
		.fallback = "always",
		.description = "Start it again when it ends. A failure is a status other than 0, a signal, "
					   "or what _ready-within_, the watchdogs and _memory-max_ kill."},
	{CONFIG_APP, "restart-pause", CONFIG_REAL, APP(pause), .max = 3600, .fallback = "1",
		.description = "The first restart is at once; the pause before the second, in s. It "
					   "doubles with each until the app has run for a minute."},
	{CONFIG_APP, "restart-pause-max", CONFIG_REAL, APP(pause_max), .max = 3600, .fallback = "30",
		.description = "The longest pause, in s."},
	{CONFIG_APP, "max-restarts", CONFIG_INT, APP(max_restarts), .max = 1000, .fallback = "0",
		.description = "After so many within _restart-window_ it is not started again, and its "
					   "state is *failed* until *vitrinectl app start*; 0 for no limit."},
	{CONFIG_APP, "restart-window", CONFIG_INT, APP(restart_window), .min = 1, .max = 1000000,
		.fallback = "600", .description = "See _max-restarts_, in s."},
	{CONFIG_APP, "stop-signal", CONFIG_CHOICE, APP(stop_signal),
		.choices = "TERM|INT|HUP|QUIT|USR1|USR2|KILL", .fallback = "TERM",
		.description = "What asks it to end."},
	{CONFIG_APP, "stop-timeout", CONFIG_REAL, APP(stop_timeout), .max = 3600, .fallback = "1.3",
		.description = "After so many s it is killed; after 1.3 in any case when Vitrine ends."},
	{CONFIG_APP, "ready-within", CONFIG_REAL, APP(ready_within), .max = 3600, .fallback = "0",
		.description = "Its first picture has to come within so many s, or it is killed, which is "
					   "a failure; 0 if none is awaited."},
	{CONFIG_APP, "watchdog-ping", CONFIG_REAL, APP(watchdog_ping), .max = 3600, .fallback = "0",
		.description = "Ask it every so many s whether it is alive (*xdg_wm_base.ping*). If no "
					   "answer has come by the next time it is killed, which is a failure; 0 for "
					   "never."},
	{CONFIG_APP, "watchdog-draw", CONFIG_REAL, APP(watchdog_draw), .max = 3600, .fallback = "0",
		.description = "It has to draw at least every so many s as long as one of its windows is "
					   "in front on a screen that is lit, or it is killed, which is a failure; 0 "
					   "if not."},
	{CONFIG_APP, "memory-max", CONFIG_BYTES, APP(memory_max), .value = "BYTES[K|M|G]",
		.fallback = "no limit",
		.description = "All that it runs together may use so much memory, or it is killed, which "
					   "is a failure."},
	{CONFIG_APP, "cpu-quota", CONFIG_PERCENT, APP(cpu_quota), .min = 1, .max = 100000,
		.value = "N%", .fallback = "no limit",
		.description =
			"All that it runs together gets so much time of one processor; 200% are two."},
	{CONFIG_APP, "pids-max", CONFIG_INT, APP(pids_max), .min = 1, .max = 1000000,
		.fallback = "no limit", .description = "So many processes and threads at most."},
};

const size_t config_n_keys = sizeof(config_keys) / sizeof(config_keys[0]);
