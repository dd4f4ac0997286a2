import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));
const SETPRIV = '/usr/bin/setpriv';
const PAGE_BYTES = 4096;
const MEMORY_CHECK_MS = 50;
/** A child without work gives its memory back after this. */
const IDLE_MS = 15_000;
const MAX_QUEUE = 512;

/**
 * Runs each job in a child process. Time and memory limits and crashes end that child and refuse that job; the others go on.
 * Children start with the first job and end when idle, so an idle worker is one small process.
 */
export class Pool {
  #free = [];
  #busy = new Set();
  #queue = [];
  #closed = false;

  constructor({ concurrency, timeoutMs, memoryMb }) {
    this.concurrency = concurrency;
    this.timeoutMs = timeoutMs;
    this.memoryBytes = memoryMb * 1024 * 1024;
    this.heapMb = Math.max(64, Math.floor(memoryMb * 0.75));
  }

  get running() { return this.#busy.size; }
  get waiting() { return this.#queue.length; }

  /** Resolves with what child.mjs answers; never rejects. A job whose signal is aborted before its turn is dropped. */
  run(operation, input, signal) {
    if (this.#closed || this.#queue.length >= MAX_QUEUE) return Promise.resolve({ unavailable: true });
    return new Promise(resolve => {
      this.#queue.push({ operation, input, resolve, signal, attempts: 0 });
      this.#next();
    });
  }

  close() {
    this.#closed = true;
    for (const child of [...this.#free, ...this.#busy]) child.process.kill('SIGKILL');
  }

  #next() {
    while (this.#queue.length > 0 && this.#busy.size < this.concurrency) {
      const job = this.#queue.shift();
      if (job.signal?.aborted) { job.resolve({ unavailable: true }); continue; }
      const child = this.#free.pop() ?? this.#start();
      this.#busy.add(child);
      this.#give(child, job);
    }
  }

  #give(child, job) {
    clearTimeout(child.idle);
    child.job = job;
    job.attempts++;
    job.timer = setTimeout(() => this.#end(child, { refusal: 'media.took_too_long' }), this.timeoutMs);
    job.watch = setInterval(() => this.#checkMemory(child), MEMORY_CHECK_MS);
    child.process.send({ operation: job.operation, input: job.input }, error => { if (error) child.process.kill('SIGKILL'); });
  }

  #start() {
    const execArgv = [`--max-old-space-size=${this.heapMb}`];
    // The kernel ends a child whose parent was killed, even one that is stuck in native code and hears no event.
    const guarded = process.platform === 'linux' && existsSync(SETPRIV);
    const forked = fork(CHILD, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      ...(guarded ? { execPath: SETPRIV, execArgv: ['--pdeathsig', 'KILL', process.execPath, ...execArgv] } : { execArgv }),
    });
    const child = { process: forked, job: null, idle: null };
    forked.on('message', answer => this.#done(child, answer));
    forked.on('error', () => this.#gone(child, { unavailable: true })); // could not be started: nothing is known about the file
    forked.on('exit', (_, signal) => this.#gone(child, signal === 'SIGKILL' ? null : { refusal: 'media.broken' }));
    return child;
  }

  #done(child, answer) {
    const job = this.#release(child);
    if (job === null) return;
    this.#busy.delete(child);
    this.#free.push(child);
    child.idle = setTimeout(() => child.process.kill('SIGKILL'), IDLE_MS).unref();
    job.resolve(answer);
    this.#next();
  }

  /** Our own verdict on a job: it is answered now, and its child is killed and replaced. */
  #end(child, answer) {
    const job = this.#release(child);
    child.process.kill('SIGKILL');
    job?.resolve(answer);
  }

  /** Without a verdict, the child was killed, and not by us: the kernel was short of memory, or an operator did it. */
  #gone(child, verdict) {
    const job = this.#release(child);
    this.#busy.delete(child);
    this.#free = this.#free.filter(other => other !== child);
    clearTimeout(child.idle);
    if (job !== null) {
      if (this.#closed) job.resolve({ unavailable: true });
      else if (verdict === null && job.attempts < 2) this.#queue.unshift(job); // no fault of the file: one more chance
      else job.resolve(verdict ?? { refusal: 'media.broken' });
    }
    if (!this.#closed) this.#next();
  }

  #release(child) {
    const { job } = child;
    child.job = null;
    if (job !== null) {
      clearTimeout(job.timer);
      clearInterval(job.watch);
    }
    return job;
  }

  async #checkMemory(child) {
    const { job } = child;
    let resident;
    try {
      resident = Number((await readFile(`/proc/${child.process.pid}/statm`, 'latin1')).split(' ')[1]) * PAGE_BYTES;
    } catch {
      return; // gone, or no /proc here: the heap limit of the child remains
    }
    // A picture within the pixel cap that still needs this much was made to need it.
    if (resident > this.memoryBytes && child.job === job && job !== null) this.#end(child, { refusal: 'media.broken' });
  }
}
