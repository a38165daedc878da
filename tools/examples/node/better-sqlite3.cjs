// Semblance in better-sqlite3.
//   node better-sqlite3.cjs [DATABASE]
'use strict';
const Database = require('better-sqlite3');
const semblance = require('semblance');
const { fromBlob, notes, toBlob } = require('./notes.cjs');

const db = new Database(process.argv[2] ?? ':memory:');
semblance.load(db);

// One transaction: the notes are embedded together.
db.exec('CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED, year INTEGER)');
const insert = db.prepare('INSERT INTO notes(body, year) VALUES (?, ?)');
db.transaction((rows) => rows.forEach((row) => insert.run(row)))(notes);

const nearest = db.prepare('SELECT body FROM notes WHERE body MATCH ? AND year > ? AND k = ?').pluck();
for (const body of nearest.all('people making music', 2000, 2)) console.log(body);
for (const body of nearest.all('people making music', 2020, 1)) console.log(body);

// Vectors in and out.
db.exec('CREATE VIRTUAL TABLE points USING semblance(v FLOAT[3] distance_metric=l2, name TEXT)');
const point = db.prepare('INSERT INTO points(v, name) VALUES (?, ?)');
point.run(toBlob([1, 0, 0]), 'east');
point.run(toBlob([0, 1, 0]), 'north');
const found = db.prepare('SELECT name, v, distance FROM points WHERE v MATCH ? AND k = 1').get(toBlob([0, 0.5, 0]));
console.log(found.name, Array.from(fromBlob(found.v)), found.distance);

// Errors are exceptions with SQLite's message, and its code in error.code.
try {
  point.run(toBlob([1, 2]), 'flat');
} catch (error) {
  console.log(error.message);
}
db.close();
