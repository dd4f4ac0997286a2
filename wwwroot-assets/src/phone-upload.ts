// The phone page: no circuit, so that the camera may put the browser to sleep without losing anything.
import { Page } from './phone/page';
import { pollDelay, sections } from './phone/queue';
import { Runner } from './phone/runner';
import { headersOf } from './phone/sender';
import { QueueStore } from './phone/store';
import type { Entry, Options, PageState } from './phone/types';

const GONE = '链接已失效，请联系您的客户经理重新发送';

function start(root: HTMLElement): void {
  const d = root.dataset;
  const stateUrl = d.stateUrl ?? '';
  const options: Options = { endpoint: new URL(d.endpoint || '/api/uploads', location.href).href, token: d.token ?? '', customer: d.customer ?? '', stateUrl, scope: stateUrl };
  const store = new QueueStore(options.scope);
  const previews = new Map<string, { blob: Blob; url: string }>();
  let state: PageState | null = null;
  let etag = '';
  let quiet = 0;
  let timer = 0;
  let over = false;
  let loading: Promise<void> | null = null;

  const runner = new Runner(options, store, code => state?.items.find(i => i.code === code), settled => {
    draw();
    if (!settled) return;
    const name = state?.items.find(i => i.code === settled.item)?.name ?? settled.name;
    if (settled.phase === 'done' || settled.phase === 'processing') { page.say(`${name}：已送达`); quiet = 0; void load(); }
    if (settled.phase === 'refused') {
      page.say(`${name}：${settled.title ?? '没有上传成功'}`);
      // The link may have been closed, or the item filled by somebody else.
      void load();
    }
  });

  const page = new Page(root, options.customer, {
    choose: (item, files) => {
      void runner.add(item, files).then(kept => page.warning(kept ? null : '这部手机不能暂存文件，上传完成前请不要关闭本页。'));
      page.say(`已选择 ${files.length} 个文件，开始上传`);
    },
    remove: key => void runner.remove(key),
    again: key => void runner.again(key),
    withdraw: (id, name) => void withdraw(id, name),
    preview,
    percent: key => runner.percent(key),
  });
  page.loading();

  /** Thumbnails only of files that are still on this phone. */
  function preview(e: Entry): string | null {
    const kept = previews.get(e.key);
    if (kept && kept.blob === e.blob) return kept.url;
    if (!e.blob || !/^image\/(jpeg|png|webp|gif)$/.test(e.blob.type || e.type)) return kept?.url ?? null;
    if (kept) URL.revokeObjectURL(kept.url);
    const url = URL.createObjectURL(e.blob);
    previews.set(e.key, { blob: e.blob, url });
    return url;
  }

  let due = false;
  function draw(): void {
    if (due || over || !state) return;
    due = true;
    window.setTimeout(() => {
      due = false;
      if (over || !state) return;
      const entries = runner.list();
      for (const [key, p] of Array.from(previews)) if (!entries.some(e => e.key === key)) { URL.revokeObjectURL(p.url); previews.delete(key); }
      page.update(state, entries, navigator.onLine !== false);
    }, 60);
  }

  async function close(text: string, reload = false, forget = true): Promise<void> {
    over = true;
    window.clearTimeout(timer);
    page.closed(text, reload);
    if (forget) await runner.forget();
  }

  function load(): Promise<void> {
    loading = loading ?? loadOnce().finally(() => { loading = null; plan(); });
    return loading;
  }

  async function loadOnce(): Promise<void> {
    if (over) return;
    try {
      const headers: Record<string, string> = { ...headersOf(options), Accept: 'application/json' };
      if (etag) headers['If-None-Match'] = etag;
      const r = await fetch(stateUrl, { headers, cache: 'no-store', credentials: 'same-origin' });
      if (r.status === 304) { quiet++; return; }
      if (r.status === 410 || r.status === 404) { await close(GONE); return; }
      // The staff member's files stay on the phone until somebody signs in again.
      if (r.status === 401 || r.status === 403) { await close(options.token ? GONE : '登录已过期，请重新登录', !options.token, !!options.token); return; }
      if (!r.ok) throw new Error(String(r.status));
      const next = await r.json() as PageState;
      if (next.closed) { await close(next.closed || GONE); return; }
      etag = r.headers.get('ETag') ?? '';
      const before = JSON.stringify(state);
      quiet = before === JSON.stringify(next) ? quiet + 1 : 0;
      if (state && quiet === 0) announce(state, next);
      state = next;
      draw();
    } catch {
      quiet++;
      if (!state) page.unreachable();
    }
  }

  function announce(before: PageState, now: PageState): void {
    for (const i of now.items) {
      const was = before.items.find(x => x.code === i.code);
      if (was && was.state !== i.state && i.state === 'returned') page.say(`${i.name} 被退回：${i.reason ?? ''}`);
      if (was && was.state !== i.state && i.state === 'accepted') page.say(`${i.name} 已通过`);
    }
    if (!sections(now).some(s => s.key === 'missing' || s.key === 'returned')) page.say('需要的资料都已收到');
  }

  function plan(): void {
    window.clearTimeout(timer);
    if (over) return;
    const busy = runner.busy || !!state?.items.some(i => i.documents.some(x => x.state === 'processing'));
    const wait = pollDelay(quiet, busy && quiet < 20, !document.hidden);
    if (wait !== null) timer = window.setTimeout(() => void load(), wait);
  }

  async function withdraw(documentId: string, name: string): Promise<void> {
    if (!window.confirm(`撤回“${name}”？撤回后需要重新上传。`)) return;
    try {
      const r = await fetch(stateUrl.replace(/\/state(\?.*)?$/, '/withdraw'), {
        method: 'POST', credentials: 'same-origin', headers: { ...headersOf(options), 'Content-Type': 'application/json' }, body: JSON.stringify({ documentId }),
      });
      if (!r.ok) {
        const p = await r.json().catch(() => null) as { title?: string } | null;
        page.warning(p?.title ?? '没有撤回成功，请稍后重试');
      } else { page.warning(null); page.say(`已撤回 ${name}`); }
    } catch { page.warning('网络不通，没有撤回'); }
    quiet = 0;
    await load();
  }

  const wake = () => {
    draw();
    if (document.hidden) { window.clearTimeout(timer); return; }
    quiet = 0;
    void load();
  };
  document.addEventListener('visibilitychange', wake);
  window.addEventListener('pageshow', e => { if (e.persisted) wake(); });
  window.addEventListener('online', wake);
  window.addEventListener('offline', draw);

  void load().then(() => { if (!over) return runner.start(); });
}

const root = document.getElementById('upload-root');
if (root) start(root);
