<?php
// mysqli and PDO (mysqlnd) at their ordinary work: drivers.php PORT. A notice, a warning, or an answer that differs from a
// real server's ends it.
error_reporting(E_ALL);
set_error_handler(function ($number, $text) { fwrite(STDERR, "php: warning: $text\n"); exit(1); });
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$port = (int)$argv[1];

function same($what, $got, $want) {
    if ($got !== $want) {
        fwrite(STDERR, "php: $what: " . var_export($got, true) . ' instead of ' . var_export($want, true) . "\n");
        exit(1);
    }
}

try {
    new mysqli('127.0.0.1', 'root', 'wrong', '', $port);
    same('a wrong password', 'in', 'out');
} catch (mysqli_sql_exception $e) {
    same('errno', $e->getCode(), 1045);
}
$db = new mysqli('127.0.0.1', 'root', '', '', $port);
same('set_charset', $db->set_charset('utf8'), true);
$db->query('DROP DATABASE IF EXISTS php');
$db->query('CREATE DATABASE php');
same('select_db', $db->select_db('php'), true);
$db->query('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), f DOUBLE, big BIGINT, at DATETIME, data LONGBLOB)');
$st = $db->prepare('INSERT INTO t (name, f, big, at, data) VALUES (?, ?, ?, ?, ?)');
$name = 'été'; $f = 2.25; $big = PHP_INT_MAX; $at = '2001-02-03 04:05:06'; $data = null;
$st->bind_param('sdisb', $name, $f, $big, $at, $data);
for ($i = 0; $i < 10; $i++)
    $st->send_long_data(4, str_repeat(chr($i), 100000));
$st->execute();
same('affected', $st->affected_rows, 1);
same('insert id', $st->insert_id, 1);
$st->close();
$st = $db->prepare('SELECT id, name, f, big, at, LENGTH(data), data FROM t WHERE id = ?');
$id = 1;
$st->bind_param('i', $id);
$st->execute();
$row = $st->get_result()->fetch_row();
same('blob', strlen($row[6]), 1000000);
unset($row[6]);
same('row', $row, [1, 'été', 2.25, PHP_INT_MAX, '2001-02-03 04:05:06', 1000000]);
$st->execute();
same('bind_result', $st->bind_result($a, $b, $c, $d, $e, $n, $g) && $st->fetch() && $b === 'été' && strlen($g) === 1000000, true);
$st->close();
$st = $db->prepare('SELECT id FROM t WHERE id < ?');
$st->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, MYSQLI_CURSOR_TYPE_READ_ONLY);
$id = 5;
$st->bind_param('i', $id);
$st->execute();
$st->bind_result($got);
same('a cursor', [$st->fetch(), $got, $st->fetch()], [true, 1, null]);
$st->close();
$sums = [];
same('multi_query', $db->multi_query('SELECT 1; INSERT INTO t (name) VALUES ("b"), ("c"); SELECT COUNT(*) FROM t'), true);
do {
    $r = $db->store_result();
    $sums[] = $r ? $r->fetch_row()[0] : $db->affected_rows;
} while ($db->more_results() && $db->next_result());
same('results', $sums, ['1', 2, '3']);
try {
    $db->query('SELECT * FROM missing');
    same('a missing table', 'there', 'missing');
} catch (mysqli_sql_exception $e) {
    same('missing', [$e->getCode(), $e->getMessage(), $db->sqlstate], [1146, "Table 'php.missing' doesn't exist", '42S02']);
}
same('ping', $db->ping(), true);
same('stat', strncmp($db->stat(), 'Uptime: ', 8), 0);
same('warnings', [$db->query('DROP TABLE IF EXISTS none'), $db->warning_count, $db->get_warnings()->errno], [true, 1, 1051]);
same('begin', $db->begin_transaction() && $db->commit() && $db->autocommit(true), true);
same('change user', $db->change_user('root', '', 'php'), true);
same('fields', $db->query('SELECT id, name FROM t')->fetch_fields()[1]->table, 't');
$db->close();

foreach ([true, false] as $emulated) {
    $pdo = new PDO("mysql:host=127.0.0.1;port=$port;dbname=php", 'root', '', [PDO::ATTR_EMULATE_PREPARES => $emulated, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
    $st = $pdo->prepare('SELECT id, name FROM t WHERE name = :n OR id > :i ORDER BY id');
    $st->execute(['n' => 'b', 'i' => 2]);
    same('PDO rows', $st->fetchAll(PDO::FETCH_KEY_PAIR), [2 => 'b', 3 => 'c']);
    $pdo->beginTransaction();
    same('PDO exec', $pdo->exec("UPDATE t SET name = 'z' WHERE id = 3"), 1);
    $pdo->exec("UPDATE t SET name = 'c' WHERE id = 3");
    $pdo->commit();
    $unbuffered = $pdo->prepare('SELECT a.id FROM t a, t b', [PDO::MYSQL_ATTR_USE_BUFFERED_QUERY => false]);
    $unbuffered->execute();
    same('PDO unbuffered', count($unbuffered->fetchAll()), 9);
    same('PDO server', strlen($pdo->getAttribute(PDO::ATTR_SERVER_INFO)) > 20, true);
    $st = $unbuffered = $pdo = null;
}
$db = new mysqli('127.0.0.1', 'root', '', '', $port);
$db->query('DROP DATABASE php');
echo "php: done\n";
