// The rules of the queue, without browser or network: tested in test/queue.test.ts.
import { endsUpload, mayRetry, type Refusal } from '../lib/refusal';
import { sizeText } from '../lib/text';
import type { DocumentRow, Entry, Item, PageState } from './types';

export const PARALLEL = 2;
const DELAYS = [1, 2, 5, 10, 20, 30, 60];
export const KEEP_MS = 14 * 24 * 3600 * 1000;

export type QueueEvent =
  | { type: 'prepared'; blob: Blob | null; name: string; mime: string; size: number }
  | { type: 'started' }
  | { type: 'url'; url: string }
  | { type: 'arrived'; state: 'stored' | 'received' }
  | { type: 'failed'; status: number; method: string; refusal: Refusal; now: number }
  | { type: 'lost'; clientKey: string; now: number }
  | { type: 'decided'; state: 'stored' | 'refused'; refusal?: { code: string; text: string } | null }
  | { type: 'again' }
  | { type: 'interrupted' };

export function step(e: Entry, event: QueueEvent): Entry {
  switch (event.type) {
    case 'prepared': return { ...e, phase: 'ready', blob: event.blob, name: event.name, type: event.mime, size: event.size };
    case 'started': return { ...e, phase: 'sending', title: null, code: null };
    case 'url': return { ...e, uploadUrl: event.url };
    case 'arrived': return { ...e, phase: event.state === 'stored' ? 'done' : 'processing', blob: event.state === 'stored' ? null : e.blob, attempts: 0, title: null, code: null };
    case 'failed':
      if (mayRetry(event.status, event.method)) {
        const attempts = e.attempts + 1;
        return { ...e, phase: 'ready', attempts, notBefore: event.now + retryDelay(attempts), title: event.status === 0 ? null : event.refusal.title, code: event.refusal.code };
      }
      return {
        ...e, phase: 'refused', title: event.refusal.title, code: event.refusal.code, again: !endsUpload(event.status),
        uploadUrl: endsUpload(event.status) ? null : e.uploadUrl,
      };
    // The server gave the upload up (expired): nothing of it was stored, so the same bytes start again under a new key.
    case 'lost': return { ...e, phase: 'ready', uploadUrl: null, clientKey: event.clientKey, attempts: e.attempts + 1, notBefore: event.now + retryDelay(e.attempts + 1) };
    case 'decided':
      return event.state === 'stored'
        ? { ...e, phase: 'done', blob: null, title: null, code: null }
        : { ...e, phase: 'refused', blob: null, again: false, title: event.refusal?.text ?? '文件没有通过检查，请重新选择', code: event.refusal?.code ?? null };
    case 'again': return { ...e, phase: 'ready', attempts: 0, notBefore: 0, title: null, code: null, again: false };
    // A page that was closed while sending: what was sent is on the server, HEAD tells how much.
    case 'interrupted': return e.phase === 'sending' ? { ...e, phase: 'ready', notBefore: 0 } : e;
  }
}

export function retryDelay(attempts: number): number {
  return DELAYS[Math.min(Math.max(attempts, 1), DELAYS.length) - 1]! * 1000;
}

/** What to do next, oldest first: compress one at a time (memory of old phones), send a few side by side. */
export function pick(entries: readonly Entry[], now: number, online: boolean): { prepare: Entry | null; send: Entry[]; wakeAt: number | null } {
  const byAge = [...entries].sort((a, b) => a.addedAt - b.addedAt);
  const prepare = byAge.find(e => e.phase === 'new') ?? null;
  const free = PARALLEL - byAge.filter(e => e.phase === 'sending').length;
  const ready = byAge.filter(e => e.phase === 'ready');
  const send = online && free > 0 ? ready.filter(e => e.notBefore <= now).slice(0, free) : [];
  const later = online ? ready.filter(e => e.notBefore > now).map(e => e.notBefore) : [];
  return { prepare, send, wakeAt: later.length ? Math.min(...later) : null };
}

/** What is known to be wrong before a byte is sent; null when nothing is. `size` is that after compression. */
export function refuseLocally(item: Item | undefined, file: { size: number; type: string; name: string }): { title: string; code: string } | null {
  if (file.size === 0) return { title: '这个文件是空的，请重新选择', code: 'local.empty' };
  if (!item) return null;
  if (item.maxBytes > 0 && file.size > item.maxBytes) return { title: `文件超过 ${sizeText(item.maxBytes)}，请缩小后再传`, code: 'local.too_large' };
  return null;
}

/** How many more files this item takes, files on their way counted. */
export function roomLeft(item: Item, entries: readonly Entry[]): number {
  const there = item.documents.filter(d => d.state === 'processing' || d.state === 'uploaded' || d.state === 'accepted').length;
  const coming = entries.filter(e => e.item === item.code && (e.phase === 'new' || e.phase === 'ready' || e.phase === 'sending')).length;
  return Math.max(0, item.maxFiles - there - coming);
}

export function statusText(e: Entry, online: boolean, percent: number): string {
  switch (e.phase) {
    case 'new': return '正在准备…';
    case 'ready':
      if (!online || (e.attempts > 0 && !e.title)) return '等待网络';
      return e.title ? `${e.title}，稍后自动重试` : '排队中';
    case 'sending': return `上传中 ${percent}%`;
    case 'processing': return '已送达，正在检查';
    case 'done': return '已送达';
    case 'refused': return e.title ?? '没有上传成功';
  }
}

export interface Section { key: 'missing' | 'returned' | 'optional' | 'arrived' | 'off'; title: string; items: Item[] }

/** Missing first, then returned, then what may be added, then what has arrived. */
export function sections(state: PageState): Section[] {
  const of = (f: (i: Item) => boolean) => state.items.filter(f);
  const open = (i: Item) => i.state === 'missing' || i.state === 'partial';
  // An open item of a one-of group says that nothing of the group has arrived: once something has, the server answers not_needed.
  const needed = (i: Item) => open(i) && (i.required || i.group !== null);
  const all: Section[] = [
    { key: 'missing', title: '还缺的资料', items: of(needed) },
    { key: 'returned', title: '被退回，请重新提交', items: of(i => i.state === 'returned') },
    { key: 'optional', title: '可以补充的资料', items: of(i => open(i) && !needed(i)) },
    { key: 'arrived', title: '已收到的资料', items: of(i => i.state === 'uploaded' || i.state === 'accepted') },
    { key: 'off', title: '不需要提交', items: of(i => i.state === 'not_needed') },
  ];
  return all.filter(s => s.items.length > 0);
}

/** What is missing, in words: a one-of group counts once. */
export function missingNames(items: readonly Item[]): string[] {
  const groups = new Map<string, string[]>();
  const names: string[][] = [];
  for (const i of items) {
    const known = i.group ? groups.get(i.group) : undefined;
    if (known) { known.push(i.name); continue; }
    const line = [i.name];
    names.push(line);
    if (i.group) groups.set(i.group, line);
  }
  return names.map(n => n.join('或'));
}

/** How long until the next look at the server, in ms; null while nobody looks at the page. */
export function pollDelay(quietRounds: number, busy: boolean, visible: boolean): number | null {
  if (!visible) return null;
  if (busy) return 3_000;
  return Math.min(15_000, 3_000 + quietRounds * 2_000);
}

/** The server lists an upload that it looks at or refused under the upload's own id; the line of this phone already shows it. */
export function isUploadOf(e: Entry, d: DocumentRow): boolean {
  return !!e.uploadUrl && plain(e.uploadUrl).indexOf(plain(d.id)) >= 0;
}

const plain = (id: string): string => id.replace(/-/g, '').toLowerCase();
