/* Accounts: the rows of mysql.user in the source's own world. */
#include <string.h>

#include "protocol/mysql/my_auth.h"

static bool host_like(const char *pattern, const char *host)
{
    for (; *pattern; pattern++, host++) {
        if (*pattern == '%') {
            while (*pattern == '%')
                pattern++;
            if (!*pattern)
                return true;
            for (; *host; host++)
                if (host_like(pattern, host))
                    return true;
            return false;
        }
        if (!*host || (*pattern != '_' && *pattern != *host))
            return false;
    }
    return !*host;
}

static const char *cell_text(const struct my_row *r, int col)
{
    return col >= 0 && (uint32_t)col < r->n && !r->cell[col].null ? r->cell[col].p : "";
}

bool my_account_find(struct my_world *w, const char *user, const char *host, struct my_account *ret)
{
    struct my_db *db = my_world_db(w, "mysql");
    struct my_table *t = db ? my_db_table(w, db, "user") : NULL;
    if (!t)
        return false;
    int cu = my_table_col(t, "User"), ch = my_table_col(t, "Host"), cp = my_table_col(t, "Password"), ca = my_table_col(t, "authentication_string");
    int best = -1;
    for (size_t i = 0; i < t->n_rows; i++) {
        const char *u = cell_text(t->rows[i], cu), *h = cell_text(t->rows[i], ch);
        bool exact = strcmp(h, host) == 0;
        if (!exact && !host_like(h, host))
            continue;
        if (u[0] && strcmp(u, user) != 0)
            continue;
        int rank = (exact ? 1000 : (int)strcspn(h, "%_")) * 2 + (u[0] != '\0');
        if (rank <= best)
            continue;
        best = rank;
        const char *hash = cell_text(t->rows[i], cp);
        *ret = (struct my_account){u, h, hash[0] ? hash : cell_text(t->rows[i], ca)};
    }
    return best >= 0;
}
