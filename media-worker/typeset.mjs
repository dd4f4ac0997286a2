import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BadRequest } from './refusal.mjs';

const TEMPLATES = join(dirname(fileURLToPath(import.meta.url)), 'templates');
const FONTS = dirname(createRequire(import.meta.url).resolve('@expo-google-fonts/noto-sans-sc/package.json'));
const WEIGHTS = ['400Regular', '700Bold'];

let compiler; // made at the first use: a child that only sees pictures never loads the fonts

/** A PDF. The data goes in as one JSON string through sys.inputs, so nothing in it is ever read as markup. */
export async function typeset(template, data) {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(template ?? '')) throw new BadRequest('no such template');
  const file = join(TEMPLATES, `${template}.typ`);
  await access(file).catch(() => { throw new BadRequest('no such template'); });
  compiler ??= await makeCompiler();
  try {
    return compiler.pdf({ mainFilePath: file, inputs: { data: JSON.stringify(data) } });
  } catch (error) {
    throw new BadRequest(`the template ${template} failed: ${firstDiagnostic(error)}`);
  } finally {
    compiler.evictCache(5);
  }
}

async function makeCompiler() {
  const { NodeCompiler } = await import('@myriaddreamin/typst-ts-node-compiler');
  return NodeCompiler.create({ workspace: TEMPLATES, fontArgs: [{ fontPaths: WEIGHTS.map(weight => join(FONTS, weight)) }] });
}

/** The first line only, without source excerpts: data must not reach a log. */
function firstDiagnostic(error) {
  return String(error?.message ?? error).split('\n', 1)[0].slice(0, 120);
}
