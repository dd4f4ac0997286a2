// Node 20 reads no TypeScript: each test file is bundled into a temporary folder and run from there.
import { build } from 'esbuild';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = await mkdtemp(join(tmpdir(), 'ccd-assets-test-'));
const entryPoints = (await readdir(here)).filter(f => f.endsWith('.test.ts')).map(f => join(here, f));
await build({ entryPoints, outdir: out, bundle: true, platform: 'node', format: 'esm', outExtension: { '.js': '.mjs' }, logLevel: 'warning' });
const files = (await readdir(out)).map(f => join(out, f));
const code = await new Promise(resolve => spawn(process.execPath, ['--test', '--test-reporter=spec', ...files], { stdio: 'inherit' }).on('exit', resolve));
await rm(out, { recursive: true, force: true });
process.exit(code ?? 1);
