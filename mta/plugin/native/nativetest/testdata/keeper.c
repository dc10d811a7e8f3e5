/* A queue plugin for tests: the local part of a recipient says what becomes of the unit. */
#include <HalonMTA.h>
#include <stdlib.h>
#include <string.h>

HALON_EXPORT int Halon_version(void) { return HALONMTA_PLUGIN_VERSION; }

static bool is(HalonQueueContext *hqc, const char *prefix, HalonQueueMessage **m)
{
	const char *recipient;
	return HalonMTA_queue_getinfo(hqc, HALONMTA_INFO_MESSAGE, NULL, 0, m, NULL) &&
	       HalonMTA_message_getinfo(*m, HALONMTA_MESSAGE_RECIPIENT, NULL, 0, &recipient, NULL) &&
	       !strncmp(recipient, prefix, strlen(prefix));
}

static void say(HalonQueueContext *hqc, const char *name, const char *text)
{
	HalonHSLValue *back, *key, *value;
	if (!HalonMTA_queue_getinfo(hqc, HALONMTA_INFO_RETURN, NULL, 0, &back, NULL))
		return;
	HalonMTA_hsl_value_array_add(back, &key, &value);
	HalonMTA_hsl_value_set(key, HALONMTA_HSL_TYPE_STRING, name, 0);
	HalonMTA_hsl_value_set(value, HALONMTA_HSL_TYPE_STRING, text, 0);
}

HALON_EXPORT bool Halon_queue_insert_callback(HalonQueueContext *hqc)
{
	HalonQueueMessage *m;
	char **ips;
	size_t n;
	if (!HalonMTA_queue_getinfo(hqc, HALONMTA_INFO_LOCALIPS, NULL, 0, &ips, &n))
		abort();
	if (is(hqc, "kept", &m)) {
		say(hqc, "error", "NO_IPS");
		return false;
	}
	if (is(hqc, "nowhere", &m)) /* nothing is left of the pool */
		HalonMTA_queue_setinfo(hqc, HALONMTA_INFO_LOCALIPS, NULL, 0);
	if (is(hqc, "narrow", &m)) {
		const char *left[] = {ips[n - 1], "192.0.2.1"}; /* the second is not in the pool */
		HalonMTA_queue_setinfo(hqc, HALONMTA_INFO_LOCALIPS, left, 2);
		say(hqc, "left", ips[n - 1]);
	}
	return true;
}

HALON_EXPORT bool Halon_queue_pickup_acquire2(HalonQueueContext *hqc)
{
	HalonQueueMessage *m;
	char **ips;
	const char *ip, *transport;
	if (HalonMTA_queue_getinfo(hqc, HALONMTA_INFO_LOCALIPS, NULL, 0, &ips, NULL))
		abort(); /* at insert only */
	if (!is(hqc, "back", &m) && !is(hqc, "again", &m) && !is(hqc, "silent", &m))
		return true;
	HalonMTA_message_getinfo(m, HALONMTA_MESSAGE_LOCALIP, NULL, 0, &ip, NULL);
	if (!is(hqc, "silent", &m))
		say(hqc, "localip", ip);
	/* Predelivery sends it another way the second time, which shows in the job. */
	HalonMTA_message_getinfo(m, HALONMTA_MESSAGE_JOBID, NULL, 0, &transport, NULL);
	return !strcmp(transport, "other");
}
