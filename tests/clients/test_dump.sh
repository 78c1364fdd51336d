#!/bin/sh
# mariadb-dump writes a database out and what it wrote makes the same database again. It asks MySQL 5.6 for a column that exists
# from 5.7 on only, and 5.1 for a character set of 5.5, so that real ones of these versions fail it, too.
set -eu
tools="mariadb mariadb-dump jq"
. "${0%/*}/common.sh"
. "$here/people.sh"
persona=mariadb-10.11
honeypot $persona
with mariadb <people.sql
step "$persona: mariadb-dump, and back"
with mariadb-dump --routines --events --triggers shop
cp mariadb-dump dump
with mariadb -e 'DROP DATABASE shop; CREATE DATABASE shop'
with mariadb shop <dump
with mariadb-dump --routines --events --triggers shop
grep -v '^-- Dump completed' dump >before
grep -v '^-- Dump completed' mariadb-dump | diff before - || fail "$persona: a dump that was read back is another one"
with mariadb-dump --xml --single-transaction --hex-blob shop
says mariadb-dump '<field name="name">Curie</field>'
with mariadb-dump --all-databases --flush-logs --master-data=0
honeypot_ends
