// PDFs in the page by pdf.js. Each page is drawn when it comes near the eye and given back when it is far away.
import type { PDFDocumentProxy, PDFPageProxy, RenderTask } from 'pdfjs-dist';
import { frame, whyNot } from './bar';

const MIN = 0.25;
const MAX = 4;
/** Old graphics memory and iOS refuse larger canvases. */
const MAX_PIXELS = 16_000_000;

interface Sheet { box: HTMLElement; page: PDFPageProxy | null; width: number; height: number; task: RenderTask | null; drawn: number }

export function showPdf(element: HTMLElement, url: string, name: string): { dispose(): void } {
  const f = frame(element, name, 'pdf');
  const sheets: Sheet[] = [];
  let doc: PDFDocumentProxy | null = null;
  let zoom = 1;
  let fitWidth = true;
  let gone = false;
  let current = 1;
  let destroy: (() => Promise<void>) | null = null;

  const place = document.createElement('span');
  place.className = 'viewer-zoom';
  f.button('‹', '上一页', () => go(current - 1));
  f.bar.append(place);
  f.button('›', '下一页', () => go(current + 1));
  f.button('－', '缩小（-）', () => setZoom(zoom / 1.25));
  f.bar.append(f.zoomText);
  f.button('＋', '放大（+）', () => setZoom(zoom * 1.25));
  f.button('适合', '适合宽度（0）', () => { fitWidth = true; layout(); });

  function go(n: number): void {
    const sheet = sheets[Math.min(sheets.length, Math.max(1, n)) - 1];
    if (sheet) f.stage.scrollTop = sheet.box.offsetTop - 8;
  }

  function setZoom(next: number): void {
    fitWidth = false;
    zoom = Math.min(MAX, Math.max(MIN, next));
    layout();
  }

  function layout(): void {
    if (!sheets.length) return;
    const widest = Math.max(...sheets.map(s => s.width));
    if (fitWidth) zoom = Math.min(2, Math.max(MIN, (f.stage.clientWidth - 28) / widest));
    const at = sheets[current - 1];
    const within = at && at.box.offsetHeight ? (f.stage.scrollTop - at.box.offsetTop) / at.box.offsetHeight : 0;
    for (const s of sheets) {
      s.box.style.width = `${Math.floor(s.width * zoom)}px`;
      s.box.style.height = `${Math.floor(s.height * zoom)}px`;
    }
    // The same place of the same page stays under the eye.
    if (at && within) f.stage.scrollTop = at.box.offsetTop + within * at.box.offsetHeight;
    f.zoomText.textContent = `${Math.round(zoom * 100)}%`;
    for (const i of near) void draw(i);
  }

  const near = new Set<number>();
  const eye = new IntersectionObserver(entries => {
    for (const e of entries) {
      const i = Number((e.target as HTMLElement).dataset.index);
      if (e.isIntersecting) { near.add(i); void draw(i); } else { near.delete(i); drop(i); }
    }
  }, { root: f.stage, rootMargin: '600px 0px' });

  function drop(i: number): void {
    const s = sheets[i];
    if (!s) return;
    s.task?.cancel();
    s.task = null;
    s.drawn = 0;
    for (const c of s.box.querySelectorAll('canvas')) { c.width = c.height = 0; c.remove(); }
  }

  async function draw(i: number): Promise<void> {
    const s = sheets[i];
    if (!s || !doc || s.drawn === zoom) return;
    const wanted = zoom;
    s.drawn = wanted;
    s.task?.cancel();
    try {
      if (!s.page) {
        s.page = await doc.getPage(i + 1);
        const v = s.page.getViewport({ scale: 96 / 72 });
        if (Math.abs(v.width - s.width) > 1 || Math.abs(v.height - s.height) > 1) { s.width = v.width; s.height = v.height; layout(); }
      }
      if (gone || s.drawn !== wanted || !near.has(i)) return;
      let density = Math.min(window.devicePixelRatio || 1, 2);
      const pixels = s.width * s.height * wanted * wanted;
      if (pixels * density * density > MAX_PIXELS) density = Math.sqrt(MAX_PIXELS / pixels);
      const viewport = s.page.getViewport({ scale: (96 / 72) * wanted * density });
      const canvas = document.createElement('canvas');
      canvas.width = Math.floor(viewport.width);
      canvas.height = Math.floor(viewport.height);
      canvas.setAttribute('aria-label', `第 ${i + 1} 页`);
      canvas.setAttribute('role', 'img');
      s.task = s.page.render({ canvas, viewport });
      await s.task.promise;
      s.task = null;
      if (gone || s.drawn !== wanted) return;
      s.box.replaceChildren(canvas);
    } catch (e) {
      if ((e as Error).name !== 'RenderingCancelledException' && !gone) s.box.textContent = '这一页显示不出来';
    }
  }

  const watchPlace = () => {
    const middle = f.stage.scrollTop + f.stage.clientHeight / 3;
    let n = 1;
    for (let i = 0; i < sheets.length; i++) if (sheets[i]!.box.offsetTop <= middle) n = i + 1;
    current = n;
    place.textContent = `${n} / ${sheets.length}`;
  };
  f.stage.addEventListener('scroll', watchPlace, { passive: true });
  f.stage.addEventListener('wheel', e => {
    if (!e.ctrlKey) return; // also what a pinch on a touchpad sends
    e.preventDefault();
    setZoom(zoom * Math.exp(-e.deltaY * 0.004));
  }, { passive: false });
  f.root.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const act: Record<string, () => void> = {
      '+': () => setZoom(zoom * 1.25), '=': () => setZoom(zoom * 1.25), '-': () => setZoom(zoom / 1.25), '0': () => { fitWidth = true; layout(); },
    };
    const does = act[e.key];
    if (does) { e.preventDefault(); e.stopPropagation(); does(); }
  });
  let lastWidth = 0;
  const resize = new ResizeObserver(() => {
    // Only the width matters, and the scroll bar that layout itself brings must not start it again.
    const w = f.stage.offsetWidth;
    if (fitWidth && Math.abs(w - lastWidth) > 1) { lastWidth = w; layout(); }
  });
  resize.observe(f.stage);

  async function open(): Promise<void> {
    f.say('正在打开…');
    // The legacy build carries what browsers of the last years lack.
    const pdfjs = await import('pdfjs-dist/legacy/build/pdf.mjs') as typeof import('pdfjs-dist');
    const base = new URL('./pdfjs/', rootUrl()).href;
    pdfjs.GlobalWorkerOptions.workerSrc = `${base}pdf.worker.js`;
    const loading = pdfjs.getDocument({
      url, withCredentials: true, isEvalSupported: false, enableXfa: false, stopAtErrors: false, useSystemFonts: false, httpHeaders: { 'X-Requested-With': 'ccd' },
      cMapUrl: `${base}cmaps/`, cMapPacked: true, standardFontDataUrl: `${base}standard_fonts/`, wasmUrl: `${base}wasm/`, iccUrl: `${base}iccs/`,
    });
    destroy = () => loading.destroy();
    doc = await loading.promise;
    if (gone) return;
    const first = await doc.getPage(1);
    const v = first.getViewport({ scale: 96 / 72 });
    for (let i = 0; i < doc.numPages; i++) {
      const box = document.createElement('div');
      box.className = 'viewer-page';
      box.dataset.index = String(i);
      sheets.push({ box, page: i === 0 ? first : null, width: v.width, height: v.height, task: null, drawn: 0 });
    }
    f.stage.append(...sheets.map(s => s.box));
    f.say(null);
    layout();
    watchPlace();
    for (const s of sheets) eye.observe(s.box);
  }

  open().catch(async (e: Error) => {
    if (gone) return;
    f.say(e.name === 'PasswordException' ? '这份 PDF 有密码，无法在页面里打开'
      : e.name === 'InvalidPDFException' ? '这份 PDF 已损坏，打不开' : await whyNot(url), true);
  });

  return {
    dispose() {
      gone = true;
      eye.disconnect();
      resize.disconnect();
      sheets.forEach((_, i) => drop(i));
      void destroy?.();
      element.replaceChildren();
    },
  };
}

/** Where viewer.js lies; this code may stand in a chunk one folder deeper. */
function rootUrl(): string {
  return import.meta.url.replace(/chunks\/[^/]*$/, '');
}
