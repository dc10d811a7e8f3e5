/* The rules of values, looked at from C: the reason of the result is the first that does
 * not hold, or "all hold". */
#include <HalonMTA.h>
#include <stdlib.h>
#include <string.h>

HALON_EXPORT int Halon_version(void) { return HALONMTA_PLUGIN_VERSION; }

#define CHECK(x)          \
	do {              \
		if (!(x)) \
			return #x; \
	} while (0)

static const char *none(void)
{
	double d = 7;
	size_t n = 7;
	HalonHSLValue *key = NULL;
	CHECK(HalonMTA_hsl_value_type(NULL) == HALONMTA_HSL_TYPE_NONE);
	CHECK(!HalonMTA_hsl_value_get(NULL, HALONMTA_HSL_TYPE_NUMBER, &d, &n) && d == 7 && n == 7);
	CHECK(!HalonMTA_hsl_value_get(NULL, HALONMTA_HSL_TYPE_NONE, NULL, NULL));
	CHECK(!HalonMTA_hsl_value_array_get(NULL, 0, &key) && !key);
	CHECK(!HalonMTA_hsl_value_array_find(NULL, "x"));
	CHECK(HalonMTA_hsl_value_array_length(NULL) == 0);
	HalonMTA_hsl_value_set(NULL, HALONMTA_HSL_TYPE_NUMBER, &d, 0);
	HalonMTA_hsl_value_array_add(NULL, NULL, NULL);
	char *text = NULL;
	CHECK(!HalonMTA_hsl_value_to_json(NULL, &text, NULL));
	free(text);
	return NULL;
}

static const char *arguments(const HalonHSLValue *args)
{
	const char *s = NULL;
	double d = 0;
	bool b = false;
	size_t n = 0;
	HalonHSLValue *v, *key;
	CHECK(HalonMTA_hsl_value_type(args) == HALONMTA_HSL_TYPE_ARRAY);
	CHECK(HalonMTA_hsl_value_array_length(args) == 6);
	v = HalonMTA_hsl_value_array_find(args, "text");
	CHECK(v && HalonMTA_hsl_value_type(v) == HALONMTA_HSL_TYPE_STRING);
	CHECK(HalonMTA_hsl_value_get(v, HALONMTA_HSL_TYPE_STRING, &s, &n) && n == 3 && !memcmp(s, "a\0b", 4));
	const char *again;
	CHECK(HalonMTA_hsl_value_get(v, HALONMTA_HSL_TYPE_STRING, &again, NULL) && again == s);
	CHECK(!HalonMTA_hsl_value_get(v, HALONMTA_HSL_TYPE_NUMBER, &d, NULL) && d == 0);
	CHECK(HalonMTA_hsl_value_get(HalonMTA_hsl_value_array_find(args, "number"), HALONMTA_HSL_TYPE_NUMBER, &d, NULL) && d == 0.5);
	CHECK(HalonMTA_hsl_value_get(HalonMTA_hsl_value_array_find(args, "boolean"), HALONMTA_HSL_TYPE_BOOLEAN, &b, NULL) && b);
	CHECK(!HalonMTA_hsl_value_get(HalonMTA_hsl_value_array_find(args, "boolean"), HALONMTA_HSL_TYPE_STRING, &s, NULL));
	v = HalonMTA_hsl_value_array_find(args, "none");
	CHECK(v && HalonMTA_hsl_value_type(v) == HALONMTA_HSL_TYPE_NONE);
	CHECK(!HalonMTA_hsl_value_array_find(args, "nothing"));
	HalonHSLValue *list = HalonMTA_hsl_value_array_find(args, "list");
	CHECK(HalonMTA_hsl_value_array_length(list) == 2);
	v = HalonMTA_hsl_value_array_get(list, 1, &key);
	CHECK(HalonMTA_hsl_value_get(v, HALONMTA_HSL_TYPE_STRING, &s, NULL) && !strcmp(s, "two"));
	CHECK(HalonMTA_hsl_value_get(key, HALONMTA_HSL_TYPE_NUMBER, &d, NULL) && d == 1);
	CHECK(!HalonMTA_hsl_value_array_get(list, 2, NULL));
	v = HalonMTA_hsl_value_array_get(args, 0, &key);
	CHECK(HalonMTA_hsl_value_get(key, HALONMTA_HSL_TYPE_STRING, &s, NULL) && !strcmp(s, "text"));
	CHECK(HalonMTA_hsl_value_type(HalonMTA_hsl_value_array_find(args, "function")) == HALONMTA_HSL_TYPE_FUNCTION);
	return NULL;
}

static void put(HalonHSLValue *array, const char *name, const char *text)
{
	HalonHSLValue *key, *value;
	HalonMTA_hsl_value_array_add(array, &key, &value);
	HalonMTA_hsl_value_set(key, HALONMTA_HSL_TYPE_STRING, name, 0);
	HalonMTA_hsl_value_set(value, HALONMTA_HSL_TYPE_STRING, text, 0);
}

static const char *writing(HalonHSLValue *back)
{
	HalonHSLValue *key, *value;
	double d;
	const char *s;
	char *json, *err;
	size_t n;
	HalonMTA_hsl_value_set(back, HALONMTA_HSL_TYPE_STRING, "x\0y", 3);
	CHECK(HalonMTA_hsl_value_get(back, HALONMTA_HSL_TYPE_STRING, &s, &n) && n == 3 && s[2] == 'y');
	HalonMTA_hsl_value_set(back, HALONMTA_HSL_TYPE_STRING, NULL, 0);
	CHECK(HalonMTA_hsl_value_get(back, HALONMTA_HSL_TYPE_STRING, &s, &n) && n == 0 && !*s);
	HalonMTA_hsl_value_array_add(back, &key, &value); /* to a string: nothing */
	CHECK(HalonMTA_hsl_value_type(back) == HALONMTA_HSL_TYPE_STRING);
	HalonMTA_hsl_value_set(back, HALONMTA_HSL_TYPE_EXCEPTION, "x", 0); /* it is none */
	CHECK(HalonMTA_hsl_value_type(back) == HALONMTA_HSL_TYPE_STRING);
	HalonMTA_hsl_value_set(back, HALONMTA_HSL_TYPE_ARRAY, NULL, 0);
	CHECK(HalonMTA_hsl_value_to_json(back, &json, &n) && n == 2 && !strcmp(json, "[]"));
	free(json);
	HalonMTA_hsl_value_set(back, HALONMTA_HSL_TYPE_NONE, NULL, 0);
	put(back, "a", "1");
	put(back, "b", "2");
	put(back, "7", "3"); /* a text that looks like a number */
	HalonHSLValue *first = HalonMTA_hsl_value_array_find(back, "a");
	put(back, "a", "4"); /* the place of the first, the value of the last */
	CHECK(HalonMTA_hsl_value_to_json(back, &json, NULL) && !strcmp(json, "{\"a\":\"4\",\"b\":\"2\",\"7\":\"3\"}"));
	free(json);
	CHECK(HalonMTA_hsl_value_get(first, HALONMTA_HSL_TYPE_STRING, &s, NULL) && !strcmp(s, "1"));
	CHECK(HalonMTA_hsl_value_get(HalonMTA_hsl_value_array_find(back, "a"), HALONMTA_HSL_TYPE_STRING, &s, NULL) && !strcmp(s, "4"));
	HalonMTA_hsl_value_array_add(back, &key, &value);
	d = -2;
	HalonMTA_hsl_value_set(key, HALONMTA_HSL_TYPE_NUMBER, &d, 0);
	HalonMTA_hsl_value_from_json(value, "[null,true,{\"x\":[1.5]}]", NULL, NULL);
	CHECK(HalonMTA_hsl_value_array_length(value) == 3);
	put(HalonMTA_hsl_value_array_get(value, 2, NULL), "y", "\xc3\xa5\xff");
	CHECK(HalonMTA_hsl_value_to_json(value, &json, NULL) && !strcmp(json, "[null,true,{\"x\":[1.5],\"y\":\"\\u00e5\\u00ff\"}]"));
	free(json);
	CHECK(HalonMTA_hsl_value_to_json2(value, &json, NULL, HALONMTA_JSON_ENCODE_NO_ENSURE_ASCII) &&
	      !strcmp(json, "[null,true,{\"x\":[1.5],\"y\":\"\xc3\xa5\xc3\xbf\"}]"));
	free(json);
	HalonHSLValue *late;
	HalonMTA_hsl_value_array_add(value, &key, &late);
	CHECK(!HalonMTA_hsl_value_array_find(value, "late"));
	HalonMTA_hsl_value_set(key, HALONMTA_HSL_TYPE_STRING, "late", 0);
	CHECK(HalonMTA_hsl_value_array_find(value, "late") == late);
	n = 0;
	CHECK(!HalonMTA_hsl_value_from_json(value, "[1,", &err, &n) && err && n == strlen(err) && n > 5);
	free(err);
	CHECK(HalonMTA_hsl_value_array_length(value) == 4);
	HalonMTA_hsl_value_array_add(back, &key, &value);
	HalonMTA_hsl_value_set(key, HALONMTA_HSL_TYPE_STRING, "bytes", 0);
	CHECK(HalonMTA_hsl_value_from_json2(value, "\"\\u00ff\\u0100\"", NULL, NULL, HALONMTA_JSON_DECODE_UNICODE_BYTE));
	CHECK(HalonMTA_hsl_value_get(value, HALONMTA_HSL_TYPE_STRING, &s, &n) && n == 3 && !memcmp(s, "\xff\xc4\x80", 3));
	return NULL;
}

static const char *deep(HalonHSLValue *back)
{
	HalonHSLValue *key, *value;
	HalonMTA_hsl_value_array_add(back, &key, &value);
	HalonMTA_hsl_value_set(key, HALONMTA_HSL_TYPE_STRING, "deep", 0);
	for (int i = 0; i < 5000; ++i)
		HalonMTA_hsl_value_array_add(value, NULL, &value);
	char *json = NULL;
	CHECK(!HalonMTA_hsl_value_to_json(back, &json, NULL) && json);
	free(json);
	return NULL;
}

HALON_EXPORT void Halon_deliver(HalonDeliverContext *hdc)
{
	const HalonHSLValue *args = NULL;
	HalonHSLValue *back;
	const char *fault = none();
	short code = 250;
	HalonMTA_deliver_getinfo(hdc, HALONMTA_INFO_ARGUMENTS, NULL, 0, &args, NULL);
	HalonMTA_deliver_getinfo(hdc, HALONMTA_INFO_RETURN, NULL, 0, &back, NULL);
	if (!fault)
		fault = arguments(args);
	if (!fault)
		fault = writing(back);
	if (!fault)
		fault = deep(back);
	HalonMTA_deliver_setinfo(hdc, HALONMTA_RESULT_CODE, &code, 0);
	HalonMTA_deliver_setinfo(hdc, HALONMTA_RESULT_REASON, fault ? fault : "all hold", 0);
	HalonMTA_deliver_done(hdc);
}
