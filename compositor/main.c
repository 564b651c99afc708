// SPDX-License-Identifier: MIT
// Options, configuration, start, stop.
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "kiosk/kiosk.h"
#include "session/session.h"

enum {
	EXIT_USAGE = 2,
	BUSY_RETRY_MS = 1000, // nothing tells when another process drops DRM master
};

static const char usage[] =
	"Usage: vitrine [OPTION...] [--] [APP ARG...]\n"
	"A display server for kiosks: owns the display, shows what Wayland clients draw, and starts "
	"and\n"
	"watches over APP.\n"
	"\n"
	"  --config FILE           read FILE instead of the usual vitrine.ini\n"
	"  --check-config          read the configuration, say what is wrong with it, and exit\n"
	"  --device /dev/dri/cardN use this display device instead of the first that has a display\n"
	"  --mode [OUTPUT=]WxH[@HZ] use this mode instead of the display's preferred one\n"
	"  --socket NAME           name of the Wayland socket in XDG_RUNTIME_DIR\n"
	"  --wait                  wait for a display device that is not there yet, or busy\n"
	"  --verbose               log more\n"
	"  --version, --help       say so and exit\n"
	"\n"
	"See vitrine(1).\n";

struct options {
	int argc;
	char **argv;
	struct config *config; // owned until the kiosk takes it over, then NULL
	bool check_only;
	char **app; // NULL without one
};

enum option_code {
	OPTION_CONFIG = 256,
	OPTION_CHECK,
	OPTION_DEVICE,
	OPTION_MODE,
	OPTION_SOCKET,
	OPTION_WAIT,
	OPTION_VERBOSE,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"check-config", no_argument, NULL, OPTION_CHECK},
	{"device", required_argument, NULL, OPTION_DEVICE},
	{"mode", required_argument, NULL, OPTION_MODE},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"wait", no_argument, NULL, OPTION_WAIT},
	{"verbose", no_argument, NULL, OPTION_VERBOSE},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

static bool replace(char **field, const char *value) {
	char *copy = strdup(value);
	if (copy == NULL) {
		return false;
	}
	free(*field);
	*field = copy;
	return true;
}

static bool out_of_memory(char error[CONFIG_ERROR_SIZE]) {
	snprintf(error, CONFIG_ERROR_SIZE, "out of memory");
	return false;
}

// One option other than --config. Exits for those that end the program.
static bool take_option(struct options *options, struct config *config, int code, const char *value,
	char error[CONFIG_ERROR_SIZE]) {
	switch (code) {
	case OPTION_CONFIG: // read before all others, so that they override it
		return true;
	case OPTION_CHECK:
		options->check_only = true;
		return true;
	case OPTION_DEVICE:
		return replace(&config->device, value) || out_of_memory(error);
	case OPTION_SOCKET:
		return replace(&config->socket, value) || out_of_memory(error);
	case OPTION_MODE:
		return config_set_mode(config, value, error);
	case OPTION_WAIT:
		config->wait = 1;
		return true;
	case OPTION_VERBOSE:
		log_set_level(LOG_LEVEL_DEBUG);
		return true;
	case OPTION_VERSION:
		puts("vitrine " VITRINE_VERSION);
		exit(EXIT_SUCCESS);
	case OPTION_HELP:
		fputs(usage, stdout);
		exit(EXIT_SUCCESS);
	default:
		return false;
	}
}

static void log_problems(const struct config *config) {
	for (int i = 0; i < config->n_problems; i++) {
		log_warning("%s", config->problems[i]);
	}
}

// Files, and what the command line overrides. Also called for a reload: all options are known to be fine
// then. *status is that of the exit.
static bool load(
	struct options *options, struct config *config, int *status, char error[CONFIG_ERROR_SIZE]) {
	const char *path = NULL;
	int code;
	opterr = 0;
	optind = 0;
	while ((code = getopt_long(options->argc, options->argv, "+:", long_options, NULL)) != -1) {
		path = code == OPTION_CONFIG ? optarg : path;
	}
	*status = EXIT_FAILURE;
	if (!config_load(config, path, error)) {
		return false;
	}
	*status = EXIT_USAGE;
	optind = 0;
	while ((code = getopt_long(options->argc, options->argv, "+:", long_options, NULL)) != -1) {
		if (code == '?' || code == ':') {
			snprintf(error, CONFIG_ERROR_SIZE, "%.200s %s: 'vitrine --help' lists the options",
				options->argv[optind - 1],
				code == ':' ? "lacks its value" : "is no option, or takes no value");
			return false;
		}
		if (!take_option(options, config, code, optarg, error)) {
			return false;
		}
	}
	options->app = optind < options->argc ? &options->argv[optind] : NULL;
	return true;
}

static bool handle_load(void *data, struct config *config, char error[CONFIG_ERROR_SIZE]) {
	int status;
	return load(data, config, &status, error);
}

static struct config *config_create(void) {
	struct config *config = calloc(1, sizeof(*config));
	if (config != NULL) {
		config_init(config);
	}
	return config;
}

static void config_destroy(struct config *config) {
	if (config != NULL) {
		config_finish(config);
		free(config);
	}
}

// Returns an exit status, -1 to go on.
static int start_options(struct options *options) {
	char error[CONFIG_ERROR_SIZE] = "";
	options->config = config_create();
	if (options->config == NULL) {
		log_error("out of memory");
		return EXIT_FAILURE;
	}
	int status;
	bool ok = load(options, options->config, &status, error);
	log_problems(options->config);
	if (!ok) {
		log_error("%s", error);
		return status;
	}
	if (options->check_only) {
		return options->config->n_problems > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	return -1;
}

static void handle_device_change(void *data, const char *action, dev_t rdev, const char *path) {
	(void)data;
	(void)rdev;
	log_debug("%s: %s", path != NULL ? path : "a display device", action);
}

// The signal that came; 0: none.
static int read_signal(int fd) {
	struct signalfd_siginfo info;
	return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

// Nothing runs yet: all of the configuration is taken as it is now, or none of it.
static void reload_early(struct options *options) {
	struct config *config = config_create();
	char error[CONFIG_ERROR_SIZE] = "";
	bool ok = config != NULL && handle_load(options, config, error);
	if (config != NULL) {
		log_problems(config);
	}
	if (!ok || config->n_problems > 0) {
		log_error("%s%sthe configuration was read anew and is wrong: nothing is changed", error,
			error[0] != '\0' ? "; " : "");
		config_destroy(config);
		return;
	}
	config_destroy(options->config);
	options->config = config;
	log_info("the configuration was read anew");
}

// Waits until a device may have come. False when a signal asks to end.
static bool wait_for_change(struct options *options, struct kms_monitor *monitor,
	struct session *session, int signal_fd, bool busy) {
	struct pollfd fds[] = {
		{.fd = signal_fd, .events = POLLIN}, {.fd = kms_monitor_fd(monitor), .events = POLLIN},
		{.fd = session_fd(session), .events = POLLIN}, // -1 is left alone
	};
	if (poll(fds, 3, busy ? BUSY_RETRY_MS : -1) < 0 && errno != EINTR) {
		return false;
	}
	if (fds[1].revents != 0) {
		kms_monitor_dispatch(monitor);
	}
	session_dispatch(session);
	if (fds[0].revents == 0) {
		return true;
	}
	if (read_signal(signal_fd) != SIGHUP) {
		return false;
	}
	reload_early(options);
	return true;
}

// Opens the device, waiting for it if so configured. NULL with *status set.
static struct kms_device *open_device(struct options *options, struct session *session,
	struct kms_monitor *monitor, int signal_fd, int *status) {
	const struct kms_opener opener = kiosk_opener(session);
	struct kms_open_error error = {0};
	struct kms_device *device = kms_device_open(options->config->device, &opener, &error);
	*status = EXIT_FAILURE;
	if (device == NULL && options->config->wait && monitor != NULL &&
		error.status != KMS_OPEN_NO_MEMORY) {
		log_info("waiting: %s", error.message);
		while (device == NULL) {
			if (!wait_for_change(
					options, monitor, session, signal_fd, error.status == KMS_OPEN_BUSY)) {
				*status = EXIT_SUCCESS;
				return NULL;
			}
			device = kms_device_open(options->config->device, &opener, &error);
		}
	}
	if (device == NULL) {
		log_error("%s", error.message);
	}
	return device;
}

static int handle_signal(int fd, uint32_t mask, void *data) {
	(void)mask;
	struct kiosk *kiosk = data;
	int signo = read_signal(fd);
	if (signo == SIGHUP) {
		kiosk_reload(kiosk, NULL);
	} else if (signo != 0) {
		log_info("ending: %s", strsignal(signo));
		kiosk_stop(kiosk);
	}
	return 0;
}

static int run_in(struct session *session, struct options *options, int signal_fd) {
	int status;
	// The monitor comes first: what appears after the look is then not missed.
	struct kms_monitor *monitor = kms_monitor_create(handle_device_change, NULL);
	struct kms_device *device = open_device(options, session, monitor, signal_fd, &status);
	if (device == NULL) {
		kms_monitor_destroy(monitor);
		return status;
	}
	struct kiosk kiosk;
	char error[256] = "";
	status = EXIT_FAILURE;
	struct config *config = options->config;
	options->config = NULL;
	if (!kiosk_start(&kiosk, config, session, device, monitor, options->app, error)) {
		log_error("%s", error);
		kiosk_finish(&kiosk);
		return status;
	}
	kiosk_set_loader(&kiosk, handle_load, options);
	struct wl_event_source *signals = wl_event_loop_add_fd(
		kiosk_loop(&kiosk), signal_fd, WL_EVENT_READABLE, handle_signal, &kiosk);
	if (signals != NULL) {
		wl_display_run(wayland_server_display(kiosk.server));
		status = EXIT_SUCCESS;
		wl_event_source_remove(signals);
	} else {
		log_error("out of memory");
	}
	kiosk_finish(&kiosk);
	return status;
}

static int run(struct options *options, int signal_fd) {
	struct session *session = session_create();
	if (session == NULL) {
		log_error("out of memory");
		return EXIT_FAILURE;
	}
	int status = run_in(session, options, signal_fd);
	session_destroy(session);
	return status;
}

int main(int argc, char **argv) {
	struct options options = {.argc = argc, .argv = argv};
	int status = start_options(&options);
	if (status < 0) {
		sigset_t signals;
		sigemptyset(&signals);
		sigaddset(&signals, SIGTERM);
		sigaddset(&signals, SIGINT);
		sigaddset(&signals, SIGHUP);
		sigprocmask(SIG_BLOCK, &signals, NULL);
		// A client that hangs up in mid-write is an error return, not our end.
		signal(SIGPIPE, SIG_IGN);
		int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
		if (signal_fd < 0) {
			log_error("signalfd: %s", strerror(errno));
			status = EXIT_FAILURE;
		} else {
			status = run(&options, signal_fd);
			close(signal_fd);
		}
	}
	config_destroy(options.config);
	return status;
}
