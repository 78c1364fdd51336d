# DBD::mysql and DBD::MariaDB at their ordinary work: drivers.pl mysql|MariaDB PORT. A warning or an answer that differs
# from a real server's ends it.
use strict;
use warnings FATAL => 'all';
use utf8;
use DBI;

my ($driver, $port) = @ARGV;
my $prefix = $driver eq 'mysql' ? 'mysql' : 'mariadb';
$SIG{__WARN__} = sub { die "$driver: warning: @_" };

sub same {
    my ($what, $got, $want) = @_;
    $got = defined $got ? $got : 'undef';
    die "$driver: $what: '$got' instead of '$want'\n" unless $got eq $want;
}

sub connected {
    my (%more) = @_;
    return DBI->connect("DBI:$driver:host=127.0.0.1;port=$port" . ($more{database} ? ";database=$more{database}" : ''), 'root', $more{password} // '',
        { RaiseError => $more{password} ? 0 : 1, PrintError => 0, %{ $more{attributes} // {} } });
}

same 'a wrong password', defined connected(password => 'wrong') ? 'in' : $DBI::err, 1045;
for my $on_server (0, 1) {
    my $dbh = connected(attributes => { "${prefix}_server_prepare" => $on_server });
    $dbh->do('DROP DATABASE IF EXISTS perl');
    same 'CREATE DATABASE', $dbh->do('CREATE DATABASE perl'), 1;
    $dbh->do('USE perl');
    same 'CREATE TABLE', $dbh->do('CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2), at DATETIME, data BLOB)'), '0E0';
    my $insert = $dbh->prepare('INSERT INTO t (name, price, at, data) VALUES (?, ?, ?, ?)');
    $insert->bind_param(1, 'ape');
    $insert->bind_param(2, '12.50');
    $insert->bind_param(3, '2001-02-03 04:05:06');
    $insert->bind_param(4, "MZ\0\xff", DBI::SQL_BLOB);
    same 'INSERT', $insert->execute, 1;
    same 'INSERT of NULL', $insert->execute(undef, undef, undef, undef), 1;
    same 'the last id', $dbh->last_insert_id(undef, undef, 't', 'id'), 2;
    my $select = $dbh->prepare('SELECT id, name, price, at, data FROM t WHERE id = ? OR name IS NULL ORDER BY id');
    $select->execute(1);
    same 'columns', "@{ $select->{NAME} }", 'id name price at data';
    same 'rows', $select->rows, 2;
    my $row = $select->fetchrow_hashref;
    same 'name', $row->{name}, 'ape';
    same 'price', $row->{price}, '12.50';
    same 'time', $row->{at}, '2001-02-03 04:05:06';
    same 'bytes', $row->{data}, "MZ\0\xff";
    same 'NULL', defined(($select->fetchrow_array)[1]) ? 1 : 0, 0;
    $select->finish;
    my $again = $dbh->prepare('SELECT COUNT(*), MAX(id) FROM t WHERE price > ?');
    for my $limit (1, 10, 100) {
        $again->execute($limit);
        same "count over $limit", ($again->fetchrow_array)[0], $limit < 100 ? 1 : 0;
        $again->finish;
    }
    my $numbers = join ',', map { "('n$_')" } 1 .. 300;
    same 'many', $dbh->do("INSERT INTO t (name) VALUES $numbers"), 300;
    my $stream = $on_server || $driver ne 'mysql' ? undef : $dbh->prepare('SELECT name FROM t', { "${prefix}_use_result" => 1 });
    $stream->execute if $stream;
    my $n = 0;
    $n++ while $stream && $stream->fetch;
    same "streamed", $n, $stream ? 302 : 0;
    same 'tables', join(' ', map { s/`//gr } grep { /perl/ } $dbh->tables(undef, 'perl', '%', 'TABLE')), 'perl.t';
    same 'columns of t', scalar @{ $dbh->column_info(undef, 'perl', 't', '%')->fetchall_arrayref }, 5;
    same 'primary key', join(' ', $dbh->primary_key(undef, 'perl', 't')), 'id';
    same 'quote', $dbh->quote("it's"), "'it\\'s'";
    same 'ping', $dbh->ping, 1;
    $dbh->begin_work;
    $dbh->do("UPDATE t SET name = 'x'");
    $dbh->commit;
    eval { $dbh->do('SELEC 1') };
    same 'a syntax error', $dbh->err . ' ' . $dbh->state, '1064 42000';
    like_text($dbh->errstr);
    eval { $dbh->do('INSERT INTO t (id) VALUES (1)') };
    same 'a duplicate', $dbh->err, 1062;
    same 'thread', ($dbh->selectrow_array('SELECT CONNECTION_ID()'))[0], $dbh->{"${prefix}_thread_id"};
    $dbh->do('DROP DATABASE perl');
    $dbh->disconnect;
}

sub like_text {
    my ($text) = @_;
    die "$driver: $text\n" unless $text =~ /^You have an error in your SQL syntax; check the manual that corresponds to your .* near 'SELEC 1' at line 1$/;
}
print "$driver: done\n";
