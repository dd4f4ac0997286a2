// One round of a peer: queues so many jobs that do nothing, then works them off, each with the settings that its authors recommend for throughput.
// Prints one line of JSON: seconds for queueing, seconds for the work, jobs done. Usage: node peers.mjs graphile|boss COUNT; the connection is in CCD_BENCH_PEER.
const [, , system, given] = process.argv;
const count = Number(given);
const connectionString = process.env.CCD_BENCH_PEER;
const seconds = since => Number(process.hrtime.bigint() - since) / 1e9;

async function graphile() {
  const { makeWorkerUtils, run, Logger } = await import('graphile-worker');
  const logger = new Logger(() => () => {});
  // Local queue and batched completion: its documentation's settings for high throughput.
  const preset = { worker: { connectionString, logger, concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } };
  const utils = await makeWorkerUtils({ preset });
  await utils.migrate();
  await utils.withPgClient(client => client.query('truncate graphile_worker._private_jobs'));
  let since = process.hrtime.bigint();
  for (let i = 0; i < count; i += 10_000)
    await utils.addJobs(Array.from({ length: Math.min(10_000, count - i) }, (_, k) => ({ identifier: 'send', payload: { to: `device-${i + k}`, name: `客户${i + k}` } })));
  const queued = seconds(since);
  await utils.release();
  let done = 0;
  let finished;
  const all = new Promise(resolve => { finished = resolve; });
  since = process.hrtime.bigint();
  const runner = await run({ preset, taskList: { send: () => { if (++done === count) finished(); } } });
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
    await boss.insert(queue, Array.from({ length: Math.min(1_000, count - i) }, (_, k) => ({ data: { to: `device-${i + k}`, name: `客户${i + k}` } })));
  const queued = seconds(since);
  let done = 0;
  since = process.hrtime.bigint();
  // Four workers, a thousand at a time: the fastest of its ways here.
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (let jobs; (jobs = await boss.fetch(queue, { batchSize: 1_000 })).length > 0;) {
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
