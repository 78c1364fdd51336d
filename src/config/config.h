/* observatory.yaml as structs. Every key has a default that works on one machine; an unknown key, a wrong value or a
 * contradiction is one line with file, line and column. */
#ifndef HOTARU_CONFIG_CONFIG_H
#define HOTARU_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "config/login.h"

#define CONFIG_PREFIXES_MAX 64
#define CONFIG_POINTS_MAX   65536
#define CONFIG_SERVICES_MAX 32
#define CONFIG_NAME_MAX     64
#define CONFIG_PATH_MAX     512

enum gateway_mode { GATEWAY_DNAT, GATEWAY_ROUTE, GATEWAY_TPROXY, GATEWAY_GRE };
enum gateway_form { GATEWAY_FORM_PORT_PER_POINT, GATEWAY_FORM_ALIAS };

struct config_gateway {
    enum gateway_mode mode;
    enum gateway_form form;
    char outside[16];   /* interface towards the Internet, on the router */
    char inside[16];    /* interface towards the honeypot, on the router; "" : not used in rules */
    char mirror[16];    /* interface towards the capture server, on the router; "" : no mirror */
    uint32_t honeypot;  /* address, host order */
    uint16_t base_port; /* first port of port-per-point; default 20000 */
    struct ip4_prefix
        alias; /* one alias address per point, for every port that has none of its own; len_bits 0: none */
};

struct config_honeypot {
    uint32_t listen; /* 0.0.0.0 */
    char
        interface[16]; /* where the points' packets arrive on the honeypot's host; for its rule set; "" : any */
    char persona[CONFIG_PATH_MAX]; /* a file or a built-in name such as mysql-5.6.10 */
    char services[CONFIG_SERVICES_MAX]
                 [CONFIG_NAME_MAX]; /* protocol names in the order given; "any" = the catch-all */
    size_t n_services;
    char mysql_version[CONFIG_NAME_MAX]; /* "" : as the persona says */
    struct login_policy login; /* of MySQL; not given: the persona's */
    uint32_t sessions_max, sessions_per_source_max;
    uint32_t idle_s, life_s; /* seconds */
    uint64_t seed; /* per-installation draw of the persona; 0: drawn at first start, kept in the store */
    char user[CONFIG_NAME_MAX];     /* drop to this user when started as root; default "nobody" */
    char instance[CONFIG_NAME_MAX]; /* journal name; default "honeypot" */
};

struct config_capture {
    char interface[16];
    uint16_t payload_bytes;
    uint32_t snap_len_bytes;
    char recorder[CONFIG_NAME_MAX];
};

struct config_store {
    char path[CONFIG_PATH_MAX];
    uint32_t keep_days;  /* 0: for ever */
    uint64_t keep_bytes; /* 0: no limit */
};

enum experiment_factor { EXPERIMENT_MYSQL_VERSION, EXPERIMENT_PERSONA }; /* what an arm names */
enum experiment_unit { EXPERIMENT_PERIOD, EXPERIMENT_SOURCE, EXPERIMENT_POINT }; /* what an arm is drawn for */

struct config_experiment {
    char name[CONFIG_NAME_MAX];
    enum experiment_factor factor;
    enum experiment_unit unit;
    int64_t period_us; /* after which the arms are drawn anew; 0: never */
    char arms[16][CONFIG_NAME_MAX];
    size_t n_arms;
    uint64_t seed;
};

struct config {
    struct ip4_prefix darknet[CONFIG_PREFIXES_MAX];
    size_t n_darknet;
    uint32_t *points; /* host order, ascending, distinct, each inside the darknet; owned */
    size_t n_points;
    struct config_gateway gateway;
    struct config_capture capture;
    struct config_honeypot honeypot;
    struct config_store store;
    struct config_experiment experiment;
};

/* The defaults, without a file. */
void config_init(struct config *c);
/* Defaults, then the file. -EINVAL with "FILE:LINE:COLUMN: what and what to do" in err; *c is then as config_init left it. */
int config_load(struct config *c, const char *path, struct err *err);
void config_done(struct config *c);

bool config_in_darknet(const struct config *c, uint32_t ip);
/* Index of ip in points, or -1. */
long config_point_index(const struct config *c, uint32_t ip);
uint64_t config_darknet_size(const struct config *c); /* addresses */

#endif
