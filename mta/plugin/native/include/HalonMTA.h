/* Interface of native plugins: what a shared library may export (Halon_) and what the
 * server gives it (HalonMTA_). All types are opaque; docs/plugins.md has the rules. */
#ifndef HALONMTA_H
#define HALONMTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
#define HALON_EXPORT extern "C" __attribute__((visibility("default")))
extern "C" {
#else
#define HALON_EXPORT __attribute__((visibility("default")))
#endif

/* Halon_version() returns it. */
#define HALONMTA_PLUGIN_VERSION 1

typedef struct HalonInitContext HalonInitContext;
typedef struct HalonReadyContext HalonReadyContext;
typedef struct HalonConfig HalonConfig;
typedef struct HalonCommandExecuteContext HalonCommandExecuteContext;
typedef struct HalonHSLRegisterContext HalonHSLRegisterContext;
typedef struct HalonHSLContext HalonHSLContext;
typedef struct HalonHSLArguments HalonHSLArguments;
typedef struct HalonHSLValue HalonHSLValue;
typedef struct HalonHSLObject HalonHSLObject;
typedef struct HalonDeliverContext HalonDeliverContext;
typedef struct HalonQueueContext HalonQueueContext;
typedef struct HalonQueueMessage HalonQueueMessage;

/* Kinds of values of scripts. */
#define HALONMTA_HSL_TYPE_NONE 0
#define HALONMTA_HSL_TYPE_BOOLEAN 1
#define HALONMTA_HSL_TYPE_NUMBER 2
#define HALONMTA_HSL_TYPE_STRING 3
#define HALONMTA_HSL_TYPE_ARRAY 4
#define HALONMTA_HSL_TYPE_OBJECT 5
#define HALONMTA_HSL_TYPE_FUNCTION 6
#define HALONMTA_HSL_TYPE_THIS 7
#define HALONMTA_HSL_TYPE_EXCEPTION 8
#define HALONMTA_HSL_TYPE_FILE 9
#define HALONMTA_HSL_TYPE_X509 10
#define HALONMTA_HSL_TYPE_PRIVATEKEY 11
#define HALONMTA_HSL_TYPE_MAP 12
#define HALONMTA_HSL_TYPE_SET 13
#define HALONMTA_HSL_TYPE_RESOURCE 14

#define HALONMTA_JSON_ENCODE_NO_ENSURE_ASCII 1
#define HALONMTA_JSON_DECODE_UNICODE_BYTE 2

/* What getinfo and setinfo are about. Those of a message are also used as bits. */
#define HALONMTA_MESSAGE_TRANSACTIONID 0
#define HALONMTA_MESSAGE_QUEUEID 1
#define HALONMTA_MESSAGE_TRANSPORTID 2
#define HALONMTA_MESSAGE_LOCALIP 3
#define HALONMTA_MESSAGE_REMOTEIP 4
#define HALONMTA_MESSAGE_REMOTEMX 5
#define HALONMTA_MESSAGE_RECIPIENTDOMAIN 6
#define HALONMTA_MESSAGE_JOBID 7
#define HALONMTA_MESSAGE_GROUPING 8
#define HALONMTA_MESSAGE_TENANTID 9
#define HALONMTA_MESSAGE_METADATA 10
#define HALONMTA_MESSAGE_SENDER 11
#define HALONMTA_MESSAGE_RECIPIENT 12
#define HALONMTA_MESSAGE_SIZE 13
#define HALONMTA_MESSAGE_PRIORITY 14
#define HALONMTA_MESSAGE_RETRY 15

#define HALONMTA_INIT_CONFIG 100
#define HALONMTA_INIT_APPCONFIG 101
#define HALONMTA_INFO_ARGUMENTS 110
#define HALONMTA_INFO_FILE 111
#define HALONMTA_INFO_MESSAGE 112
#define HALONMTA_INFO_RETURN 113
#define HALONMTA_INFO_LOCALIPS 114
#define HALONMTA_RESULT_CODE 120
#define HALONMTA_RESULT_REASON 121
#define HALONMTA_RESULT_ENHANCED 122
#define HALONMTA_ERROR_REASON 130
#define HALONMTA_ERROR_PERMANENT 131

/* Fields of messages that policies look at, as bits. */
#define HALONMTA_QUEUE_TRANSPORTID 1
#define HALONMTA_QUEUE_LOCALIP 2
#define HALONMTA_QUEUE_REMOTEIP 4
#define HALONMTA_QUEUE_REMOTEMX 8
#define HALONMTA_QUEUE_RECIPIENTDOMAIN 16
#define HALONMTA_QUEUE_JOBID 32
#define HALONMTA_QUEUE_GROUPING 64
#define HALONMTA_QUEUE_TENANTID 128

#define HALONMTA_POLICY_TYPE_DYNAMIC 0
#define HALONMTA_POLICY_TYPE_WARMUP 1
#define HALONMTA_POLICY_TYPE_BACKOFF 2
#define HALONMTA_RATE_ALGORITHM_DEFAULT 0
#define HALONMTA_RATE_ALGORITHM_FIXEDWINDOW 1
#define HALONMTA_RATE_ALGORITHM_TOKENBUCKET 2

/* Start and configuration. */
bool HalonMTA_init_getinfo(HalonInitContext *, int type, const void *in, size_t inlen, void *out, size_t *outlen);

HalonConfig *HalonMTA_config_object_get(HalonConfig *, const char *key);
HalonConfig *HalonMTA_config_object_key_get(HalonConfig *, size_t pos);
HalonConfig *HalonMTA_config_array_get(HalonConfig *, size_t pos);
const char *HalonMTA_config_string_get(HalonConfig *, size_t *length);
bool HalonMTA_config_to_json(HalonConfig *, char **out, size_t *outlen);

/* Values of scripts. */
int HalonMTA_hsl_value_type(const HalonHSLValue *);
bool HalonMTA_hsl_value_get(const HalonHSLValue *, int type, void *out, size_t *outlen);
HalonHSLValue *HalonMTA_hsl_value_array_get(const HalonHSLValue *, size_t pos, HalonHSLValue **key);
HalonHSLValue *HalonMTA_hsl_value_array_find(const HalonHSLValue *, const char *key);
size_t HalonMTA_hsl_value_array_length(const HalonHSLValue *);
void HalonMTA_hsl_value_set(HalonHSLValue *, int type, const void *value, size_t length);
void HalonMTA_hsl_value_array_add(HalonHSLValue *, HalonHSLValue **key, HalonHSLValue **value);
bool HalonMTA_hsl_value_to_json(const HalonHSLValue *, char **out, size_t *outlen);
bool HalonMTA_hsl_value_from_json(HalonHSLValue *, const char *json, char **err, size_t *errlen);
bool HalonMTA_hsl_value_to_json2(const HalonHSLValue *, char **out, size_t *outlen, int flags);
bool HalonMTA_hsl_value_from_json2(HalonHSLValue *, const char *json, char **err, size_t *errlen, int flags);

/* Messages of the queue. */
bool HalonMTA_message_getinfo(HalonQueueMessage *, int type, const void *in, size_t inlen, void *out, size_t *outlen);

/* Delivery: Halon_deliver. */
bool HalonMTA_deliver_getinfo(HalonDeliverContext *, int type, const void *in, size_t inlen, void *out, size_t *outlen);
bool HalonMTA_deliver_setinfo(HalonDeliverContext *, int type, const void *value, size_t length);
void HalonMTA_deliver_trace(HalonDeliverContext *, int level, const char *text, size_t length);
void HalonMTA_deliver_done(HalonDeliverContext *);

/* Queue: Halon_queue_insert_callback, Halon_queue_pickup_acquire2. */
bool HalonMTA_queue_getinfo(HalonQueueContext *, int type, const void *in, size_t inlen, void *out, size_t *outlen);
bool HalonMTA_queue_setinfo(HalonQueueContext *, int type, const void *value, size_t length);

/* Lists: what @NAME stands for. */
bool HalonMTA_queue_list_add(int field, const char *list);
bool HalonMTA_queue_list_item_add(int field, const char *list, const char *item);
bool HalonMTA_queue_list_item_delete(int field, const char *list, const char *item);
bool HalonMTA_queue_list_reload(int field, const char *list);

/* Suspensions. A NULL is a value that is not given. */
char *HalonMTA_queue_suspend_add(const char *transportid, const char *localip, const char *remoteip, const char *remotemx,
				 const char *recipientdomain, const char *jobid, const char *tag, double ttl);
char *HalonMTA_queue_suspend_add2(const char *transportid, const char *localip, const char *remoteip, const char *remotemx,
				  const char *recipientdomain, const char *jobid, const char *grouping, const char *tag, double ttl);
char *HalonMTA_queue_suspend_add5(const char *id, const char *transportid, const char *localip, const char *remoteip,
				  const char *remotemx, const char *recipientdomain, const char *jobid, const char *grouping,
				  const char *tenantid, const char *tag, const char *propv[], size_t propl, double ttl);
bool HalonMTA_queue_suspend_delete(const char *id);

/* Dynamic conditions of policies. */
char *HalonMTA_queue_policy_add(int fields, const char *transportid, const char *localip, const char *remoteip, const char *remotemx,
				const char *recipientdomain, const char *jobid, size_t concurrency, size_t rate_count,
				double rate_interval, const char *tag, double ttl);
char *HalonMTA_queue_policy_add3(int fields, const char *transportid, const char *localip, const char *remoteip, const char *remotemx,
				 const char *recipientdomain, const char *jobid, const char *grouping, size_t concurrency,
				 size_t rate_count, double rate_interval, const char *tag, double ttl);
char *HalonMTA_queue_policy_add4(int fields, const char *transportid, const char *localip, const char *remoteip, const char *remotemx,
				 const char *recipientdomain, const char *jobid, const char *grouping, const char *tenantid,
				 size_t concurrency, size_t rate_count, double rate_interval, const char *tag, const char *propv[],
				 size_t propl, bool stop, double ttl);
char *HalonMTA_queue_policy_add6(const char *id, int fields, int type, const char *transportid, const char *localip,
				 const char *remoteip, const char *remotemx, const char *recipientdomain, const char *jobid,
				 const char *grouping, const char *tenantid, size_t concurrency, size_t rate_count,
				 double rate_interval, int ratealgorithm, double connectinterval, const char *tag,
				 const char *propv[], size_t propl, bool stop, bool cluster, double ttl);
bool HalonMTA_queue_policy_update(const char *id, size_t concurrency, size_t rate_count, double rate_interval, const char *tag, double ttl);
bool HalonMTA_queue_policy_update2(const char *id, size_t concurrency, size_t rate_count, double rate_interval, const char *tag,
				   const char *propv[], size_t propl, double ttl);
bool HalonMTA_queue_policy_update3(const char *id, size_t concurrency, size_t rate_count, double rate_interval, double connectinterval,
				   const char *tag, const char *propv[], size_t propl, bool cluster, double ttl);
bool HalonMTA_queue_policy_update4(const char *id, size_t concurrency, size_t rate_count, double rate_interval, int ratealgorithm,
				   double connectinterval, const char *tag, const char *propv[], size_t propl, bool stop, bool cluster,
				   double ttl);
bool HalonMTA_queue_policy_delete(const char *id);
void HalonMTA_queue_policy_divide(size_t hosts);

#ifdef __cplusplus
}
#endif

#endif
