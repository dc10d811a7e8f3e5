/* A delivery plugin for tests: the argument "mode" says how the attempt ends, and what it
 * has seen goes back to the script. */
#include <HalonMTA.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

HALON_EXPORT int Halon_version(void) { return HALONMTA_PLUGIN_VERSION; }

static HalonHSLValue *add(HalonHSLValue *array, const char *name)
{
	HalonHSLValue *key, *value;
	HalonMTA_hsl_value_array_add(array, &key, &value);
	HalonMTA_hsl_value_set(key, HALONMTA_HSL_TYPE_STRING, name, 0);
	return value;
}

static void add_text(HalonHSLValue *array, const char *name, HalonQueueMessage *m, int type)
{
	const char *s;
	size_t n;
	if (HalonMTA_message_getinfo(m, type, NULL, 0, &s, &n))
		HalonMTA_hsl_value_set(add(array, name), HALONMTA_HSL_TYPE_STRING, s, n);
}

static void add_number(HalonHSLValue *array, const char *name, HalonQueueMessage *m, int type)
{
	size_t n;
	if (HalonMTA_message_getinfo(m, type, NULL, 0, &n, NULL)) {
		double d = (double)n;
		HalonMTA_hsl_value_set(add(array, name), HALONMTA_HSL_TYPE_NUMBER, &d, 0);
	}
}

static void report(HalonDeliverContext *hdc, const HalonHSLValue *args)
{
	HalonHSLValue *back;
	HalonQueueMessage *m;
	FILE *fp;
	if (!HalonMTA_deliver_getinfo(hdc, HALONMTA_INFO_RETURN, NULL, 0, &back, NULL) ||
	    !HalonMTA_deliver_getinfo(hdc, HALONMTA_INFO_MESSAGE, NULL, 0, &m, NULL) ||
	    !HalonMTA_deliver_getinfo(hdc, HALONMTA_INFO_FILE, NULL, 0, &fp, NULL))
		return;
	if (ftell(fp) != 0)
		return;
	HalonHSLValue *mail = add(back, "mail"); /* the array is made by the first element */
	char *json;
	if (HalonMTA_hsl_value_to_json(args, &json, NULL)) {
		HalonMTA_hsl_value_from_json(add(back, "arguments"), json, NULL, NULL);
		free(json);
	}
	fseek(fp, 0, SEEK_END);
	long size = ftell(fp);
	rewind(fp);
	char *text = malloc((size_t)size + 1);
	size_t got = fread(text, 1, (size_t)size, fp);
	text[got] = 0;
	HalonMTA_hsl_value_set(mail, HALONMTA_HSL_TYPE_STRING, text, got);
	free(text);
	add_text(back, "transaction", m, HALONMTA_MESSAGE_TRANSACTIONID);
	add_text(back, "transportid", m, HALONMTA_MESSAGE_TRANSPORTID);
	add_text(back, "localip", m, HALONMTA_MESSAGE_LOCALIP);
	add_text(back, "remoteip", m, HALONMTA_MESSAGE_REMOTEIP);
	add_text(back, "remotemx", m, HALONMTA_MESSAGE_REMOTEMX);
	add_text(back, "recipientdomain", m, HALONMTA_MESSAGE_RECIPIENTDOMAIN);
	add_text(back, "jobid", m, HALONMTA_MESSAGE_JOBID);
	add_text(back, "grouping", m, HALONMTA_MESSAGE_GROUPING);
	add_text(back, "tenantid", m, HALONMTA_MESSAGE_TENANTID);
	add_text(back, "sender", m, HALONMTA_MESSAGE_SENDER);
	add_text(back, "recipient", m, HALONMTA_MESSAGE_RECIPIENT);
	add_number(back, "queueid", m, HALONMTA_MESSAGE_QUEUEID);
	add_number(back, "size", m, HALONMTA_MESSAGE_SIZE);
	add_number(back, "priority", m, HALONMTA_MESSAGE_PRIORITY);
	add_number(back, "retry", m, HALONMTA_MESSAGE_RETRY);
	HalonHSLValue *meta;
	if (HalonMTA_message_getinfo(m, HALONMTA_MESSAGE_METADATA, NULL, 0, &meta, NULL) &&
	    HalonMTA_hsl_value_to_json2(meta, &json, NULL, HALONMTA_JSON_ENCODE_NO_ENSURE_ASCII)) {
		HalonMTA_hsl_value_set(add(back, "metadata"), HALONMTA_HSL_TYPE_STRING, json, 0);
		free(json);
	}
	bool none = !HalonMTA_message_getinfo(m, HALONMTA_INFO_FILE, NULL, 0, &fp, NULL);
	HalonMTA_hsl_value_set(add(back, "unknown"), HALONMTA_HSL_TYPE_BOOLEAN, &none, 0);
}

static void *run(void *p)
{
	HalonDeliverContext *hdc = p;
	const HalonHSLValue *args;
	const char *mode = "none";
	if (HalonMTA_deliver_getinfo(hdc, HALONMTA_INFO_ARGUMENTS, NULL, 0, &args, NULL)) {
		HalonMTA_hsl_value_get(HalonMTA_hsl_value_array_find(args, "mode"), HALONMTA_HSL_TYPE_STRING, &mode, NULL);
		if (HalonMTA_hsl_value_array_find(args, "report"))
			report(hdc, args);
	}
	HalonMTA_deliver_trace(hdc, 0, "mode ", 0);
	const char *reason = "first\r\nsecond";
	if (!strcmp(mode, "ok") || !strcmp(mode, "thread")) {
		short code = 250, enhanced[3] = {2, 6, 0};
		HalonMTA_deliver_setinfo(hdc, HALONMTA_RESULT_CODE, &code, 0);
		HalonMTA_deliver_setinfo(hdc, HALONMTA_RESULT_ENHANCED, enhanced, 0);
		HalonMTA_deliver_setinfo(hdc, HALONMTA_RESULT_REASON, reason, 0);
	} else if (!strcmp(mode, "temporary")) {
		int code = 421;
		HalonMTA_deliver_setinfo(hdc, HALONMTA_RESULT_CODE, &code, sizeof code);
		HalonMTA_deliver_setinfo(hdc, HALONMTA_RESULT_REASON, reason, 5);
	} else if (!strcmp(mode, "permanent")) {
		long code = 550;
		HalonMTA_deliver_setinfo(hdc, HALONMTA_RESULT_CODE, &code, sizeof code);
		HalonMTA_deliver_setinfo(hdc, HALONMTA_RESULT_REASON, "never", 0);
	} else if (!strcmp(mode, "odd")) { /* of a class that SMTP has not as a last answer */
		int code = 302;
		HalonMTA_deliver_setinfo(hdc, HALONMTA_RESULT_CODE, &code, 0);
	} else if (!strcmp(mode, "both")) { /* the error wins */
		short code = 250;
		HalonMTA_deliver_setinfo(hdc, HALONMTA_RESULT_CODE, &code, 0);
		HalonMTA_deliver_setinfo(hdc, HALONMTA_ERROR_REASON, "no disk", 0);
	} else if (!strcmp(mode, "hard")) {
		bool yes = true;
		HalonMTA_deliver_setinfo(hdc, HALONMTA_ERROR_REASON, "bad address", 3);
		HalonMTA_deliver_setinfo(hdc, HALONMTA_ERROR_PERMANENT, &yes, 0);
	}
	HalonMTA_deliver_done(hdc);
	return NULL;
}

HALON_EXPORT void Halon_deliver(HalonDeliverContext *hdc)
{
	const HalonHSLValue *args;
	const char *mode = "";
	if (HalonMTA_deliver_getinfo(hdc, HALONMTA_INFO_ARGUMENTS, NULL, 0, &args, NULL))
		HalonMTA_hsl_value_get(HalonMTA_hsl_value_array_find(args, "mode"), HALONMTA_HSL_TYPE_STRING, &mode, NULL);
	if (!strcmp(mode, "never")) {
		HalonMTA_deliver_trace(hdc, 0, "unfinished", 0);
		return;
	}
	pthread_t thread;
	if (!strcmp(mode, "thread") && !pthread_create(&thread, NULL, run, hdc))
		pthread_detach(thread);
	else
		run(hdc);
}
