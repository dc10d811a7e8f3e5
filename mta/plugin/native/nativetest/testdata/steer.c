/* Says to the queue what the arguments of its command are: the name of a function without
 * "HalonMTA_queue_", then its arguments, with - for NULL. Properties are the one pair
 * NAME=VALUE. Before that it has made a list, a suspension and a condition as it started. */
#include <HalonMTA.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

HALON_EXPORT int Halon_version(void) { return HALONMTA_PLUGIN_VERSION; }

HALON_EXPORT bool Halon_early_init(HalonInitContext *hic)
{
	(void)hic;
	return HalonMTA_queue_list_add(HALONMTA_QUEUE_RECIPIENTDOMAIN, "early") &&
	       HalonMTA_queue_list_item_add(HALONMTA_QUEUE_RECIPIENTDOMAIN, "early", "early.example");
}

HALON_EXPORT bool Halon_init(HalonInitContext *hic)
{
	(void)hic;
	char *id = HalonMTA_queue_suspend_add(NULL, NULL, NULL, NULL, "@early", "frozen", "START", 0);
	char *condition = HalonMTA_queue_policy_add6("start", HALONMTA_QUEUE_RECIPIENTDOMAIN, HALONMTA_POLICY_TYPE_WARMUP, NULL, NULL, NULL, NULL,
						     "@early", NULL, NULL, NULL, 7, 0, 0, 0, 0, NULL, NULL, 0, false, true, 0);
	bool ok = id && condition;
	free(id);
	free(condition);
	return ok;
}

static const char **args;
static size_t left;

static const char *text(void)
{
	if (!left)
		return NULL;
	--left;
	const char *s = *args++;
	return strcmp(s, "-") ? s : NULL;
}

static double number(void)
{
	const char *s = text();
	return s ? atof(s) : 0;
}

static char *answer(bool ok) { return strdup(ok ? "true" : "false"); }

static char *run(const char *name)
{
	if (!strcmp(name, "list_add")) {
		int field = (int)number();
		return answer(HalonMTA_queue_list_add(field, text()));
	}
	if (!strcmp(name, "list_item_add") || !strcmp(name, "list_item_delete")) {
		int field = (int)number();
		const char *list = text(), *item = text();
		return answer(strstr(name, "add") ? HalonMTA_queue_list_item_add(field, list, item) : HalonMTA_queue_list_item_delete(field, list, item));
	}
	if (!strcmp(name, "list_reload")) {
		int field = (int)number();
		return answer(HalonMTA_queue_list_reload(field, text()));
	}
	if (!strcmp(name, "suspend_delete"))
		return answer(HalonMTA_queue_suspend_delete(text()));
	if (!strcmp(name, "policy_delete"))
		return answer(HalonMTA_queue_policy_delete(text()));
	if (!strcmp(name, "policy_divide")) {
		HalonMTA_queue_policy_divide((size_t)number());
		return answer(true);
	}
	const char *id = NULL, *v[8] = {NULL};
	int fields = 0, type = 0, algorithm = 0;
	bool suspend = !strncmp(name, "suspend", 7), update = strstr(name, "update"), last = strchr("6", name[strlen(name) - 1]);
	if (update || last || !strcmp(name, "suspend_add5"))
		id = text();
	if (!suspend && !update)
		fields = (int)number();
	if (last)
		type = (int)number();
	char version = name[strlen(name) - 1];
	int values = update ? 0 : version == 'd' ? 6 : version == '2' || version == '3' ? 7 : 8;
	for (int i = 0; i < values; ++i)
		v[i] = text();
	size_t concurrency = 0, count = 0;
	double interval = 0, connectinterval = 0;
	if (!suspend) {
		concurrency = (size_t)number();
		count = (size_t)number();
		interval = number();
		if (last || (update && version == '4'))
			algorithm = (int)number();
		if (last || (update && (version == '3' || version == '4')))
			connectinterval = number();
	}
	const char *tag = text(), *pair[2];
	size_t pairs = 0;
	bool with = !strcmp(name, "suspend_add5") || version == '4' || version == '6' || (update && version != 'e');
	if (with) {
		char *p = (char *)text();
		if (p) {
			pair[0] = p;
			pairs = 1;
			if ((p = strchr(p, '='))) {
				*p++ = 0;
				pair[pairs++] = p;
			}
		}
	}
	bool stop = false, cluster = true;
	if (!suspend && ((!update && version == '4') || version == '6' || (update && version == '4')))
		stop = number();
	if (version == '6' || (update && (version == '3' || version == '4')))
		cluster = number();
	double ttl = number();
	if (!strcmp(name, "suspend_add"))
		return HalonMTA_queue_suspend_add(v[0], v[1], v[2], v[3], v[4], v[5], tag, ttl);
	if (!strcmp(name, "suspend_add2"))
		return HalonMTA_queue_suspend_add2(v[0], v[1], v[2], v[3], v[4], v[5], v[6], tag, ttl);
	if (!strcmp(name, "suspend_add5"))
		return HalonMTA_queue_suspend_add5(id, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], tag, pair, pairs, ttl);
	if (!strcmp(name, "policy_add"))
		return HalonMTA_queue_policy_add(fields, v[0], v[1], v[2], v[3], v[4], v[5], concurrency, count, interval, tag, ttl);
	if (!strcmp(name, "policy_add3"))
		return HalonMTA_queue_policy_add3(fields, v[0], v[1], v[2], v[3], v[4], v[5], v[6], concurrency, count, interval, tag, ttl);
	if (!strcmp(name, "policy_add4"))
		return HalonMTA_queue_policy_add4(fields, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], concurrency, count, interval, tag, pair, pairs,
						  stop, ttl);
	if (!strcmp(name, "policy_add6"))
		return HalonMTA_queue_policy_add6(id, fields, type, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], concurrency, count, interval,
						  algorithm, connectinterval, tag, pair, pairs, stop, cluster, ttl);
	if (!strcmp(name, "policy_update"))
		return answer(HalonMTA_queue_policy_update(id, concurrency, count, interval, tag, ttl));
	if (!strcmp(name, "policy_update2"))
		return answer(HalonMTA_queue_policy_update2(id, concurrency, count, interval, tag, pair, pairs, ttl));
	if (!strcmp(name, "policy_update3"))
		return answer(HalonMTA_queue_policy_update3(id, concurrency, count, interval, connectinterval, tag, pair, pairs, cluster, ttl));
	if (!strcmp(name, "policy_update4"))
		return answer(HalonMTA_queue_policy_update4(id, concurrency, count, interval, algorithm, connectinterval, tag, pair, pairs, stop, cluster,
							    ttl));
	return NULL;
}

HALON_EXPORT bool Halon_command_execute(HalonCommandExecuteContext *hcec, size_t argc, const char *argv[], size_t argvl[], char **out, size_t *outlen)
{
	(void)hcec, (void)argvl, (void)outlen;
	if (!argc)
		return false;
	args = argv + 1;
	left = argc - 1;
	*out = run(argv[0]);
	if (!*out) {
		*out = strdup("NULL");
		return false;
	}
	return true;
}
