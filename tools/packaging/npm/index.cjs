'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { arch, platform } = require('node:process');

function getLoadablePath() {
  if (platform !== 'linux' || arch !== 'x64') {
    throw new Error(`semblance: this package is for linux-x64; this is ${platform}-${arch}`);
  }
  const path = join(__dirname, 'lib', 'semblance.so');
  if (!existsSync(path)) throw new Error(`semblance: ${path} is missing; install the package again`);
  return path;
}

function load(db) {
  if (typeof db?.loadExtension !== 'function') {
    throw new TypeError(
        'semblance: load(db) expects a connection with loadExtension(), of node:sqlite ' +
        '(opened with {allowExtension: true}), better-sqlite3 or sqlite3');
  }
  db.loadExtension(getLoadablePath());
}

module.exports = { getLoadablePath, load };
