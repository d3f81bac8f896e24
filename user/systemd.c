// SPDX-License-Identifier: GPL-2.0-or-later
#include "systemd.h"

#include <errno.h>
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
	strncpy(job->done, path, sizeof(job->done) - 1);
	strncpy(job->result, result, sizeof(job->result) - 1);
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

static int start(sd_bus *bus, const char *unit, const char *description, pid_t pid,
		 struct error *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	sd_bus_slot *slot = NULL;
	struct job job = {};
	int code;

	code = sd_bus_match_signal(bus, &slot, MANAGER, PATH, INTERFACE, "JobRemoved",
				   on_job_removed, &job);
	if (code >= 0)
		code = sd_bus_call_method(bus, MANAGER, PATH, INTERFACE, "StartTransientUnit",
					  &error, &reply, "ssa(sv)a(sa(sv))", unit, "fail", 3,
					  "Description", "s", description, "PIDs", "au", 1,
					  (uint32_t)pid, "CollectMode", "s", "inactive-or-failed",
					  0);
	if (code >= 0)
		code = sd_bus_message_read(reply, "o", &job.path);
	if (code < 0)
		error_set(err, code, "ask systemd for %s: %s", unit,
			  error.message ? error.message : strerror(-code));
	else
		code = wait_for(bus, &job, err);
	sd_bus_error_free(&error);
	sd_bus_message_unref(reply);
	sd_bus_slot_unref(slot);
	return code < 0 ? code : 0;
}

int systemd_make_scope(const char *unit, const char *description, pid_t pid, struct error *err)
{
	sd_bus *bus = NULL;
	int code = sd_bus_open_system(&bus);

	if (code < 0)
		return error_set(err, code, "the system bus: %s", strerror(-code));
	code = start(bus, unit, description, pid, err);
	sd_bus_flush_close_unref(bus);
	return code;
}
