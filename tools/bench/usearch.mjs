// Builds an index with USearch for Node and answers every query, for semblance-bench, which judges.
//   node usearch.mjs FOLDER_OF_PEERS VECTORS QUERIES DIMENSION K M EF_CONSTRUCTION TYPE EF...
// Prints one line of JSON: the seconds of the build, and for each EF the row ids and the seconds
// of each query.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [peers, vectorFile, queryFile, ...rest] = process.argv.slice(2);
const type = rest[4];
const [dimension, k, m, efConstruction] = rest.slice(0, 4).map(Number);
const sweep = rest.slice(5).map(Number);
const { Index } = createRequire(join(resolve(peers), 'x.js'))('usearch');

const floats = (file) => {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
};
const rows = floats(vectorFile);
const queries = floats(queryFile);
const options = (ef) => ({
  dimensions: dimension, metric: 'cos', quantization: type, connectivity: m,
  expansion_add: efConstruction, expansion_search: ef,
});

let index = new Index(options(64));
const keys = BigUint64Array.from({ length: rows.length / dimension }, (_, i) => BigInt(i + 1));
const started = process.hrtime.bigint();
index.add(keys, rows, 2);
const buildSeconds = Number(process.hrtime.bigint() - started) / 1e9;
const saved = vectorFile + '.usearch';
index.save(saved);

const searches = [];
for (const ef of sweep) {
  index = new Index(options(ef));
  index.load(saved);
  const found = [];
  const seconds = [];
  for (let at = 0; at < queries.length; at += dimension) {
    const query = queries.subarray(at, at + dimension);
    const before = process.hrtime.bigint();
    const matches = index.search(query, k, 1);
    seconds.push(Number(process.hrtime.bigint() - before) / 1e9);
    found.push(Array.from(matches.keys, Number));
  }
  searches.push({ ef, found, seconds });
}
console.log(JSON.stringify({ build_seconds: buildSeconds, searches }));
