-- The paper's observations as rows: a /18 (10.77.0.0/18), 32 points in 32 of the 64 /24s, 2013-04-10 to 2013-05-09.
-- getvariable('effects'): true plants what the sources do after an answer; false leaves the rest as it is.
-- Every draw is hash(...), so that each run gives the same rows.
CREATE TEMP MACRO draw(a, b, n) AS (hash(a, b) % n)::BIGINT;
CREATE TEMP MACRO moment(h) AS TIMESTAMP '2013-04-10 00:00:00' + to_microseconds((h * 3600000000)::BIGINT);

CREATE TEMP TABLE net AS
SELECT i, row_number() OVER (ORDER BY hash(i, 'lot')) <= 32 AS lit FROM range(64) t(i);
CREATE TEMP TABLE point AS
SELECT (ip4('10.77.0.0') + i * 256 + 1 + draw(i, 'octet', 254))::UINTEGER AS dst FROM net WHERE lit;
INSERT INTO lighting
SELECT moment(0), moment(504), dst, 'mysql-5.6.10', NULL, NULL FROM point
UNION ALL SELECT moment(504), NULL, dst, 'mysql-5.1.54', NULL, NULL FROM point;

-- What each source asks for, in hours since the start: who, when, which address, which port.
CREATE TEMP TABLE contact(src UINTEGER, h DOUBLE, dst UINTEGER, port USMALLINT);

-- Two sweepers: random over the /18 for 15 days.
INSERT INTO contact
SELECT s.src, 2 + s.lag + i * 350.0 / s.n, ip4('10.77.0.0') + draw(i, s.src, 16384), 445
FROM (VALUES (ip4('24.242.18.7'), 14000, 0), (ip4('91.74.203.44'), 9000, 3)) s(src, n, lag), range(s.n) t(i);
-- After the first answer of a point: its /24 from .1 to .254, an address every few seconds.
INSERT INTO contact
SELECT f.src, f.h + 0.01 + k * 0.002, (f.dst // 256) * 256 + k, 445
FROM (SELECT src, dst, min(h) AS h FROM contact WHERE port = 445 AND dst IN (SELECT dst FROM point) GROUP BY src, dst) f,
     range(1, 255) t(k)
WHERE getvariable('effects');

-- The chooser: random on 3306 from day 7 to day 14 (told 5.6.10), again from day 22 (told 5.1.54).
INSERT INTO contact
SELECT ip4('116.254.9.31'), 170 + i * 160.0 / 14000, ip4('10.77.0.0') + draw(i, 'chooser 1', 16384), 3306 FROM range(14000) t(i);
CREATE TEMP TABLE known AS
SELECT dst, min(h) AS h FROM contact WHERE port = 3306 AND dst IN (SELECT dst FROM point) GROUP BY dst;
INSERT INTO contact SELECT ip4('116.254.9.31'), 530, (SELECT min(dst) FROM known), 3306;
INSERT INTO contact
SELECT ip4('116.254.9.31'), 531 + i * 0.4, k.dst, 3306
FROM range(90) t(i), (SELECT dst, row_number() OVER (ORDER BY hash(dst)) - 1 AS k, count(*) OVER () AS n FROM known) k
WHERE getvariable('effects') AND i % n = k;
INSERT INTO contact
SELECT ip4('116.254.9.31'), 570 + i * 110.0 / 7000, a.dst, 3306
FROM range(7000) t(i), LATERAL (SELECT (ip4('10.77.0.0') + draw(i, 'chooser 2', 16384))::UINTEGER AS dst) a
WHERE NOT (getvariable('effects') AND a.dst IN (SELECT dst FROM point));

-- Controls: 60 sources that scan at random and never complete a handshake, some widely, most too thinly to meet a point.
INSERT INTO contact
SELECT ip4('198.51.100.0') + s, 5 + draw(s, 'start', 200) + i * 0.05, ip4('10.77.0.0') + draw(i, s, 16384),
       CASE WHEN s % 6 = 5 THEN 3306 ELSE 445 END
FROM range(60) u(s), range(CASE WHEN s % 10 = 0 THEN 3000 ELSE 60 + s END) t(i);
-- A scanner that walks the whole /18 in order, whoever answers; a misconfigured host; backscatter.
INSERT INTO contact
SELECT ip4('203.0.113.9'), 20 + i * 0.003, ip4('10.77.0.0') + i, 445 FROM range(16384) t(i);
INSERT INTO contact SELECT ip4('192.0.2.77'), i * 0.5, ip4('10.77.5.5'), 445 FROM range(600) t(i);

INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags, tcp_seq, ip_len)
SELECT moment(h), src, dst, 6, 1024 + draw(h, src, 60000), port, 2, draw(h, dst, 4294967296), 44 FROM contact;
-- A retransmission from those who use the kernel's TCP (sweepers, chooser) where nobody answers.
INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags, tcp_seq, ip_len)
SELECT ts + INTERVAL 3 SECOND, src, dst, proto, sport, dport, tcp_flags, tcp_seq, ip_len FROM packet
WHERE src IN (ip4('24.242.18.7'), ip4('91.74.203.44'), ip4('116.254.9.31')) AND dst NOT IN (SELECT dst FROM point);
-- And the rest of a conversation where somebody does.
CREATE TEMP TABLE talk AS
SELECT * FROM packet WHERE src IN (ip4('24.242.18.7'), ip4('91.74.203.44'), ip4('116.254.9.31')) AND dst IN (SELECT dst FROM point);
INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags, tcp_seq, ip_len)
SELECT ts + to_microseconds(100000 + k * 90000), src, dst, proto, sport, dport, CASE k WHEN 0 THEN 16 WHEN 5 THEN 17 ELSE 24 END,
       tcp_seq + 1, 60 FROM talk, range(6) t(k);
INSERT INTO session
SELECT row_number() OVER (ORDER BY ts, src), ts + INTERVAL 100 MILLISECOND, ts + INTERVAL 2 SECOND, src, sport, dst, dport,
       CASE dport WHEN 445 THEN 'smb' ELSE 'mysql' END,
       CASE WHEN ts < moment(504) THEN 'mysql-5.6.10' ELSE 'mysql-5.1.54' END, NULL, 300, 700, 'client' FROM talk;
INSERT INTO answer
SELECT ts_open + INTERVAL 200 MILLISECOND, src, dst, dport, service,
       CASE WHEN service = 'smb' THEN 'Windows Server 2008 R2' WHEN ts_open < moment(504) THEN '5.6.10' ELSE '5.1.54' END, id
FROM session;
INSERT INTO event
SELECT ts_open + to_microseconds(200000 + k * 1000), 'command', id, src, dst, dport, service, c.command, c.text,
       CASE WHEN c.text = 'select version()' THEN '1 row' ELSE c.reply END, NULL
FROM session, (VALUES (0, 'Query', 'set autocommit=0', 'OK'), (1, 'Query', 'select version()', '1 row'),
  (2, 'Query', 'drop function cmdshell', 'ERR 1305'), (3, 'Query', 'drop function my_udfdoor', 'ERR 1305'),
  (4, 'Query', 'drop function do_system', 'ERR 1305'), (5, 'Init DB', 'mysql', 'OK')) c(k, command, text, reply)
WHERE service = 'mysql';
INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags, tcp_seq, ip_len)
SELECT moment(i * 0.2), ip4('192.0.2.100') + i % 5, ip4('10.77.0.0') + draw(i, 'backscatter', 16384), 6, 80, 1024 + draw(i, 'p', 60000),
       CASE i % 3 WHEN 0 THEN 4 ELSE 18 END, i, 40 FROM range(2000) t(i);
INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags, tcp_seq, ip_len)
SELECT moment(i * 0.7), ip4('192.0.2.200'), ip4('10.77.9.9'), 17, 5353, 53, NULL, NULL, 70 FROM range(500) t(i);
INSERT INTO loss SELECT moment(0), 'spool', '', count(*), count(*), 0 FROM packet;
INSERT INTO loss VALUES (moment(0), 'decoder', 'not-ip', 12, 0, 12);
