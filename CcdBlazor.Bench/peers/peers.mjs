// One round of a peer: queues so many jobs, then works them off, each with the settings that its authors recommend for throughput. The jobs do nothing, or, with
// CCD_BENCH_SEND_TO, go to the simulator's push service in groups of 500, signed, over kept connections.
// Prints one line of JSON: seconds for queueing, seconds for the work, jobs done. Usage: node peers.mjs graphile|boss COUNT; the connection is in CCD_BENCH_PEER.
import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';

const sendTo = process.env.CCD_BENCH_SEND_TO;
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const LargestGroup = 500;

function push(jobs) {
  const body = JSON.stringify({
    messages: jobs.map(job => ({ id: randomUUID().replaceAll('-', ''), to: job.to, title: '进展通知', text: `${job.name}您好，您的申请 ${job.number} 有新进展，请查看。` })),
  });
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', 'sim-push-secret').update(`${timestamp}.${body}`).digest('hex');
  return new Promise((resolve, reject) => {
    const call = request(`${sendTo}/v1/push`, {
      method: 'POST', agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-push-key': 'sim-push', 'x-push-timestamp': timestamp, 'x-push-signature': signature },
    }, answer => {
      let text = '';
      answer.setEncoding('utf8').on('data', part => { text += part; }).on('end', () => {
        const results = answer.statusCode === 200 ? JSON.parse(text).results : [];
        if (results.length === jobs.length && results.every(r => r.code === 'ok'))
          resolve();
        else
          reject(new Error(`${answer.statusCode}: ${text.slice(0, 200)}`));
      });
    });
    call.on('error', reject).end(body);
  });
}

// For a peer that hands out its jobs one by one: gathers those that run at the same time into one call.
let gathered = [];
function pushGathered(job) {
  return new Promise((resolve, reject) => {
    gathered.push({ job, resolve, reject });
    const flush = () => {
      const group = gathered;
      gathered = [];
      if (group.length > 0)
        push(group.map(g => g.job)).then(() => group.forEach(g => g.resolve()), error => group.forEach(g => g.reject(error)));
    };
    if (gathered.length === LargestGroup)
      flush();
    else if (gathered.length === 1)
      setTimeout(flush, 1);
  });
}

const [, , system, given] = process.argv;
const count = Number(given);
const connectionString = process.env.CCD_BENCH_PEER;
const seconds = since => Number(process.hrtime.bigint() - since) / 1e9;

async function graphile() {
  const { makeWorkerUtils, run, Logger } = await import('graphile-worker');
  const logger = new Logger(() => () => {});
  // Local queue and batched completion: its documentation's settings for high throughput.
  const preset = { worker: { connectionString, logger, concurrentJobs: sendTo ? 2 * LargestGroup : 24, localQueue: { size: sendTo ? 2 * LargestGroup : 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } };
  const utils = await makeWorkerUtils({ preset });
  await utils.migrate();
  await utils.withPgClient(client => client.query('truncate graphile_worker._private_jobs'));
  let since = process.hrtime.bigint();
  for (let i = 0; i < count; i += 10_000)
    await utils.addJobs(Array.from({ length: Math.min(10_000, count - i) }, (_, k) => ({ identifier: 'send', payload: { to: `device-${i + k}`, name: `客户${i + k}`, number: 'KH-20261120-0001' } })));
  const queued = seconds(since);
  await utils.release();
  let done = 0;
  let finished;
  const all = new Promise(resolve => { finished = resolve; });
  const ended = () => { if (++done === count) finished(); };
  since = process.hrtime.bigint();
  const runner = await run({ preset, taskList: { send: sendTo ? payload => pushGathered(payload).then(ended) : ended } });
  await all;
  const worked = seconds(since);
  await runner.stop();
  return { queued, worked, done };
}

async function boss() {
  const { PgBoss } = await import('pg-boss');
  const boss = new PgBoss({ connectionString, max: 8, supervise: false, schedule: false });
  boss.on('error', error => { throw error; });
  await boss.start();
  const queue = `send${process.pid}`;
  await boss.createQueue(queue);
  let since = process.hrtime.bigint();
  for (let i = 0; i < count; i += 1_000)
    await boss.insert(queue, Array.from({ length: Math.min(1_000, count - i) }, (_, k) => ({ data: { to: `device-${i + k}`, name: `客户${i + k}`, number: 'KH-20261120-0001' } })));
  const queued = seconds(since);
  let done = 0;
  since = process.hrtime.bigint();
  // Four workers, a thousand at a time: the fastest of its ways here.
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (let jobs; (jobs = await boss.fetch(queue, { batchSize: 1_000 })).length > 0;) {
      if (sendTo)
        await Promise.all(Array.from({ length: Math.ceil(jobs.length / LargestGroup) }, (_, k) => push(jobs.slice(k * LargestGroup, (k + 1) * LargestGroup).map(job => job.data))));
      await boss.complete(queue, jobs.map(job => job.id));
      done += jobs.length;
    }
  }));
  const worked = seconds(since);
  await boss.deleteQueue(queue);
  await boss.stop({ graceful: false });
  return { queued, worked, done };
}

const answer = await (system === 'graphile' ? graphile() : boss());
console.log(JSON.stringify(answer));
process.exit(answer.done === count ? 0 : 1);
