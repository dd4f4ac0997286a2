// Photos per second through the worker's prepare path against plain sharp doing the same two resizes; 12 megapixels, concurrency 2.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PHOTOS = 24;
const ROUNDS = 3;
const CONCURRENCY = 2;

const folder = mkdtempSync(join(tmpdir(), 'media-bench-'));
const socketPath = join(folder, 'worker.sock');
const { default: sharp } = await import('sharp');
const { HEIGHT, WIDTH, photo, plain: resizeTwice } = await import('./bench-photo.mjs');

const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
function post(path, body) {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method: 'POST', agent, headers: { 'content-type': 'application/json' } }, response => {
      let text = '';
      response.on('data', part => { text += part; }).on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(text))));
    });
    sent.on('error', reject).end(JSON.stringify(body));
  });
}

async function viaWorker(path) {
  const made = await post('/prepare', { path, workFolder: folder });
  rmSync(made.preview.path);
  rmSync(made.thumbnail.path);
}

const plain = (path, index) => resizeTwice(path, join(folder, `plain-${index}`));

async function perSecond(work) {
  const start = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
    while (next < PHOTOS) {
      const index = next++;
      await work(index % 2 === 0 ? upright : turned, index);
    }
  }));
  return PHOTOS / ((performance.now() - start) / 1000);
}

const median = values => values.toSorted((a, b) => a - b)[values.length >> 1];
const upright = join(folder, 'upright.jpg');
const turned = join(folder, 'turned.jpg');
await photo(upright, 1);
await photo(turned, 6);

sharp.cache(false);
sharp.concurrency(1);
const worker = spawn(process.execPath, [fileURLToPath(new URL('./server.mjs', import.meta.url)), '--socket', socketPath, '--concurrency', `${CONCURRENCY}`],
  { stdio: ['pipe', 'pipe', 'inherit'] });
await new Promise(resolve => worker.stdout.once('data', resolve));
try {
  await Promise.all([viaWorker(upright), viaWorker(upright), plain(upright, 0)]); // both warm
  const figures = { worker: [], plain: [] };
  for (let round = 1; round <= ROUNDS; round++) {
    figures.worker.push(await perSecond(viaWorker));
    figures.plain.push(await perSecond(plain));
    console.log(`round ${round}: worker ${figures.worker.at(-1).toFixed(1)}/s, plain sharp ${figures.plain.at(-1).toFixed(1)}/s`);
  }
  const [ours, theirs] = [median(figures.worker), median(figures.plain)];
  console.log(`${PHOTOS} photos of ${(WIDTH * HEIGHT / 1e6).toFixed(0)} MP (${(statSync(upright).size / 1e6).toFixed(1)} MB) a round, half of them turned by EXIF`);
  console.log(`median: worker ${ours.toFixed(1)} photos/s, plain sharp ${theirs.toFixed(1)} photos/s, time ratio worker/plain ${(theirs / ours).toFixed(2)}`);
} finally {
  agent.destroy();
  worker.stdin.end();
  await new Promise(resolve => worker.once('exit', resolve));
  rmSync(folder, { recursive: true, force: true });
}
