// One job at a time, in a process that may be killed at any moment by the pool.
import { readHeader } from './content.mjs';
import { BadRequest, Refused } from './refusal.mjs';

// Libraries warn about odd input with its content; nothing of it belongs in a log.
console.warn = () => {};
console.error = () => {};
process.on('disconnect', () => process.exit(0));

// The libraries are loaded by the first job that needs them: a child for PDFs never pays for libvips.
const operations = {
  probe: async ({ path }) => facts(path, await readHeader(path)),
  async prepare({ path, workFolder }) {
    const header = await readHeader(path);
    const found = await facts(path, header);
    if (header.width === undefined) return { facts: found, thumbnail: null, preview: null };
    const { makeRenditions } = await import('./picture.mjs');
    return { facts: found, ...await makeRenditions(path, workFolder) };
  },
  async typeset({ template, data }) {
    const { typeset } = await import('./typeset.mjs');
    return typeset(template, data);
  },
};

async function facts(path, header) {
  if (header.kind === 'pdf') {
    const { pdfPages } = await import('./pdf.mjs');
    return { kind: 'pdf', width: null, height: null, pages: await pdfPages(path), orientation: 1 };
  }
  if (header.kind === 'zip') {
    const { officeKind } = await import('./office.mjs');
    return { kind: await officeKind(path, header.size), width: null, height: null, pages: null, orientation: 1 };
  }
  const { pictureFacts } = await import('./picture.mjs');
  return pictureFacts(path, header);
}

process.on('message', async ({ operation, input }) => {
  let answer;
  try {
    answer = { result: await operations[operation](input) };
  } catch (error) {
    if (error instanceof Refused) answer = { refusal: error.code };
    else if (error instanceof BadRequest) answer = { badRequest: error.message };
    else answer = { failed: `${error.name} ${error.code ?? ''}`.trim() };
  }
  process.send(answer);
});
