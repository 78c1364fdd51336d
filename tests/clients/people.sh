# shellcheck shell=sh
# Sourced: a small database to work with, and how MariaDB's tools are called.
with() { tool=$1; shift; quiet "$tool" "$tool" --no-defaults -h 127.0.0.1 -u root "$@"; }
cat >people.sql <<'END'
CREATE DATABASE shop;
USE shop;
CREATE TABLE people (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20) NOT NULL DEFAULT 'x', born DATE, pay DECIMAL(8,2), picture BLOB, KEY (name));
INSERT INTO people (name, born, pay, picture) VALUES ('Curie', '1867-11-07', 12.5, 0x4d5a9000), ('O''Neil\\', NULL, NULL, NULL);
CREATE VIEW names AS SELECT name FROM people;
SELECT name, born, pay, HEX(picture) FROM people ORDER BY id;
END
