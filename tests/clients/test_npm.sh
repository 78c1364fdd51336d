#!/bin/sh
# mysql2 and mysql for Node.js do their work without a complaint: queries, prepared statements, pool, change of user, several
# results, streams. tools/deps has fetched them; no script of theirs has run before.
set -eu
tools="node jq mariadb"
. "${0%/*}/common.sh"
NODE_PATH=$HOTARU_SOURCE/.deps/npm/node_modules
export NODE_PATH
[ -d "$NODE_PATH/mysql2" ] && [ -d "$NODE_PATH/mysql" ] || { echo "SKIP: tools/deps has not fetched mysql2 and mysql"; exit 77; }
for persona in mysql-5.1.54 mysql-5.6.10 mariadb-10.11; do
    honeypot $persona
    for module in mysql2 mysql; do
        step "$persona: $module"
        quiet out node "$here/drivers.js" $module 3306
    done
    honeypot_ends
done
