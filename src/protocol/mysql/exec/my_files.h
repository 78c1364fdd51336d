/* Files of the virtual server: paths, and what happens to the log when a client leaves. */
#ifndef HOTARU_PROTOCOL_MYSQL_MY_FILES_H
#define HOTARU_PROTOCOL_MYSQL_MY_FILES_H

#include "protocol/mysql/my_ses.h"

/* The absolute path, forward slashes, of a file name in a statement: a relative one lies in the data folder, and with in_db a
 * bare one in the current database's folder. False: longer than max. */
bool my_file_path(struct my_run *r, const char *given, bool in_db, char *ret, size_t max);
/* Whether secure_file_priv lets the path be touched; my_file_is_secure: else error 1290. */
bool my_file_may_be_read(struct my_run *r, const char *path);
bool my_file_is_secure(struct my_run *r, const char *path);
bool my_file_is_folder(struct my_run *r, const char *path);
bool my_file_in_folder(const struct my_run *r, const char *folder); /* some file lies under it */
/* INSTALL PLUGIN, UNINSTALL PLUGIN (my_udf.c). */
void my_install_plugin(struct my_run *r, struct my_stmt *st);
void my_uninstall_plugin(struct my_run *r, struct my_stmt *st);
/* EXPLAIN (my_explain.c). */
void my_explain(struct my_run *r, struct my_stmt *st);
/* A session ends: the general log that it or another of the source's sessions filled becomes a sample. */
void my_files_close(struct my_ses *ses);

#endif
