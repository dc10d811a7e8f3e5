/* What libc does not have to call: see peer_test.go. */
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

struct point { int8_t tag; double x; uint16_t n; char *name; };

int counter = 41;
char *word = "peer";
void *nothing = NULL;

int8_t s8(int8_t v) { return v; }
uint8_t u8(uint8_t v) { return v; }
int16_t s16(int16_t v) { return v; }
uint16_t u16(uint16_t v) { return v; }
int32_t s32(int32_t v) { return v; }
uint32_t u32(uint32_t v) { return v; }
int64_t s64(int64_t v) { return v; }
uint64_t u64(uint64_t v) { return v; }
float f32(float v) { return v; }
double f64(double v) { return v; }
void *ptr(void *v) { return v; }
void bump(void) { counter++; }

/* More arguments than registers, mixed. */
double many(int8_t a, double b, int32_t c, float d, int64_t e, double f, uint8_t g, float h, int16_t i, double j, uint32_t k,
	double l, double m, double n, double o, int64_t p, float q, uint16_t r, int8_t s, double t)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k + 12 * l + 13 * m + 14 * n + 15 * o
		+ 16 * p + 17 * q + 18 * r + 19 * s + 20 * t;
}

/* Of n pairs: an int and a double. */
double sum(int n, ...)
{
	double s = 0;
	va_list ap;
	va_start(ap, n);
	for (int i = 0; i < n; i++) {
		s += va_arg(ap, int);
		s += va_arg(ap, double);
	}
	va_end(ap);
	return s;
}

void fill(struct point *p) { p->tag = -3; p->x = 1.5; p->n = 65535; p->name = word; }
void out(int32_t *n, double *x, char **s) { *n = *n + 1; *x = *x * 2; *s = word; }

/* Callbacks. */
double apply(double (*f)(double, float, int8_t, void *), double a) { return f(a, 0.5f, -1, NULL); }
float applyf(float (*f)(float), float a) { return f(a); }
int times(int n, int (*f)(int)) { int s = 0; for (int i = 0; i < n; i++) s += f(i); return s; }
void *through(void *(*f)(void *), void *p) { return f(p); }
void quiet(void (*f)(void)) { f(); }

static int (*kept)(int);
void keep(int (*f)(int)) { kept = f; }
int fire(int n) { return kept(n); }

static void *run(void *n) { return (void *)(intptr_t)kept((int)(intptr_t)n); }
int elsewhere(int n)
{
	pthread_t t;
	void *r;
	if (pthread_create(&t, NULL, run, (void *)(intptr_t)n) != 0 || pthread_join(t, &r) != 0)
		return -1;
	return (int)(intptr_t)r;
}

/* A type with a destructor of its own. */
static int things;
void *thing_new(void) { __atomic_add_fetch(&things, 1, __ATOMIC_SEQ_CST); return malloc(8); }
void thing_free(void *p) { __atomic_sub_fetch(&things, 1, __ATOMIC_SEQ_CST); free(p); }
int thing_count(void) { return __atomic_load_n(&things, __ATOMIC_SEQ_CST); }
