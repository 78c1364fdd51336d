/* What the files of the login share: my_login.c reads the client's packets, my_auth.c decides, my_account.c knows the
 * accounts of the source's world. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_AUTH_H
#define HOTARU_PROTOCOL_MYSQL_MY_AUTH_H

#include "protocol/mysql/my_ses.h"

#define MY_PLUGIN_NATIVE "mysql_native_password"
#define MY_PLUGIN_OLD    "mysql_old_password"

/* What the client offers, whole, before anything is decided. Text is UTF-8, cut to its field. */
struct my_offer {
    char user[1024];
    char db[256];
    uint8_t response[256];
    size_t response_len;     /* as sent; what passes the field is cut from response alone */
    char plugin[64];         /* "" : none was named */
    char attrs[1024];        /* connection attributes: "a=b c=d" */
    bool has_db;
    bool clear;              /* the response is the password itself */
};

/* One row of mysql.user, borrowed from the world. */
struct my_account {
    const char *user, *host, *hash;
};

/* Plugin names in greeting and login: from 5.5 on. */
static inline bool my_has_plugins(const struct my_kit *k)
{
    return k->mariadb || k->version >= 50507;
}
/* The capabilities of the greeting. */
uint32_t my_server_caps(const struct my_kit *k);
void my_new_salt(struct my_ses *ses);
/* The client's address as the server's error texts show it. */
void my_client_host(const struct my_ses *ses, char host[static 64]);

/* Reply under construction, at the login's sequence number; my_login_send() sends it. */
struct my_out *my_login_out(struct my_ses *ses);
void my_login_send(struct my_ses *ses);
/* Ends the login with an error: of a connection its end, of COM_CHANGE_USER as the version has it. */
struct feed my_login_refuse(struct my_ses *ses, enum my_err e, const char *text);
/* The text of error e, when it has no arguments, in the words of the persona. */
const char *my_plain_error(const struct my_kit *k, enum my_err e);

/* my_auth.c: takes a whole offer to its end, or to the next packet that the client must send. */
struct feed my_auth_begin(struct my_ses *ses, const struct my_offer *offer);
/* The attempt is written down and refused with an error that has no arguments. */
struct feed my_auth_refuse_offer(struct my_ses *ses, const struct my_offer *offer, enum my_err e);
/* COM_CHANGE_USER failed: what the connection was before. */
struct feed my_auth_failed_change(struct my_ses *ses);

/* my_verify.c: whether the offer is the answer for this password; whether the login policy lets it in, and *acc as what. */
bool my_answers(const struct my_ses *ses, const struct my_offer *offer, const char *password, size_t n);
bool my_let_in(struct my_ses *ses, const struct my_offer *offer, const char *user, const char *host, struct my_account *acc);

/* my_account.c: the account the server would take, the most exact host first, a named user before the anonymous one. */
bool my_account_find(struct my_world *w, const char *user, const char *host, struct my_account *ret);

#endif
