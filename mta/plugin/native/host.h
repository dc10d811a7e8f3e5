// What Go needs of C: names for const pointers, so that exported functions have the
// prototypes of HalonMTA.h, and calls of functions by pointer.
#ifndef HAWSER_HOST_H
#define HAWSER_HOST_H

#include <HalonMTA.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef const void *cdata;
typedef const char *ctext;
typedef const HalonHSLValue *cvalue;

static inline int call_version(void *f) { return ((int (*)(void))f)(); }

static inline void call_plain(void *f) { ((void (*)(void))f)(); }

static inline bool call_init(void *f, HalonInitContext *x) { return ((bool (*)(HalonInitContext *))f)(x); }

static inline void call_ready(void *f) { ((void (*)(HalonReadyContext *))f)(NULL); }

static inline void call_reload(void *f, HalonConfig *x) { ((void (*)(HalonConfig *))f)(x); }

static inline void call_deliver(void *f, HalonDeliverContext *x) { ((void (*)(HalonDeliverContext *))f)(x); }

static inline bool call_queue(void *f, HalonQueueContext *x) { return ((bool (*)(HalonQueueContext *))f)(x); }

static inline bool call_execute(void *f, size_t argc, const char **argv, size_t *argvl, char **out, size_t *outlen)
{
	typedef bool execute(HalonCommandExecuteContext *, size_t, const char *[], size_t[], char **, size_t *);
	return ((execute *)f)(NULL, argc, argv, argvl, out, outlen);
}

static inline bool call_command(void *f, const char *in, size_t n, char **out, size_t *outlen)
{
	return ((bool (*)(const char *, size_t, char **, size_t *))f)(in, n, out, outlen);
}

#endif
