// Semblance in node-sqlite3 (npm: sqlite3; Debian: node-sqlite3), whose calls answer later.
//   node sqlite3.cjs [DATABASE]
'use strict';
const { promisify } = require('node:util');
const sqlite3 = require('sqlite3');
const semblance = require('semblance');
const { fromBlob, notes, toBlob } = require('./notes.cjs');

async function main() {
  const db = new sqlite3.Database(process.argv[2] ?? ':memory:');
  const run = promisify(db.run.bind(db));
  const all = promisify(db.all.bind(db));
  await promisify(db.loadExtension.bind(db))(semblance.getLoadablePath());

  // One transaction: the notes are embedded together.
  await run('CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED, year INTEGER)');
  await run('BEGIN');
  for (const note of notes) await run('INSERT INTO notes(body, year) VALUES (?, ?)', note);
  await run('COMMIT');

  const nearest = 'SELECT body FROM notes WHERE body MATCH ? AND year > ? AND k = ?';
  for (const row of await all(nearest, ['people making music', 2000, 2])) console.log(row.body);
  for (const row of await all(nearest, ['people making music', 2020, 1])) console.log(row.body);

  // Vectors in and out.
  await run('CREATE VIRTUAL TABLE points USING semblance(v FLOAT[3] distance_metric=l2, name TEXT)');
  const point = 'INSERT INTO points(v, name) VALUES (?, ?)';
  await run(point, [toBlob([1, 0, 0]), 'east']);
  await run(point, [toBlob([0, 1, 0]), 'north']);
  const [found] = await all('SELECT name, v, distance FROM points WHERE v MATCH ? AND k = 1', [toBlob([0, 0.5, 0])]);
  console.log(found.name, Array.from(fromBlob(found.v)), found.distance);

  // Errors are rejections with SQLite's code before its message.
  await run(point, [toBlob([1, 2]), 'flat']).catch((error) => console.log(error.message.replace(/^SQLITE_\w+: /, '')));
  await promisify(db.close.bind(db))();
}

main();
