/* What a start and a stop look like to a plugin, in the order that it is called. */
#include <HalonMTA.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *out;

static const char *text(HalonConfig *config)
{
	const char *s = HalonMTA_config_string_get(config, NULL);
	return s ? s : "-";
}

static void show(const char *step, HalonConfig *config)
{
	char *json;
	size_t n;
	HalonMTA_config_to_json(config, &json, &n);
	fprintf(out, "%s %s %zu\n", step, json, n);
	fflush(out);
	free(json);
}

HALON_EXPORT int Halon_version(void) { return HALONMTA_PLUGIN_VERSION; }

static bool begin(const char *step, HalonInitContext *hic)
{
	HalonConfig *config = NULL, *app = NULL;
	if (!HalonMTA_init_getinfo(hic, HALONMTA_INIT_CONFIG, NULL, 0, &config, NULL) ||
	    !HalonMTA_init_getinfo(hic, HALONMTA_INIT_APPCONFIG, NULL, 0, &app, NULL) ||
	    HalonMTA_init_getinfo(hic, HALONMTA_RESULT_CODE, NULL, 0, &app, NULL))
		return false;
	const char *log = HalonMTA_config_string_get(HalonMTA_config_object_get(config, "log"), NULL);
	if (!out && log)
		out = fopen(log, "a");
	if (!out)
		return false;
	show(step, config);
	show(step, app);
	HalonConfig *key;
	for (size_t i = 0; (key = HalonMTA_config_object_key_get(config, i)); ++i)
		fprintf(out, "key %s\n", text(key));
	HalonConfig *list = HalonMTA_config_object_get(config, "list"), *item;
	for (size_t i = 0; (item = HalonMTA_config_array_get(list, i)); ++i)
		fprintf(out, "item %s\n", text(item));
	fflush(out);
	return !HalonMTA_config_object_get(config, step);
}

HALON_EXPORT bool Halon_early_init(HalonInitContext *hic) { return begin("early_init", hic); }

HALON_EXPORT bool Halon_init(HalonInitContext *hic) { return begin("init", hic); }

HALON_EXPORT void Halon_ready(HalonReadyContext *hrc)
{
	(void)hrc;
	show("ready", NULL);
}

HALON_EXPORT void Halon_config_reload(HalonConfig *config) { show("reload", config); }

HALON_EXPORT void Halon_early_cleanup(void)
{
	show("early_cleanup", NULL);
	fprintf(stderr, "life: early_cleanup\n");
}

HALON_EXPORT void Halon_cleanup(void) { show("cleanup", NULL); }

HALON_EXPORT bool Halon_command_execute(HalonCommandExecuteContext *hcec, size_t argc, const char *argv[], size_t argvl[], char **outp, size_t *outlen)
{
	(void)hcec;
	if (argc == 0) {
		*outp = strdup("want a word");
		return false;
	}
	char *s = malloc(argvl[0] + 1);
	memcpy(s, argv[0], argvl[0]);
	s[argvl[0]] = 0;
	*outp = s;
	if (argc > 1)
		*outlen = 1;
	return strcmp(s, "silent") != 0;
}

/* The old form must not be called when there is the new one. */
HALON_EXPORT bool Halon_plugin_command(const char *in, size_t len, char **outp, size_t *olen)
{
	(void)in, (void)len, (void)outp, (void)olen;
	abort();
}
