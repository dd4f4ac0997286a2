// Builds what the browser loads into CcdBlazor/wwwroot/dist. `--watch` rebuilds on change, with source maps.
import { build, context, transform } from 'esbuild';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../CcdBlazor/wwwroot/dist');
const watch = process.argv.includes('--watch');
// Staff use current desktop browsers; the sheet and modules need nothing newer than this.
const modern = ['chrome100', 'edge100', 'firefox100', 'safari15.4'];
// WeChat's built-in browser on old phones.
const phone = 'es2018';

const common = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  minify: !watch,
  sourcemap: watch ? 'linked' : false,
  legalComments: 'none',
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': watch ? '"development"' : '"production"' },
};

/** dark.css holds declarations only; they are wanted twice: when the system is dark, and when the user chose dark. */
async function themeWithDark() {
  const dark = await readFile(join(here, 'src/css/dark.css'), 'utf8');
  const both = `@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { ${dark} } }\n:root[data-theme=dark] { ${dark} }\n`;
  return (await transform(both, { loader: 'css', minify: !watch, target: modern })).code;
}

const darkPlugin = {
  name: 'dark',
  setup(b) {
    b.onResolve({ filter: /^virtual:dark$/ }, () => ({ path: 'dark', namespace: 'dark' }));
    b.onLoad({ filter: /.*/, namespace: 'dark' }, async () => ({
      contents: await themeWithDark(), loader: 'css', watchFiles: [join(here, 'src/css/dark.css')],
    }));
  },
};

const scripts = (entryPoints, target) => ({
  ...common, entryPoints: entryPoints.filter(e => existsSync(join(here, e))), target, format: 'esm', splitting: true,
  chunkNames: 'chunks/[name]-[hash]', entryNames: '[name]', charset: 'utf8',
});

const jobs = [
  { ...common, entryPoints: [{ in: 'src/theme-boot.ts', out: 'theme' }], target: modern, format: 'iife' },
  { ...common, entryPoints: ['src/css/theme.css'], target: modern, plugins: [darkPlugin], entryNames: '[name]', charset: 'utf8' },
  scripts(['src/app.ts', 'src/uploader.ts', 'src/viewer.ts', 'src/uploader.css'], modern),
  scripts(['src/phone-upload.ts', 'src/phone-upload.css'], phone),
].filter(j => j.entryPoints.length);

/** pdf.js loads these by address at run time; the worker gets a .js name because servers do not all know .mjs. */
async function copyPdfParts() {
  const from = join(here, 'node_modules/pdfjs-dist');
  const to = join(out, 'pdfjs');
  await mkdir(to, { recursive: true });
  await Promise.all([
    ...['cmaps', 'standard_fonts', 'wasm', 'iccs'].map(d => cp(join(from, d), join(to, d), { recursive: true })),
    cp(join(from, 'legacy/build/pdf.worker.min.mjs'), join(to, 'pdf.worker.js')),
  ]);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await copyPdfParts();
if (watch) {
  for (const job of jobs) await (await context(job)).watch();
} else {
  const results = await Promise.all(jobs.map(job => build({ ...job, metafile: true })));
  const files = results.flatMap(r => Object.entries(r.metafile.outputs)).map(([path, o]) => [path.replace(/^.*\/dist\//, ''), o.bytes]);
  for (const [path, bytes] of files.sort()) if (!path.startsWith('chunks/')) console.log(`${path}  ${(bytes / 1024).toFixed(1)} KB`);
  // A stamp that a build script can compare with the sources to know whether a build is due.
  await writeFile(join(out, '.built'), new Date().toISOString());
}
