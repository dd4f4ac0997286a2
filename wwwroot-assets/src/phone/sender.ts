// One upload by tus. Errors come back as values; the queue decides what they mean.
import { Upload } from 'tus-js-client';
import { defaultTitle, readTusError, type Refusal } from '../lib/refusal';
import type { Entry, Options } from './types';

export type SendResult =
  | { kind: 'arrived'; state: 'stored' | 'received' }
  | { kind: 'failed'; status: number; method: string; refusal: Refusal }
  | { kind: 'lost' };

export interface UploadStatus {
  state: 'receiving' | 'received' | 'stored' | 'refused'; documentId?: string | null; refusal?: { code: string; text: string } | null;
}

export function headersOf(o: Options): Record<string, string> {
  const h: Record<string, string> = { 'X-Requested-With': 'ccd' };
  if (o.token) h['X-Upload-Token'] = o.token;
  return h;
}

/** What became of an upload; null when the server does not know it, undefined when it could not be asked. */
export async function askStatus(o: Options, uploadUrl: string): Promise<UploadStatus | null | undefined> {
  try {
    const r = await fetch(uploadUrl, { headers: { ...headersOf(o), Accept: 'application/json' }, cache: 'no-store', credentials: 'same-origin' });
    if (r.status === 404 || r.status === 410) return null;
    return r.ok ? await r.json() as UploadStatus : undefined;
  } catch { return undefined; }
}

export interface Sending { done: Promise<SendResult>; abort(): void }

export function send(e: Entry, o: Options, onUrl: (url: string) => void, onProgress: (percent: number) => void): Sending {
  let upload: Upload | null = null;
  let conflicts = 0;
  let finish: (r: SendResult) => void = () => {};
  const done = new Promise<SendResult>(resolve => { finish = resolve; });
  if (!e.blob) {
    finish({ kind: 'failed', status: 410, method: 'POST', refusal: { title: '本机已没有这个文件，请重新选择', code: 'local.gone', status: 410 } });
    return { done, abort: () => {} };
  }
  const metadata: Record<string, string> = { item: e.item, clientKey: e.clientKey, filename: e.name, filetype: e.type || 'application/octet-stream' };
  if (o.customer) metadata.customer = o.customer;
  upload = new Upload(e.blob, {
    endpoint: o.endpoint,
    uploadUrl: e.uploadUrl,
    headers: headersOf(o),
    metadata,
    // Small steps: a step that arrived is progress kept, whatever happens to the rest.
    chunkSize: 2 * 1024 * 1024,
    storeFingerprintForResuming: false,
    // The queue does the waiting; here only the quick ones: an offset that moved on, a request cut in the middle.
    retryDelays: [300, 1000, 2000],
    onShouldRetry: err => {
      const { status } = readTusError(err);
      return (status === 409 || status === 423) && ++conflicts <= 3;
    },
    onUploadUrlAvailable: () => { if (upload?.url) onUrl(upload.url); },
    onProgress: (sent, total) => onProgress(total ? Math.min(99, Math.floor(sent / total * 100)) : 0),
    onSuccess: ({ lastResponse }) => {
      const said = lastResponse?.getHeader('Upload-State');
      finish({ kind: 'arrived', state: said === 'stored' ? 'stored' : 'received' });
    },
    onError: err => {
      const { status, method, refusal } = readTusError(err);
      // An upload that expired or was refused: ask which, on the next round.
      if ((status === 404 || status === 410) && method !== 'POST') finish({ kind: 'lost' });
      else finish({ kind: 'failed', status, method, refusal: refusal.title ? refusal : { title: defaultTitle(status), code: '', status } });
    },
  });
  upload.start();
  return { done, abort: () => { void upload?.abort(); finish({ kind: 'failed', status: 0, method: 'PATCH', refusal: { title: '', code: '', status: 0 } }); } };
}
