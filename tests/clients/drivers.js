// mysql2 and mysql (npm) at their ordinary work: drivers.js mysql2|mysql PORT. A warning of the driver or an answer that differs
// from a real server's ends it.
'use strict';
const assert = require('assert');
const [name, port] = [process.argv[2], Number(process.argv[3])];
const mysql = require(name);
const second = name === 'mysql2';
process.on('warning', w => { console.error(`${name}: ${w}`); process.exit(1); });
process.on('unhandledRejection', e => { console.error(`${name}: ${e && e.stack}`); process.exit(1); });
const options = more => Object.assign({ host: '127.0.0.1', port, user: 'root', password: '', connectTimeout: 10000 }, more);
const ask = (at, ...q) => new Promise((yes, no) => at.query(...q, (e, rows, fields) => (e ? no(e) : yes([rows, fields]))));
const run = (at, ...q) => new Promise((yes, no) => at.execute(...q, (e, rows, fields) => (e ? no(e) : yes([rows, fields]))));
const call = (at, what, ...more) => new Promise((yes, no) => at[what](...more, (e, r) => (e ? no(e) : yes(r))));
const fails = async (promise, errno, sqlState) => {
    const e = await promise.then(() => assert.fail(`no error ${errno}`), e => e);
    assert.deepStrictEqual([e.errno, e.sqlState], [errno, sqlState], e.message);
};

async function values(db) {
    await ask(db, 'CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), f DOUBLE, d DECIMAL(6,2), at DATETIME, data BLOB)');
    const at = new Date(2001, 1, 3, 4, 5, 6);
    const [insert] = await ask(db, 'INSERT INTO t SET ?', { name: "l'été", f: -0.5, d: 1.25, at, data: Buffer.from([0, 77, 90, 255]) });
    assert.deepStrictEqual([insert.insertId, insert.affectedRows], [1, 1]);
    const [rows, fields] = await ask(db, 'SELECT *, NULL AS n FROM t WHERE id IN (?)', [[1, 2]]);
    assert.deepStrictEqual({ ...rows[0] }, { id: 1, name: "l'été", f: -0.5, d: second ? '1.25' : 1.25, at, data: Buffer.from([0, 77, 90, 255]), n: null });
    assert.deepStrictEqual(fields.map(f => f.name), ['id', 'name', 'f', 'd', 'at', 'data', 'n']);
    if (!second)
        return;
    for (const id of [1, 1, 7]) {
        const [got] = await run(db, 'SELECT name, f, at, data, ? AS p FROM t WHERE id = ?', ['x', id]);
        assert.deepStrictEqual(got.map(r => ({ ...r })), id === 1 ? [{ name: "l'été", f: -0.5, at, data: Buffer.from([0, 77, 90, 255]), p: 'x' }] : []);
    }
    const statement = await call(db, 'prepare', 'INSERT INTO t (name, f) VALUES (?, ?)');
    for (const i of [1, 2, 3])
        assert.strictEqual((await call(statement, 'execute', [`n${i}`, i])).insertId, i + 1);
    statement.close();
    await fails(run(db, 'SELECT ? FROM missing', [1]), 1146, '42S02');
}

async function several(db) {
    const [rows] = await ask(db, 'SELECT 1 AS a; SET @x = 5; SELECT @x AS b, 2 AS c');
    assert.deepStrictEqual(JSON.parse(JSON.stringify([rows[0], rows[2]])), [[{ a: 1 }], [{ b: 5, c: 2 }]]);
    assert.strictEqual(rows[1].affectedRows, 0);
    await ask(db, `INSERT INTO t (name) VALUES ${Array.from({ length: 200 }, (_, i) => `('r${i}')`)}`);
    let n = 0;
    await new Promise((yes, no) => db.query('SELECT a.id, b.name FROM t a, t b WHERE a.id <= 20').on('error', no).on('result', () => n++).on('end', yes));
    assert.strictEqual(n, 20 * (second ? 204 : 201));
    n = 0;
    await new Promise((yes, no) => db.query('SELECT id FROM t ORDER BY id').stream({ highWaterMark: 5 }).on('data', row => (n += row.id > 0)).on('error', no).on('end', yes));
    assert.strictEqual(n, second ? 204 : 201);
}

async function mistakes(db) {
    await fails(ask(db, 'SELEC 1'), 1064, '42000');
    await fails(ask(db, 'SELECT * FROM nowhere'), 1146, '42S02');
    await fails(ask(db, 'INSERT INTO t (id) VALUES (1)'), 1062, '23000');
    await fails(ask(db, 'DROP FUNCTION cmdshell'), 1305, '42000');
    for (const wrong of [{ password: 'wrong' }, { user: 'admin' }, { database: 'none' }]) {
        const other = mysql.createConnection(options(wrong));
        const e = await call(other, 'connect').then(() => assert.fail('got in'), e => e);
        assert.strictEqual(e.errno, wrong.database ? 1049 : 1045);
        other.destroy();
    }
}

async function pool() {
    const p = mysql.createPool(options({ database: 'node', connectionLimit: 5 }));
    const ids = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(p, 'SELECT CONNECTION_ID() AS id, ? AS i', [i])));
    assert.deepStrictEqual(ids.map(([r]) => r[0].i), Array.from({ length: 40 }, (_, i) => i));
    assert.ok(new Set(ids.map(([r]) => r[0].id)).size <= 5);
    const one = await call(p, 'getConnection');
    await call(one, 'beginTransaction');
    await ask(one, 'DELETE FROM t WHERE id > 100');
    await call(one, 'commit');
    one.release();
    await call(p, 'end');
}

(async () => {
    const db = mysql.createConnection(options({ multipleStatements: true, charset: 'utf8_general_ci' }));
    await call(db, 'connect');
    await ask(db, 'DROP DATABASE IF EXISTS node; CREATE DATABASE node');
    await call(db, 'changeUser', { user: 'root', password: '', database: 'node' });
    assert.strictEqual((await ask(db, 'SELECT DATABASE() AS d'))[0][0].d, 'node');
    await values(db);
    await several(db);
    await mistakes(db);
    await call(db, 'ping');
    await call(db, 'changeUser', { database: 'mysql' });
    assert.ok((await ask(db, 'SELECT user FROM user'))[0].length >= 1);
    await pool();
    await ask(db, 'DROP DATABASE node');
    await call(db, 'end');
    console.log(`${name}: done`);
})();
