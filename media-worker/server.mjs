// The media worker: HTTP on a Unix socket, jobs in child processes. README.md describes the protocol.
import { chmodSync, rmdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Pool } from './pool.mjs';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

const { values: options } = parseArgs({
  options: {
    socket: { type: 'string' },
    concurrency: { type: 'string', default: '2' },
    'timeout-ms': { type: 'string', default: '20000' },
    'memory-mb': { type: 'string', default: '768' },
    /** Remove the socket's folder at the end too: it was made for this process. */
    'own-folder': { type: 'boolean', default: false },
  },
});
if (!options.socket) {
  process.stderr.write('media: --socket is missing\n');
  process.exit(2);
}

const pool = new Pool({
  concurrency: positive('concurrency'),
  timeoutMs: positive('timeout-ms'),
  memoryMb: positive('memory-mb'),
});

const required = {
  '/probe': ['path'],
  '/prepare': ['path', 'workFolder'],
  '/typeset': ['template', 'data'],
};

const server = createServer(async (request, response) => {
  if (request.method === 'GET' && request.url === '/health') {
    return json(response, 200, { ok: true, pid: process.pid, running: pool.running, waiting: pool.waiting });
  }
  const fields = request.method === 'POST' ? required[request.url] : undefined;
  if (fields === undefined) return json(response, 404, { error: 'no such operation' });
  const input = await readJson(request);
  if (input === null || fields.some(field => input[field] === undefined)) return json(response, 400, { error: `expected JSON with ${fields.join(', ')}` });
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const answer = await pool.run(request.url.slice(1), input, gone.signal);
  if (response.destroyed) return undefined;
  if (answer.unavailable) return json(response, 503, { error: 'busy or ending' });
  if (answer.refusal) return json(response, 422, { code: answer.refusal });
  if (answer.badRequest) return json(response, 400, { error: answer.badRequest });
  if (answer.failed) {
    process.stderr.write(`media: ${request.url} failed: ${answer.failed}\n`);
    return json(response, 500, { error: answer.failed });
  }
  if (answer.result instanceof Uint8Array) return response.writeHead(200, { 'content-type': 'application/pdf' }).end(answer.result);
  return json(response, 200, answer.result);
});
// Jobs have their own limit; the HTTP ones only get in the way of a long queue.
server.requestTimeout = 0;
server.keepAliveTimeout = 60_000;

function json(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function readJson(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > MAX_BODY_BYTES) return null;
    parts.push(part);
  }
  try {
    const value = JSON.parse(Buffer.concat(parts).toString('utf8'));
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function positive(name) {
  const value = Number(options[name]);
  if (!(value > 0)) {
    process.stderr.write(`media: --${name} is not a positive number\n`);
    process.exit(2);
  }
  return Math.floor(value);
}

let ending = false;
function end() {
  if (ending) return;
  ending = true;
  pool.close();
  rmSync(options.socket, { force: true });
  if (options['own-folder']) {
    try {
      rmdirSync(dirname(options.socket));
    } catch {
      // not empty or already gone
    }
  }
  process.exit(0);
}

// The program holds our standard input open; when it dies, however it dies, the pipe closes and so do we.
process.stdin.resume();
process.stdin.on('end', end).on('close', end).on('error', end);
process.on('SIGTERM', end).on('SIGINT', end);

rmSync(options.socket, { force: true });
server.listen(options.socket, () => {
  chmodSync(options.socket, 0o600);
  process.stdout.write('ready\n');
});
server.on('error', error => {
  process.stderr.write(`media: cannot listen: ${error.code}\n`);
  process.exit(1);
});
