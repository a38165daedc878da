// Runs model.onnx with onnxruntime for Node over the sentences of task.json, for
// semblance-bench-encoder.
//   node onnxruntime.mjs FOLDER_OF_PEERS FOLDER_OF_THE_TASK
// Prints one line of JSON: for each workload and number of threads the seconds of the fastest pass,
// with sentences in their order and sorted by length, and the file of the vectors.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [peers, folder] = process.argv.slice(2);
const ort = createRequire(join(resolve(peers), 'x.js'))('onnxruntime-node');
const task = JSON.parse(readFileSync(join(folder, 'task.json')));

// Batches of padded ids and masks; `rows` are the numbers of the sentences in it.
function batchesOf(sentences, order, size) {
  const batches = [];
  for (let begin = 0; begin < order.length; begin += size) {
    const rows = order.slice(begin, begin + size);
    const tokens = Math.max(...rows.map((row) => sentences[row].length));
    const ids = new Int32Array(rows.length * tokens);
    const mask = new Int32Array(rows.length * tokens);
    rows.forEach((row, i) => {
      ids.set(sentences[row], i * tokens);
      mask.fill(1, i * tokens, i * tokens + sentences[row].length);
    });
    const shape = [rows.length, tokens];
    batches.push({
      rows,
      feeds: { input_ids: new ort.Tensor('int32', ids, shape), mask: new ort.Tensor('int32', mask, shape) },
    });
  }
  return batches;
}

const wall = () => Number(process.hrtime.bigint()) / 1e9;
function processor() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

// As semblance-bench-encoder takes the time: in processor time where one thread works.
async function fastest(session, batches, threads) {
  const now = threads === 1 ? processor : wall;
  let best = Infinity;
  const began = wall();
  for (let pass = -1; pass < 2 || wall() - began < task.seconds; ++pass) {
    const started = now();
    for (const batch of batches) await session.run(batch.feeds);
    if (pass >= 0) best = Math.min(best, now() - started);
  }
  return best;
}

async function vectorsOf(session, batches, count) {
  let vectors;
  for (const { rows, feeds } of batches) {
    const { data } = (await session.run(feeds)).sum;
    const width = data.length / rows.length;
    vectors ??= new Float32Array(count * width);
    rows.forEach((row, i) => vectors.set(data.subarray(i * width, (i + 1) * width), row * width));
  }
  return vectors;
}

const results = [];
for (const threads of task.threads) {
  const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), {
    intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all',
  });
  for (const { name, batch, sentences } of task.workloads) {
    const order = sentences.map((_, i) => i);
    const sorted = [...order].sort((a, b) => sentences[b].length - sentences[a].length);
    const plain = batchesOf(sentences, order, batch);
    const file = join(folder, `${name}-${threads}.f32`);
    const vectors = await vectorsOf(session, plain, sentences.length);
    writeFileSync(file, vectors);
    results.push({
      name, threads, vectors: file,
      seconds: await fastest(session, plain, threads),
      sorted_seconds: await fastest(session, batchesOf(sentences, sorted, batch), threads),
    });
  }
  await session.release();
}
console.log(JSON.stringify(results));
