/* Who gets in: the answer to the challenge against what the account has stored, and the login policy over it. */
#include <stdio.h>
#include <string.h>

#include "protocol/mysql/my_auth.h"
#include "protocol/mysql/my_crypt.h"

#define DEFAULT_TAKEN UINT32_MAX /* in my_try.word: got in without a word list */

bool my_answers(const struct my_ses *ses, const struct my_offer *of, const char *password, size_t n)
{
    char stored[42];
    if (of->clear)
        return of->response_len == n && memcmp(of->response, password, n) == 0;
    if (n == 0 || of->response_len == 0)
        return n == 0 && of->response_len == 0;
    if (of->response_len == MY_SHA2_LEN)
        return my_sha2_check(of->response, ses->salt, password, n);
    if (of->response_len == 20) {
        my_native_hash(password, n, stored);
        return my_native_check(of->response, ses->salt, stored);
    }
    my_old_hash(password, n, stored);
    return of->response_len >= 8 && of->response_len <= 9 && my_old_check(of->response, of->response_len, ses->salt, stored);
}

static bool answers_stored(const struct my_ses *ses, const struct my_offer *of, const char *stored)
{
    char hash[42];
    if (!stored[0])
        return of->response_len == 0;
    if (of->clear) {
        my_native_hash((const char *)of->response, of->response_len, hash);
        return strcmp(hash, stored) == 0;
    }
    if (of->response_len == 20)
        return my_native_check(of->response, ses->salt, stored);
    if (of->response_len >= 8 && of->response_len <= 9 && strlen(stored) == 16)
        return my_old_check(of->response, of->response_len, ses->salt, stored);
    return false;
}

/* Whether the word list still speaks for the account: it does not once the source has set another password. */
static bool by_words(const struct my_kit *k, const struct my_account *acc, const char *user)
{
    char hash[42];
    if (!acc || !acc->hash[0] || !acc->user[0])
        return true;
    for (size_t i = 0; i < k->words.n; i++) {
        if (strcmp(k->words.items[i].user, user) != 0)
            continue;
        my_native_hash(k->words.items[i].password, k->words.items[i].password_len, hash);
        if (strcmp(hash, acc->hash) == 0)
            return true;
    }
    return false;
}

/* 1 + index of the pair that the offer answers; 0: none. */
static uint32_t word_of(const struct my_ses *ses, const struct my_offer *of, const char *user)
{
    const struct my_words *w = &ses->kit->words;
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->items[i].user, user) == 0 && my_answers(ses, of, w->items[i].password, w->items[i].password_len))
            return (uint32_t)i + 1;
    return 0;
}

/* `tries`: a right answer counts from the source's n-th attempt on, and what got in once is what gets in. */
static bool tried_enough(struct my_ses *ses, bool right, uint32_t word)
{
    struct my_shared *sh = ses->sh;
    uint32_t tries = ses->kit->persona.mysql.login.tries;
    if (tries <= 1)
        return right;
    struct my_try *t = my_tries_of(&sh->tries, sh->policy_key, session_src(ses->s), session_now_us(ses->s));
    uint32_t taken = word ? word : DEFAULT_TAKEN;
    bool in = right && (t->word ? t->word == taken : t->refused + 1 >= tries);
    if (in)
        t->word = taken;
    else if (t->refused < UINT32_MAX)
        t->refused++;
    return in;
}

static void quote(char *to, size_t size, const char *s)
{
    size_t at = 0;
    for (; *s && at + 3 < size; s++) {
        if (*s == '\'' || *s == '\\')
            to[at++] = '\\';
        to[at++] = *s;
    }
    to[at] = '\0';
}

/* The source's server has the account that let it in: mysql.user, SHOW GRANTS and the next login agree. */
static void show_account(struct my_ses *ses, const struct my_word *w, const struct my_account *acc)
{
    char user[260], password[520], sql[1000];
    const struct my_kit *k = ses->kit;
    quote(user, sizeof user, w->user);
    quote(password, sizeof password, w->password);
    bool there = acc && acc->user[0], modern = !k->mariadb && k->version >= 80000;
    if (there && acc->hash[0])
        return;
    if (!there && modern) {
        (void)snprintf(sql, sizeof sql, "create user '%s'@'%%' identified by '%s'", user, password);
        (void)my_run_quiet(ses, sql, NULL);
    }
    if (!there)
        (void)snprintf(sql, sizeof sql, modern ? "grant all privileges on *.* to '%s'@'%%'" : "grant all privileges on *.* to '%s'@'%%' identified by '%s'", user, password);
    else if (modern)
        (void)snprintf(sql, sizeof sql, "alter user '%s'@'%.60s' identified by '%s'", user, acc->host, password);
    else
        (void)snprintf(sql, sizeof sql, "set password for '%s'@'%.60s' = password('%s')", user, acc->host, password);
    (void)my_run_quiet(ses, sql, NULL);
    arena_clear(&ses->sh->arena);
}

bool my_let_in(struct my_ses *ses, const struct my_offer *of, const char *user, const char *host, struct my_account *acc)
{
    const struct login_policy *p = &ses->kit->persona.mysql.login;
    struct my_world *w = ses->c->world;
    struct my_db *db = my_world_db(w, "mysql");
    bool listed = db && my_db_table(w, db, "user"); /* dropped: the server has its accounts in memory still */
    struct my_world *of_world = listed ? w : ses->kit->base;
    bool found = my_account_find(of_world, user, host, acc);
    uint32_t word = 0;
    bool right = found && answers_stored(ses, of, acc->hash);
    if (p->accept == LOGIN_ACCEPT_WORDS && by_words(ses->kit, found ? acc : NULL, user)) {
        word = word_of(ses, of, user);
        right = word > 0;
    }
    if (p->accept == LOGIN_ACCEPT_NONE || !my_in_share(ses->sh->policy_key, session_src(ses->s), p->share))
        return false;
    if (!tried_enough(ses, right, word))
        return false;
    if (word) {
        show_account(ses, &ses->kit->words.items[word - 1], found ? acc : NULL);
        if (!my_account_find(of_world, user, host, acc))
            *acc = (struct my_account){user, "%", ""};
    }
    return true;
}
