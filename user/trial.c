// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "decide.h"
#include "evidence_read.h"
#include "gate.h"
#include "profile.h"
#include "scopes.h"
#include "workload.h"

/*
 * Between two looks. A scope that is made and gone within it is missed, which is counted; a look takes not more
 * than a part of the time, however many scopes there are.
 */
#define LOOK_NS	   100000000ULL
#define LOOK_SHARE 10

/* How often all scopes are read anew because some that were denied something went meanwhile. */
#define MOMENTS 20

struct watch {
	struct trial *trial;
	struct trial_phase *phase;
	enum capward_verdict verdict;
	const struct evidence *before; /* what is known already */
	struct scope_list last;	       /* all there were at the last look */
	__u64 past; /* denials in scopes that were gone then, as the kernel counts them */
};

/* --- what is known ------------------------------------------------------------------------------- */

/* Whether @operation was done, or would have been denied, and something depended on it. */
static bool was_done(const struct evidence *known, unsigned int operation)
{
	return evidence_audited(known, operation, CAPWARD_USED) ||
	       evidence_audited(known, operation, CAPWARD_WOULD_DENY);
}

__u64 trial_lacks(const struct evidence *known, __u64 word)
{
	struct need needs[CAPWARD_CAPS];
	__u64 needed;

	needs_of(known, 0, 0, needs);
	needed = needs_mask(needs, false);
	/* Not those that no policy gives. */
	for (unsigned int operation = CAPWARD_CAPS; operation < CAPWARD_OP_TAMPER; operation++)
		if (was_done(known, operation))
			needed |= 1ULL << operation;
	return needed & ~word;
}

/* Whether @known has it that the workload does as well without @permission. */
static bool does_without(const struct evidence *known, unsigned int permission)
{
	const struct capward_evidence *denied = known->of[CAPWARD_WOULD_DENY];
	struct need needs[CAPWARD_CAPS];

	if (permission >= CAPWARD_CAPS)
		return denied[permission].count && !was_done(known, permission);
	needs_of(known, 0, 0, needs);
	return needs[permission].needed == NEED_NO;
}

static bool in_passing(const struct capward_evidence *evidence)
{
	return evidence->count <= evidence->probes;
}

bool trial_knows(const struct evidence *before, unsigned int permission,
		 const struct capward_evidence *evidence)
{
	struct capward_evidence seen = before->of[CAPWARD_DENIED][permission];

	if (in_passing(evidence))
		return true;
	if (does_without(before, permission))
		evidence_add(&seen, &before->of[CAPWARD_WOULD_DENY][permission]);
	for (size_t i = 0; i < CAPWARD_SYSCALLS / 64; i++)
		if (evidence->syscalls[i] & ~seen.syscalls[i])
			return false;
	return seen.count;
}

/* --- the policy ---------------------------------------------------------------------------------- */

/* @policy as a trial has it in @mode. */
static struct capward_policy in_mode(const struct capward_policy *policy, enum capward_mode mode)
{
	struct capward_policy tried = *policy;

	tried.word = policy_word(mode, policy->word);
	tried.flags |= CAPWARD_POLICY_TRIAL;
	return tried;
}

/* Read the policy of @trial into *@out; -ESTALE: it is another one than @as by now. */
static int read_policy(const struct trial *trial, const struct capward_policy *as,
		       struct capward_policy *out)
{
	int code = engine_policy(trial->engine, trial->slot, out);

	if (code)
		return code;
	/* An equal word may be somebody else's, and the slot another profile's. */
	return out->word != as->word || (out->flags ^ as->flags) & CAPWARD_POLICY_TRIAL ||
			       strcmp(out->profile, as->profile)
		       ? -ESTALE
		       : 0;
}

/* Give the policy of @trial, which is @from, the mode of @to. -ESTALE: it is another one by now. */
static int change(const struct trial *trial, const struct capward_policy *from,
		  const struct capward_policy *to, struct error *err)
{
	struct capward_policy policy;
	int lock = engine_lock(err), code;

	if (lock < 0)
		return lock;
	code = read_policy(trial, from, &policy);
	if (code) {
		error_set(err, code, "read the policy: %s", strerror(-code));
	} else {
		policy.word = to->word;
		policy.flags &= ~CAPWARD_POLICY_TRIAL;
		policy.flags |= to->flags & CAPWARD_POLICY_TRIAL;
		code = engine_set_policy(trial->engine, trial->slot, &policy, err);
	}
	close(lock);
	return code;
}

/*
 * Have the policy of @trial, which it made @tried, be as it was; what ran meanwhile came to @code. That it
 * cannot is told rather than that.
 */
static int go_back(struct trial *trial, const struct capward_policy *tried, int code,
		   struct error *err)
{
	struct error why;
	int back = change(trial, tried, &trial->policy, &why);

	if (back == -ESTALE)
		trial->outcome = TRIAL_CHANGED;
	trial->away = back && back != -ESTALE;
	if (!trial->away)
		return code;
	return error_set(err, back, "profile %s is still in the mode %s: %s", tried->profile,
			 profile_mode_name(policy_mode(tried->word)), why.text);
}

int trial_return(const struct trial *trial, struct error *err)
{
	static const enum capward_mode modes[] = {CAPWARD_ENFORCE, CAPWARD_AUDIT};
	struct capward_policy tried;
	int code = -ESTALE;

	for (size_t i = 0; code == -ESTALE && i < sizeof(modes) / sizeof(modes[0]); i++) {
		tried = in_mode(&trial->policy, modes[i]);
		code = change(trial, &tried, &trial->policy, err);
	}
	/* It had not left its mode, or somebody else put it there. */
	return code == -ESTALE ? read_policy(trial, &trial->policy, &tried) : code;
}

/* --- looking ------------------------------------------------------------------------------------- */

/* Read all scopes into *@list, and into *@past what was denied in those that were gone at that moment. */
static int read_moment(struct engine *engine, struct scope_list *list, __u64 *past,
		       struct error *err)
{
	int code;

	for (int i = 0;; i++) {
		*past = engine_state(engine)->past[CAPWARD_DENIED];
		code = scopes_read(engine, list, err);
		if (code || i == MOMENTS || *past == engine_state(engine)->past[CAPWARD_DENIED])
			return code;
		scopes_free(list);
	}
}

static int by_path(const void *left, const void *right)
{
	const struct scope_view *a = left, *b = right;

	return strcmp(a->path, b->path);
}

/* What @list, which is by path, has of the scope of @view; NULL: it is not there. */
static const struct scope_view *same_scope(const struct scope_list *list,
					   const struct scope_view *view)
{
	const struct scope_view *same =
		list->count ? bsearch(view, list->scopes, list->count, sizeof(*view), by_path)
			    : NULL;

	return same && same->id == view->id ? same : NULL;
}

/* How many came to a count that was @then, or is counted anew. */
static __u64 more(__u64 then, __u64 now)
{
	return now < then ? now : now - then;
}

/* The finding of @permission in @view; a new one where there is none. NULL without memory. */
static struct trial_finding *finding_of(struct trial_phase *phase, const struct scope_view *view,
					unsigned int permission)
{
	struct trial_finding *grown;

	for (size_t i = 0; i < phase->count; i++)
		if (phase->findings[i].scope == view->id &&
		    phase->findings[i].permission == permission)
			return &phase->findings[i];
	grown = realloc(phase->findings, (phase->count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	phase->findings = grown;
	grown = &phase->findings[phase->count];
	*grown = (struct trial_finding){
		.scope = view->id, .cgroup = strdup(view->path), .permission = permission};
	phase->count += !!grown->cgroup;
	return grown->cgroup ? grown : NULL;
}

static int look_at(struct watch *watch, const struct scope_view *view)
{
	const struct scope_view *last = same_scope(&watch->last, view);

	for (unsigned int i = 0; i < CAPWARD_OPS_END; i++) {
		__u64 now = view->counts[watch->verdict][i];
		__u64 count = more(last ? last->counts[watch->verdict][i] : 0, now);
		struct trial_finding *finding;

		if (!count)
			continue;
		finding = finding_of(watch->phase, view, i);
		if (!finding)
			return -ENOMEM;
		finding->count += count;
		/* Without memory the kernel kept the count alone; what is not known is new. */
		if (engine_evidence(watch->trial->engine, view->id, i, watch->verdict,
				    &finding->evidence))
			finding->evidence = (struct capward_evidence){.count = finding->count};
		evidence_date(&finding->evidence);
		finding->known = trial_knows(watch->before, i, &finding->evidence);
	}
	if (watch->verdict == CAPWARD_DENIED)
		watch->trial->unseen += more(last ? last->uncounted : 0, view->uncounted);
	return 0;
}

/* The denials that were in @last and are not in @now, because their scopes are gone or began anew. */
static __u64 denials_gone(const struct scope_list *last, const struct scope_list *now)
{
	__u64 sum = 0;

	for (size_t i = 0; i < last->count; i++) {
		const struct scope_view *view = same_scope(now, &last->scopes[i]);
		__u64 had = scope_total(&last->scopes[i], CAPWARD_DENIED);

		if (!view || scope_total(view, CAPWARD_DENIED) < had)
			sum += had;
	}
	return sum;
}

/* Count what was denied since the last look in scopes that are gone. */
static void count_unseen(struct watch *watch, const struct scope_list *now, __u64 past)
{
	__u64 known = denials_gone(&watch->last, now);

	if (past - watch->past > known)
		watch->trial->unseen += past - watch->past - known;
	watch->past = past;
}

/* Look at all scopes once. */
static int look(struct watch *watch, struct error *err)
{
	struct trial *trial = watch->trial;
	struct scope_list now;
	size_t scopes = 0;
	__u64 past;
	int code = read_moment(trial->engine, &now, &past, err);

	if (code)
		return code;
	for (size_t i = 0; !code && i < now.count; i++) {
		if (now.scopes[i].slot != trial->slot)
			continue;
		scopes++;
		code = look_at(watch, &now.scopes[i]);
	}
	if (scopes > watch->phase->scopes)
		watch->phase->scopes = scopes;
	if (watch->verdict == CAPWARD_DENIED)
		count_unseen(watch, &now, past);
	scopes_free(&watch->last);
	watch->last = now;
	return code ? error_set(err, code, "%s", strerror(-code)) : 0;
}

/* Whether another policy than that of @trial denies anything. */
static bool others_enforce(const struct trial *trial)
{
	struct capward_policy policy;

	for (__u32 slot = 1; slot < CAPWARD_POLICIES; slot++)
		if (slot != trial->slot && !engine_policy(trial->engine, slot, &policy) &&
		    policy.profile[0] && policy_mode(policy.word) == CAPWARD_ENFORCE)
			return true;
	return false;
}

/* --- the phases ---------------------------------------------------------------------------------- */

/* Whether something was denied that was not known, or that nobody knows. */
static bool breaks(const struct watch *watch)
{
	for (size_t i = 0; i < watch->phase->count; i++)
		if (!watch->phase->findings[i].known)
			return true;
	return watch->trial->unseen && !others_enforce(watch->trial);
}

/* 0 when what is enforced is denied now: that nothing was denied says something. */
static int require_gate(const struct trial *trial, struct error *err)
{
	enum gate_sight sight = gate_look(trial->engine);

	return sight == GATE_ENFORCES ? 0
				      : error_set(err, -EOPNOTSUPP, "nothing can be tried: %s",
						  gate_sight_text(sight));
}

/* Sleep until the next look, which is not later than @end (monotonic). */
static void rest(__u64 took, __u64 end)
{
	__u64 now = clock_ns(CLOCK_MONOTONIC);
	__u64 ns = took * LOOK_SHARE > LOOK_NS ? took * LOOK_SHARE : LOOK_NS;
	struct timespec ts;

	if (now >= end)
		return;
	if (ns > end - now)
		ns = end - now;
	ts = (struct timespec){.tv_sec = (time_t)(ns / 1000000000),
			       .tv_nsec = (long)(ns % 1000000000)};
	nanosleep(&ts, NULL); /* a signal ends it early */
}

/* Look until @ns are over or there is an outcome. With @policy in force, enforced when denials are looked for. */
static int watch_for(struct watch *watch, __u64 ns, const struct capward_policy *policy,
		     struct error *err)
{
	struct capward_policy now;
	__u64 start = clock_ns(CLOCK_MONOTONIC), end = start + ns, began;
	struct trial *trial = watch->trial;
	int code = 0;

	watch->phase->begun = clock_ns(CLOCK_REALTIME);
	for (;;) {
		began = clock_ns(CLOCK_MONOTONIC);
		if (read_policy(trial, policy, &now)) {
			trial->outcome = TRIAL_CHANGED;
			break;
		}
		code = watch->verdict == CAPWARD_DENIED ? require_gate(trial, err) : 0;
		if (!code)
			code = look(watch, err);
		if (code)
			break;
		if (watch->verdict == CAPWARD_DENIED && breaks(watch)) {
			trial->outcome = TRIAL_BROKE;
			break;
		}
		if (*trial->stop) {
			trial->outcome = TRIAL_STOPPED;
			break;
		}
		if (began >= end)
			break;
		rest(clock_ns(CLOCK_MONOTONIC) - began, end);
	}
	watch->phase->ended = clock_ns(CLOCK_REALTIME);
	watch->phase->lasted = clock_ns(CLOCK_MONOTONIC) - start;
	return code;
}

/* A callback: add what is known of a workload of which a scope has the policy. */
struct gathering {
	const struct trial *trial;
	struct evidence *into;
};

static int gather(void *context, const struct workload *workload)
{
	const struct gathering *gathering = context;
	bool has = false;

	for (size_t i = 0; i < workload->count; i++) {
		if (workload->scopes[i]->slot != gathering->trial->slot)
			continue;
		has = true;
		/* What is not added to what is known of it is known here. */
		if (!workload->learning)
			evidence_read_scope(gathering->trial->engine, workload->scopes[i],
					    gathering->into);
	}
	if (has)
		evidence_merge(gathering->into, &workload->evidence);
	return 0;
}

/* All that is known of the workloads that have the policy, in all their runs, into @out. */
static int gather_evidence(const struct trial *trial, struct evidence *out, struct error *err)
{
	struct gathering gathering = {trial, out};
	struct scope_list list;
	struct workload_source source = {.engine = trial->engine,
					 .list = &list,
					 .dir = trial->evidence,
					 .teller = trial->teller};
	int code = scopes_read(trial->engine, &list, err);

	if (code)
		return code;
	code = workload_each(&source, NULL, 0, gather, &gathering, err);
	scopes_free(&list);
	return code;
}

/* Of what would have been denied, know what is not needed; whether all is. */
static bool know_needless(struct trial_phase *phase, const struct evidence *known)
{
	bool all = true;

	for (size_t i = 0; i < phase->count; i++) {
		struct trial_finding *finding = &phase->findings[i];

		finding->known =
			in_passing(&finding->evidence) || does_without(known, finding->permission);
		all &= finding->known;
	}
	return all;
}

/* Conclude from the audit and all that is @known whether the policy is to be enforced. */
static void conclude(struct trial *trial, const struct evidence *known)
{
	bool needless = know_needless(&trial->audit, known);

	trial->lacks = trial_lacks(known, trial->policy.word);
	if (trial->outcome == TRIAL_HOLDS && (!needless || trial->lacks))
		trial->outcome = TRIAL_WOULD_BREAK;
}

/* The policy is audited; what is known after it goes to @before. */
static int audit(struct trial *trial, const struct capward_policy *policy, struct evidence *before,
		 struct error *err)
{
	struct watch watch = {.trial = trial,
			      .phase = &trial->audit,
			      .verdict = CAPWARD_WOULD_DENY,
			      .before = before};
	int code = read_moment(trial->engine, &watch.last, &watch.past, err);

	if (!code) {
		tell(&trial->teller, "audited");
		code = watch_for(&watch, trial->audit_ns, policy, err);
	}
	scopes_free(&watch.last);
	if (!code)
		code = gather_evidence(trial, before, err);
	if (!code)
		conclude(trial, before);
	return code;
}

/* *@policy is enforced, and is so afterwards. */
static int enforce(struct trial *trial, struct capward_policy *policy,
		   const struct evidence *before, struct error *err)
{
	struct watch watch = {.trial = trial,
			      .phase = &trial->enforce,
			      .verdict = CAPWARD_DENIED,
			      .before = before};
	const struct capward_policy enforced = in_mode(policy, CAPWARD_ENFORCE);
	int code = read_moment(trial->engine, &watch.last, &watch.past, err);

	if (!code)
		code = change(trial, policy, &enforced, err);
	if (!code) {
		*policy = enforced;
		code = watch_for(&watch, trial->enforce_ns, policy, err);
	}
	scopes_free(&watch.last);
	if (trial->outcome == TRIAL_HOLDS && !trial->enforce.scopes)
		trial->outcome = TRIAL_UNTRIED;
	return code;
}

static int run_phases(struct trial *trial, struct evidence *before, struct error *err)
{
	struct capward_policy now = trial->policy;
	int code = 0;

	/* To the kernel learn is the same as audit. */
	if (policy_mode(now.word) == CAPWARD_OFF) {
		now = in_mode(&now, CAPWARD_AUDIT);
		code = change(trial, &trial->policy, &now, err);
	}
	if (code)
		return code;
	code = audit(trial, &now, before, err);
	if (*trial->stop && trial->outcome == TRIAL_HOLDS)
		trial->outcome = TRIAL_STOPPED;
	if (!code && trial->outcome == TRIAL_HOLDS) {
		/* Before it is, because this may have to wait for who reads it. */
		tell(&trial->teller, "enforced");
		code = enforce(trial, &now, before, err);
	}
	return now.word != trial->policy.word ? go_back(trial, &now, code, err) : code;
}

int trial_run(struct trial *trial, struct error *err)
{
	struct evidence *before;
	int code;

	trial->outcome = TRIAL_HOLDS;
	if (policy_mode(trial->policy.word) == CAPWARD_ENFORCE)
		return error_set(err, -EALREADY,
				 "profile %s is enforced already: there is nothing to try",
				 trial->policy.profile);
	code = require_gate(trial, err);
	if (code)
		return code;
	before = calloc(1, sizeof(*before));
	if (!before)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	code = run_phases(trial, before, err);
	free(before);
	if (code == -ESTALE) {
		trial->outcome = TRIAL_CHANGED;
		code = 0;
	}
	return code;
}

static void free_phase(struct trial_phase *phase)
{
	for (size_t i = 0; i < phase->count; i++)
		free(phase->findings[i].cgroup);
	free(phase->findings);
}

void trial_free(struct trial *trial)
{
	free_phase(&trial->audit);
	free_phase(&trial->enforce);
}
