// SPDX-License-Identifier: MIT
#include "ctl-options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "shared/parse.h"
#include "shared/report.h"
#include "vitrine-control-v1-client-protocol.h"

enum option_id {
	OPTION_HELP = 256,
	OPTION_DEVICE,
	OPTION_FILE,
	OPTION_FLIP,
	OPTION_INTERVAL,
	OPTION_JSON,
	OPTION_MODE,
	OPTION_OFF,
	OPTION_ON,
	OPTION_OUTPUT,
	OPTION_POSITION,
	OPTION_POWER,
	OPTION_PRINT,
	OPTION_RATE,
	OPTION_ROTATE,
	OPTION_SCALE,
	OPTION_SOCKET,
	OPTION_SOURCE,
	OPTION_TEST,
	OPTION_VERSION,
};

static const struct option global_options[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

static const struct option status_options[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"interval", required_argument, NULL, OPTION_INTERVAL},
	{"json", no_argument, NULL, OPTION_JSON},
	{"rate", no_argument, NULL, OPTION_RATE},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{0},
};

static const struct option screenshot_options[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"source", required_argument, NULL, OPTION_SOURCE},
	{0},
};

static const struct option output_options[] = {
	{"flip", no_argument, NULL, OPTION_FLIP},
	{"help", no_argument, NULL, OPTION_HELP},
	{"json", no_argument, NULL, OPTION_JSON},
	{"mode", required_argument, NULL, OPTION_MODE},
	{"off", no_argument, NULL, OPTION_OFF},
	{"on", no_argument, NULL, OPTION_ON},
	{"position", required_argument, NULL, OPTION_POSITION},
	{"power", required_argument, NULL, OPTION_POWER},
	{"rotate", required_argument, NULL, OPTION_ROTATE},
	{"scale", required_argument, NULL, OPTION_SCALE},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"test", no_argument, NULL, OPTION_TEST},
	{0},
};

static const struct option app_options[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{0},
};

static const struct option reload_options[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{0},
};

static const struct option session_options[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{0},
};

static const struct option calibrate_options[] = {
	{"device", required_argument, NULL, OPTION_DEVICE},
	{"file", required_argument, NULL, OPTION_FILE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"print", no_argument, NULL, OPTION_PRINT},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{0},
};

void ctl_options_help(void) {
	printf("Usage: vitrinectl [--socket NAME] COMMAND [OPTION...]\n"
		   "Asks a running vitrine.\n"
		   "\n"
		   "  status                 what is on each output, and how it gets there\n"
		   "      --json             the same for programs\n"
		   "      --rate             watch for a second: frames a second, bytes composed a frame\n"
		   "      --interval S       watch for S seconds instead\n"
		   "  screenshot FILE.png    save a picture of an output; '-' for standard output\n"
		   "      --output NAME      connector, such as HDMI-A-1 (default: the first one)\n"
		   "      --source auto|writeback|composed\n"
		   "                         read back what the display shows, or compose it anew\n"
		   "  output                 list the displays, and what they are set to\n"
		   "  output NAME            list the modes of one; NAME is a connector, such as HDMI-A-1\n"
		   "      --json             the same for programs\n"
		   "  output NAME            change it, until the configuration is read anew\n"
		   "      --mode WxH[@HZ]|preferred\n"
		   "      --rotate 0|90|180|270, --flip\n"
		   "                         turn the picture counter-clockwise, mirror it before\n"
		   "      --scale S          how much larger everything is shown\n"
		   "      --position X,Y     where it is among the others\n"
		   "      --on, --off        light it, or leave it dark as if nothing were connected\n"
		   "      --test             only ask whether that could be\n"
		   "      --power on|off     turn its screen on or off; apps stay where they are\n"
		   "  calibrate              have crosses touched, and write the touch screen's matrix\n"
		   "      --device NAME      which one, if there are several\n"
		   "      --file FILE        into this file (default: conf.d/calibration.ini of the\n"
		   "                         configuration, which takes effect at once)\n"
		   "      --print            to standard output instead\n"
		   "  session N              bring session N of the seat to the front\n"
		   "  reload                 read the configuration anew, and apply what changed\n"
		   "  app                    list the apps\n"
		   "  app start|stop|restart NAME\n"
		   "                         start or end one\n"
		   "\n"
		   "  --socket NAME          Wayland socket (default: WAYLAND_DISPLAY, else wayland-0)\n"
		   "  --help, --version\n");
}

static bool parse_source(const char *text, uint32_t *source) {
	static const struct {
		const char *name;
		uint32_t source;
	} sources[] = {
		{"auto", VITRINE_CONTROL_V1_SOURCE_AUTOMATIC},
		{"writeback", VITRINE_CONTROL_V1_SOURCE_WRITEBACK},
		{"composed", VITRINE_CONTROL_V1_SOURCE_COMPOSED},
	};
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (strcmp(text, sources[i].name) == 0) {
			*source = sources[i].source;
			return true;
		}
	}
	return false;
}

static bool apply(struct ctl_options *options, int id, const char *value) {
	switch (id) {
	case OPTION_HELP:
		options->command = CTL_COMMAND_HELP;
		return true;
	case OPTION_DEVICE:
		options->device = value;
		return *value != '\0';
	case OPTION_FILE:
		options->file = value;
		return *value != '\0';
	case OPTION_FLIP:
		options->change.flip = true;
		return true;
	case OPTION_MODE:
		return ctl_parse_mode(value, &options->change);
	case OPTION_OFF:
		options->change.enabled = CTL_POWER_OFF;
		return true;
	case OPTION_ON:
		options->change.enabled = CTL_POWER_ON;
		return true;
	case OPTION_POSITION:
		return ctl_parse_position(value, &options->change);
	case OPTION_ROTATE:
		return ctl_parse_rotation(value, &options->change);
	case OPTION_SCALE:
		return ctl_parse_scale(value, &options->change);
	case OPTION_TEST:
		options->change.test = true;
		return true;
	case OPTION_INTERVAL:
		return client_parse_uint(value, 1, 3600, &options->interval_s);
	case OPTION_JSON:
		options->json = true;
		return true;
	case OPTION_OUTPUT:
		options->output = value;
		return true;
	case OPTION_POWER:
		options->power = strcmp(value, "on") == 0 ? CTL_POWER_ON : CTL_POWER_OFF;
		return options->power == CTL_POWER_ON || strcmp(value, "off") == 0;
	case OPTION_PRINT:
		options->print = true;
		return true;
	case OPTION_RATE:
		options->interval_s = options->interval_s ? options->interval_s : 1;
		return true;
	case OPTION_SOCKET:
		options->socket = value;
		return *value != '\0';
	case OPTION_SOURCE:
		return parse_source(value, &options->source);
	case OPTION_VERSION:
		options->command = CTL_COMMAND_VERSION;
		return true;
	default:
		return false;
	}
}

static bool parse_options(struct ctl_options *options, int argc, char *argv[],
	const char *short_options, const struct option *long_options) {
	int id, index = 0;
	optind = 0;
	while ((id = getopt_long(argc, argv, short_options, long_options, &index)) != -1) {
		if (id == '?') {
			fprintf(stderr, "Try 'vitrinectl --help'.\n");
			return false;
		}
		if (!apply(options, id, optarg)) {
			client_report_usage("'%s' is no value for --%s", optarg, long_options[index].name);
			return false;
		}
	}
	return true;
}

static bool done(const struct ctl_options *options) {
	return options->command == CTL_COMMAND_HELP || options->command == CTL_COMMAND_VERSION;
}

// Each with what it takes and the one argument that it needs, NULL for none.
static const struct {
	const char *name;
	enum ctl_command command;
	const struct option *options;
	const char *argument;
} commands[] = {
	{"status", CTL_COMMAND_STATUS, status_options, NULL},
	{"screenshot", CTL_COMMAND_SCREENSHOT, screenshot_options, "the name of the file to write"},
	{"output", CTL_COMMAND_OUTPUT, output_options, NULL},
	{"reload", CTL_COMMAND_RELOAD, reload_options, NULL},
	{"calibrate", CTL_COMMAND_CALIBRATE, calibrate_options, NULL},
	{"session", CTL_COMMAND_SESSION, session_options, "the number of a session"},
	{"app", CTL_COMMAND_APP, app_options, NULL},
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

// "status, screenshot, ... and session".
static const char *list_commands(char *text, size_t size) {
	size_t length = 0;
	text[0] = '\0';
	for (size_t i = 0; i < N_COMMANDS && length < size; i++) {
		length += (size_t)snprintf(text + length, size - length, "%s%s",
			i == 0                    ? ""
				: i == N_COMMANDS - 1 ? " and "
									  : ", ",
			commands[i].name);
	}
	return text;
}

static bool check(const struct ctl_options *options) {
	if (options->json && options->interval_s > 0) {
		client_report_usage("--json gives totals: take two of them instead of --rate");
		return false;
	}
	bool changes = !ctl_change_is_empty(&options->change);
	if (options->command == CTL_COMMAND_OUTPUT && options->output[0] == '\0' &&
		(changes || options->power != CTL_POWER_KEEP)) {
		client_report_usage("output needs the name of an output to change");
		return false;
	}
	if (options->change.test && (!changes || options->power != CTL_POWER_KEEP)) {
		client_report_usage("output: --test asks for what --mode and the like set, not --power");
		return false;
	}
	if (options->print && options->file) {
		client_report_usage("calibrate: either --print or --file");
		return false;
	}
	return true;
}

// Nothing, or what to do with which app.
static bool parse_app(struct ctl_options *options, int argc, char *argv[]) {
	static const struct {
		const char *name;
		uint32_t action;
	} actions[] = {
		{"start", VITRINE_CONTROL_V1_APP_ACTION_START},
		{"stop", VITRINE_CONTROL_V1_APP_ACTION_STOP},
		{"restart", VITRINE_CONTROL_V1_APP_ACTION_RESTART},
	};
	if (argc == 0) {
		return true;
	}
	size_t i = 0, n = sizeof(actions) / sizeof(actions[0]);
	while (i < n && strcmp(argv[0], actions[i].name) != 0) {
		i++;
	}
	if (i == n) {
		client_report_usage("app: unknown '%s': there are start, stop and restart", argv[0]);
		return false;
	}
	if (argc != 2) {
		client_report_usage(
			"app %s needs the name of one app: 'vitrinectl app' lists them", argv[0]);
		return false;
	}
	options->action = actions[i].action;
	options->app = argv[1];
	return true;
}

static bool parse_command(struct ctl_options *options, const char *name, int argc, char *argv[]) {
	char known[256];
	size_t i = 0;
	while (i < N_COMMANDS && strcmp(name, commands[i].name) != 0) {
		i++;
	}
	if (i == N_COMMANDS) {
		client_report_usage(
			"unknown command '%s': there are %s", name, list_commands(known, sizeof(known)));
		return false;
	}
	options->command = commands[i].command;
	if (!parse_options(options, argc, argv, "", commands[i].options)) {
		return false;
	}
	if (done(options)) {
		return true;
	}
	if (options->command == CTL_COMMAND_APP) {
		return parse_app(options, argc - optind, argv + optind);
	}
	int wanted = commands[i].argument ? 1 : 0;
	if (options->command == CTL_COMMAND_OUTPUT && optind < argc) { // there need not be one
		wanted = 1;
	}
	if (argc - optind < wanted) {
		client_report_usage("%s needs %s", name, commands[i].argument);
		return false;
	}
	if (argc - optind > wanted) {
		client_report_usage("unexpected argument '%s'", argv[optind + wanted]);
		return false;
	}
	if (options->command == CTL_COMMAND_OUTPUT) {
		options->output = wanted ? argv[optind] : "";
	} else if (options->command == CTL_COMMAND_SESSION) {
		if (!client_parse_uint(argv[optind], 0, INT32_MAX, &options->session)) {
			client_report_usage("'%s' is no number of a session", argv[optind]);
			return false;
		}
	} else if (wanted) {
		options->file = argv[optind];
	}
	return check(options);
}

bool ctl_options_parse(struct ctl_options *options, int argc, char *argv[]) {
	*options = (struct ctl_options){
		.command = CTL_COMMAND_STATUS,
		.output = "",
		.device = "",
		.source = VITRINE_CONTROL_V1_SOURCE_AUTOMATIC,
	};
	// The '+' ends the options of vitrinectl itself at the command.
	if (!parse_options(options, argc, argv, "+", global_options)) {
		return false;
	}
	if (done(options)) {
		return true;
	}
	if (optind >= argc) {
		char known[256];
		client_report_usage("no command: there are %s", list_commands(known, sizeof(known)));
		return false;
	}
	// getopt begins its own messages with argv[0].
	const char *command = argv[optind];
	argv[optind] = argv[0];
	return parse_command(options, command, argc - optind, argv + optind);
}
