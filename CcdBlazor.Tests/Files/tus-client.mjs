// Uploads one file with the real tus-js-client, as the pages do. One JSON line per event on stdout.
// usage: node tus-client.mjs <assets folder> <endpoint> <file> <metadata as JSON> <retries> [upload address]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [assets, endpoint, file, metadata, retries, uploadUrl] = process.argv.slice(2);
const { Upload } = createRequire(join(assets, 'package.json'))('tus-js-client');
const say = event => console.log(JSON.stringify(event));
const headersOf = response => ({ state: response?.getHeader('Upload-State'), document: response?.getHeader('Upload-Document') });

const upload = new Upload(readFileSync(file), {
  endpoint,
  uploadUrl: uploadUrl ?? null,
  metadata: JSON.parse(metadata),
  retryDelays: Array(Number(retries)).fill(50),
  onUploadUrlAvailable: () => say({ event: 'url', url: upload.url }),
  onError: error => say({ event: 'error', status: error.originalResponse?.getStatus() ?? 0 }),
  onSuccess: ({ lastResponse }) => say({ event: 'success', url: upload.url, ...headersOf(lastResponse) }),
});
upload.start();
