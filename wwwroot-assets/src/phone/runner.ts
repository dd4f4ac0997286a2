// Works the queue: compresses, sends, asks what became of it. Only one tab of a link does so at a time.
import { newKey } from '../lib/ids';
import { pick, refuseLocally, step, type QueueEvent } from './queue';
import { preparePicture } from '../lib/picture';
import { askStatus, send, type Sending } from './sender';
import type { QueueStore } from './store';
import type { Entry, Item, Options } from './types';

export class Runner {
  private entries = new Map<string, Entry>();
  private percents = new Map<string, number>();
  private sendings = new Map<string, Sending>();
  private writing = new Map<string, number>();
  private removed = new Set<string>();
  private following = new Set<string>();
  private preparing: string | null = null;
  private owner = false;
  private stopped = false;
  private timer = 0;
  private channel: BroadcastChannel | null = null;

  constructor(
    private options: Options, private store: QueueStore, private itemOf: (code: string) => Item | undefined,
    private onChange: (settled: Entry | null) => void) {}

  list(): Entry[] { return Array.from(this.entries.values()).sort((a, b) => a.addedAt - b.addedAt); }
  percent(key: string): number { return this.percents.get(key) ?? 0; }
  get busy(): boolean { return this.list().some(e => e.phase === 'processing' || e.phase === 'sending' || e.phase === 'new'); }

  async start(): Promise<void> {
    if (typeof BroadcastChannel === 'function') {
      this.channel = new BroadcastChannel('ccd-phone-' + this.options.scope);
      this.channel.onmessage = () => void this.reread();
    }
    await this.reread();
    this.own();
    const wake = () => { if (!document.hidden) this.wake(true); };
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('pageshow', wake);
  }

  /** The tab that holds the lock sends; the others show what it does and take over when it closes. */
  private own(): void {
    const take = () => {
      this.owner = true;
      // Another tab may have closed in the middle of a file.
      void this.reread().then(() => {
        for (const e of this.list()) if (!this.sendings.has(e.key)) this.change(e, { type: 'interrupted' });
        this.followAll();
        this.pump();
      });
    };
    const locks = (navigator as { locks?: LockManager }).locks;
    if (!locks) { take(); return; } // old WebViews; the client key keeps a double send harmless
    locks.request('ccd-phone-' + this.options.scope, () => { take(); return new Promise<void>(() => {}); }).catch(take);
  }

  private async reread(): Promise<void> {
    const kept = await this.store.all();
    const next = new Map<string, Entry>();
    // What this tab is working on, or has not written yet, is newer than the store.
    const ours = (key: string) => this.sendings.has(key) || this.preparing === key || this.writing.has(key);
    for (const e of this.list()) if (ours(e.key)) next.set(e.key, e);
    for (const e of kept) if (!next.has(e.key) && !this.removed.has(e.key)) next.set(e.key, e);
    this.entries = next;
    this.onChange(null);
    if (this.owner) this.pump();
  }

  async add(item: string, files: readonly File[]): Promise<boolean> {
    let kept = true;
    let at = Date.now();
    for (const f of files) {
      const e: Entry = {
        key: newKey(), clientKey: newKey(), scope: this.options.scope, item, name: f.name || '照片.jpg', type: f.type, size: f.size, blob: f, phase: 'new', uploadUrl: null,
        attempts: 0, notBefore: 0, title: null, code: null, again: false, addedAt: at++,
      };
      const wrong = refuseLocally(undefined, f);
      if (wrong) Object.assign(e, { phase: 'refused', blob: null, ...wrong });
      this.entries.set(e.key, e);
      this.onChange(null);
      kept = await this.save(e) && kept;
    }
    this.tell();
    this.pump();
    return kept;
  }

  async remove(key: string): Promise<void> {
    const e = this.entries.get(key);
    this.sendings.get(key)?.abort();
    this.sendings.delete(key);
    this.removed.add(key);
    this.entries.delete(key);
    await this.store.remove(key);
    this.onChange(null);
    this.tell();
    if (e?.uploadUrl && e.phase !== 'processing' && e.phase !== 'refused') {
      // Best effort: the server forgets unfinished uploads by itself.
      try { await fetch(e.uploadUrl, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0', ...(this.options.token ? { 'X-Upload-Token': this.options.token } : {}) } }); } catch { /* offline */ }
    }
    this.pump();
  }

  async again(key: string): Promise<void> {
    const e = this.entries.get(key);
    if (!e || !e.again || !e.blob) return;
    this.change(e, { type: 'again' });
    this.tell();
    this.wake(true);
  }

  /** Nothing of this link stays on the phone. */
  async forget(): Promise<void> {
    this.stopped = true;
    for (const s of Array.from(this.sendings.values())) s.abort();
    this.sendings.clear();
    await this.store.clear();
    this.entries.clear();
  }

  wake(now: boolean): void {
    if (now) for (const e of this.list()) if (e.phase === 'ready' && e.notBefore > 0) this.entries.set(e.key, { ...e, notBefore: 0 });
    this.pump();
  }

  private async save(e: Entry): Promise<boolean> {
    this.writing.set(e.key, (this.writing.get(e.key) ?? 0) + 1);
    const kept = await this.store.put(e);
    const left = this.writing.get(e.key)! - 1;
    if (left) this.writing.set(e.key, left); else this.writing.delete(e.key);
    // Taken off while it was being written.
    if (this.removed.has(e.key)) await this.store.remove(e.key);
    return kept;
  }

  private tell(): void { this.channel?.postMessage('changed'); }

  private change(e: Entry, event: QueueEvent): Entry {
    const current = this.entries.get(e.key);
    if (!current) return e; // removed meanwhile
    const next = step(current, event);
    if (next === current) return current;
    this.entries.set(next.key, next);
    // What is done is on the server's list; the phone keeps nothing of it.
    if (next.phase === 'done') {
      this.removed.add(next.key);
      this.entries.delete(next.key);
    }
    const saved = next.phase === 'done' ? this.store.remove(next.key) : this.save(next);
    void saved.then(() => this.tell());
    this.onChange(next.phase !== current.phase ? next : null);
    return next;
  }

  private pump(): void {
    if (!this.owner || this.stopped) return;
    window.clearTimeout(this.timer);
    const { prepare, send: ready, wakeAt } = pick(this.list(), Date.now(), navigator.onLine !== false);
    if (prepare && !this.preparing) void this.prepare(prepare);
    for (const e of ready) if (!this.sendings.has(e.key)) void this.sendOne(e);
    if (wakeAt !== null) this.timer = window.setTimeout(() => this.pump(), Math.max(100, wakeAt - Date.now()));
  }

  private async prepare(e: Entry): Promise<void> {
    this.preparing = e.key;
    let out = { blob: e.blob, name: e.name, type: e.type };
    let wrong: { title: string; code: string } | null = null;
    const item = this.itemOf(e.item);
    const picture = /^image\//.test(e.type) || /\.(jpe?g|png|webp|hei[cf]|bmp|gif)$/i.test(e.name);
    if (e.blob && picture) {
      try { out = await preparePicture(e.blob, e.name, item?.formats ?? ['jpg', 'png', 'webp']); }
      catch { wrong = { title: '这张照片（HEIC）在本机无法转换，请改存为 JPG 再传', code: 'local.heic' }; }
    }
    const size = out.blob?.size ?? 0;
    wrong = wrong ?? refuseLocally(item, { size, type: out.type, name: out.name });
    this.preparing = null;
    if (wrong) this.change(e, { type: 'failed', status: 400, method: 'POST', refusal: { ...wrong, status: 400 }, now: Date.now() });
    else this.change(e, { type: 'prepared', blob: out.blob, name: out.name, mime: out.type, size });
    this.pump();
  }

  private async sendOne(first: Entry): Promise<void> {
    const e = this.change(first, { type: 'started' });
    // Holds the place while the server is asked what it has.
    this.sendings.set(e.key, { done: new Promise(() => {}), abort: () => {} });
    let fresh = e;
    if (e.uploadUrl) {
      const known = await askStatus(this.options, e.uploadUrl);
      if (!this.entries.has(e.key)) { this.sendings.delete(e.key); return; }
      if (known === null) fresh = { ...e, uploadUrl: null };
      else if (known && known.state !== 'receiving') {
        this.sendings.delete(e.key);
        if (known.state === 'received') { this.change(e, { type: 'arrived', state: 'received' }); void this.follow(e); }
        else this.change(e, { type: 'decided', state: known.state, refusal: known.refusal });
        this.pump();
        return;
      }
    }
    const sending = send(fresh, this.options,
      url => this.change(e, { type: 'url', url }),
      p => { if (this.percents.get(e.key) !== p) { this.percents.set(e.key, p); this.onChange(null); } });
    this.sendings.set(e.key, sending);
    const result = await sending.done;
    this.sendings.delete(e.key);
    this.percents.delete(e.key);
    if (result.kind === 'arrived') {
      this.change(e, { type: 'arrived', state: result.state });
      if (result.state === 'received') void this.follow(e);
    } else if (result.kind === 'lost') {
      this.change(e, { type: 'lost', clientKey: newKey(), now: Date.now() });
    } else {
      this.change(e, { type: 'failed', status: result.status, method: result.method, refusal: result.refusal, now: Date.now() });
    }
    this.pump();
  }

  /** The bytes are there; the server says later whether it kept them. */
  private async follow(e: Entry): Promise<void> {
    if (this.following.has(e.key)) return;
    this.following.add(e.key);
    try { await this.followUntilDecided(e); } finally { this.following.delete(e.key); }
  }

  private async followUntilDecided(e: Entry): Promise<void> {
    for (let round = 0; round < 60; round++) {
      await new Promise(r => window.setTimeout(r, Math.min(8_000, 700 + round * 500)));
      const current = this.entries.get(e.key);
      if (this.stopped || !current || current.phase !== 'processing' || !current.uploadUrl) return;
      const known = await askStatus(this.options, current.uploadUrl);
      if (known === null) { this.change(current, { type: 'decided', state: 'stored' }); return; }
      if (known && (known.state === 'stored' || known.state === 'refused')) {
        this.change(current, { type: 'decided', state: known.state, refusal: known.refusal });
        return;
      }
    }
  }

  /** Files that were being looked at when the page was closed. */
  private followAll(): void {
    for (const e of this.list()) if (e.phase === 'processing') void this.follow(e);
  }
}
