// SPDX-License-Identifier: GPL-2.0-or-later
#include "systemd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

#define MANAGER	  "org.freedesktop.systemd1"
#define PATH	  "/org/freedesktop/systemd1"
#define INTERFACE "org.freedesktop.systemd1.Manager"

/* A scope is made in milliseconds; a manager that takes longer is not going to. */
#define WAIT_US 30000000ULL

struct job {
	const char *path; /* NULL until the reply names it */
	char done[256];	  /* path of a job that has ended before the reply was read, or "" */
	char result[64];  /* "done", or how it failed; "" while it runs */
};

bool systemd_runs_host(void)
{
	return sd_booted() > 0;
}

static int on_job_removed(sd_bus_message *message, void *context, sd_bus_error *error)
{
	const char *path, *unit, *result;
	struct job *job = context;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0)
		return 0;
	if (job->path && strcmp(job->path, path))
		return 0;
	snprintf(job->done, sizeof(job->done), "%s", path);
	snprintf(job->result, sizeof(job->result), "%s", result);
	return 0;
}

static int wait_for(sd_bus *bus, struct job *job, struct error *err)
{
	while (!job->result[0] || strcmp(job->done, job->path)) {
		int code = sd_bus_process(bus, NULL);

		if (!code)
			code = sd_bus_wait(bus, WAIT_US);
		else if (code > 0)
			continue;
		if (code <= 0)
			return error_set(err, code ? code : -ETIMEDOUT, "wait for systemd: %s",
					 strerror(code ? -code : ETIMEDOUT));
	}
	if (strcmp(job->result, "done"))
		return error_set(err, -EIO, "systemd did not start the scope: %s", job->result);
	return 0;
}

/* Call @method with what @append puts into its message, and wait for the job it answers with. */
static int run_job(sd_bus *bus, const char *unit, const char *method,
		   int (*append)(sd_bus_message *message, const char *unit, const void *context),
		   const void *context, struct error *err)
{
	sd_bus_message *message = NULL, *reply = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_slot *slot = NULL;
	struct job job = {};
	int code;

	code = sd_bus_match_signal(bus, &slot, MANAGER, PATH, INTERFACE, "JobRemoved",
				   on_job_removed, &job);
	if (code >= 0)
		code = sd_bus_message_new_method_call(bus, &message, MANAGER, PATH, INTERFACE,
						      method);
	if (code >= 0)
		code = append(message, unit, context);
	if (code >= 0)
		code = sd_bus_call(bus, message, 0, &error, &reply);
	if (code >= 0)
		code = sd_bus_message_read(reply, "o", &job.path);
	if (code < 0)
		error_set(err, code, "%s %s: %s", method, unit,
			  error.message ? error.message : strerror(-code));
	else
		code = wait_for(bus, &job, err);
	sd_bus_error_free(&error);
	sd_bus_message_unref(message);
	sd_bus_message_unref(reply);
	sd_bus_slot_unref(slot);
	return code < 0 ? code : 0;
}

struct scope_request {
	const char *description;
	pid_t pid;
};

static int append_start(sd_bus_message *message, const char *unit, const void *context)
{
	const struct scope_request *request = context;

	return sd_bus_message_append(message, "ssa(sv)a(sa(sv))", unit, "fail", 3, "Description",
				     "s", request->description, "PIDs", "au", 1,
				     (uint32_t)request->pid, "CollectMode", "s",
				     "inactive-or-failed", 0);
}

static int append_stop(sd_bus_message *message, const char *unit, const void *context)
{
	(void)context;
	return sd_bus_message_append(message, "ss", unit, "replace");
}

int systemd_make_scope(const char *unit, const char *description, pid_t pid, struct error *err)
{
	const struct scope_request request = {.description = description, .pid = pid};
	sd_bus *bus = NULL;
	int code = sd_bus_open_system(&bus);

	if (code < 0)
		return error_set(err, code, "the system bus: %s", strerror(-code));
	code = run_job(bus, unit, "StartTransientUnit", append_start, &request, err);
	sd_bus_flush_close_unref(bus);
	return code;
}

int systemd_stop_scope(const char *unit, struct error *err)
{
	sd_bus *bus = NULL;
	int code = sd_bus_open_system(&bus);

	if (code < 0)
		return error_set(err, code, "the system bus: %s", strerror(-code));
	/* Stopping alone sends SIGTERM and waits for those who ignore it. */
	sd_bus_call_method(bus, MANAGER, PATH, INTERFACE, "KillUnit", NULL, NULL, "ssi", unit,
			   "all", SIGKILL);
	code = run_job(bus, unit, "StopUnit", append_stop, NULL, err);
	sd_bus_flush_close_unref(bus);
	return code == -ENOENT ? 0 : code;
}
