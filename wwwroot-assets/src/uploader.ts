// Desktop uploads: Uppy's dashboard in the page, tus outside the circuit.
import Dashboard from '@uppy/dashboard';
import ImageEditor from '@uppy/image-editor';
import ScreenCapture from '@uppy/screen-capture';
import Webcam from '@uppy/webcam';
import { sizeText, stamp } from './lib/text';
import { kindsOf } from './uploader/formats';
import { Session } from './uploader/session';
import type { DotNetReference, FileMeta, NoBody, UploadItem, UploaderOptions } from './uploader/types';

const sessions = new Map<string, Session>();
// One board per session: Uppy knows each plugin once.
const boards = new Map<string, Uploader>();
/** Papers are pictures: no sound is asked for, and the screen comes in its own size (Uppy's 1280 x 720 makes a statement unreadable). */
class Screenshots extends ScreenCapture<FileMeta, NoBody> {
  override selectAudioStreamSource(): Promise<false> { return Promise.resolve(false); }
}

const PLUGINS = ['Webcam', 'ScreenCapture', 'ImageEditor', 'Dashboard'];

export interface Uploader { setItem(code: string): void; setItems(items: UploadItem[]): void; addFiles(files: FileList | File[]): void; dispose(): void }

function sheet(): void {
  const href = new URL('./uploader.css', import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = href;
  document.head.append(link);
}

export function mount(element: HTMLElement, options: UploaderOptions, dotnet?: DotNetReference | null): Uploader {
  sheet();
  boards.get(options.customerId)?.dispose();
  let session = sessions.get(options.customerId);
  if (session) {
    session.selected = options.selected;
    session.setItems(options.items);
  } else {
    session = new Session(options);
    sessions.set(options.customerId, session);
  }
  const s = session;
  const uppy = s.uppy;

  element.classList.add('uploader');
  const target = document.createElement('div');
  target.className = 'sr-only';
  target.setAttribute('aria-live', 'polite');
  const board = document.createElement('div');
  const errors = document.createElement('ul');
  errors.className = 'uploader-errors';
  errors.setAttribute('aria-label', '没有上传成功的文件');
  element.replaceChildren(target, board, errors);

  uppy.use(Dashboard, {
    target: board, inline: true, width: '100%', height: 380, proudlyDisplayPoweredByUppy: false, showRemoveButtonAfterComplete: false,
    theme: themeNow(), hidePauseResumeButton: false, thumbnailWidth: 200, autoOpen: null, singleFileFullScreen: false,
  });
  // The browser turns a photo by its EXIF itself; the editor's own way would fetch it from a blob: address, which the page forbids.
  uppy.use(ImageEditor, { quality: 0.95, cropperOptions: { checkOrientation: false } as never, actions: { revert: true, rotate: true, granularRotate: true, flip: true, zoomIn: true, zoomOut: true, cropSquare: true, cropWidescreen: false, cropWidescreenVertical: false } });
  // Both need a secure origin; elsewhere the buttons would only fail.
  if (navigator.mediaDevices) {
    uppy.use(Webcam, { modes: ['picture'], mirror: false, showVideoSourceDropdown: true, preferredImageMimeType: 'image/jpeg' });
    if ('getDisplayMedia' in navigator.mediaDevices) uppy.use(Screenshots, { displayMediaConstraints: { video: { frameRate: { ideal: 3, max: 5 } } }, preferredImageMimeType: 'image/png' } as never);
  }

  const themes = new MutationObserver(() => uppy.getPlugin('Dashboard')?.setOptions({ theme: themeNow() }));
  themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });

  const describe = () => {
    const item = s.item;
    target.textContent = item ? `上传到：${item.name}` : '请先选择要上传的资料项';
    uppy.getPlugin('Dashboard')?.setOptions({ note: item ? noteOf(item) : null });
  };
  const drawErrors = () => {
    errors.replaceChildren(...[...s.troubles.values()].map(t => {
      const line = document.createElement('li');
      const part = (tag: string, className: string, text: string) => {
        const e = document.createElement(tag);
        e.className = className;
        e.textContent = text;
        line.append(e);
        return e;
      };
      part('span', 'name', t.name);
      part('span', 'why', t.title);
      if (t.code) part('span', 'code', t.code);
      if (s.canRetry(t.id)) part('button', 'btn btn-s', '重试').addEventListener('click', () => s.retry(t.id));
      part('button', 'btn btn-s btn-ghost', '移除').addEventListener('click', () => s.dismiss(t.id));
      for (const b of line.querySelectorAll('button')) b.type = 'button';
      return line;
    }));
    errors.hidden = s.troubles.size === 0;
  };
  s.onTrouble = drawErrors;
  drawErrors();
  describe();

  // The circuit only hears how many files are on their way.
  const tell = (method: string, ...args: unknown[]) => { void dotnet?.invokeMethodAsync(method, ...args).catch(() => { /* circuit is away */ }); };
  let said = 0;
  let timer = 0;
  const activity = () => {
    if (timer) return;
    const say = () => {
      timer = 0;
      if (s.inFlight === said) return;
      said = s.inFlight;
      tell('UploadActivity', said);
      timer = window.setTimeout(() => { timer = 0; activity(); }, 1000);
    };
    say();
  };
  const finished = () => { activity(); tell('UploadFinished'); };
  uppy.on('state-update', activity);
  uppy.on('complete', finished);

  // A screenshot may be pasted anywhere on the page; the dashboard itself takes what is pasted into it.
  const paste = (e: ClipboardEvent) => {
    const at = e.target as HTMLElement | null;
    if (element.contains(document.activeElement)) return;
    if (at && (element.contains(at) || at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName))) return;
    const files = [...e.clipboardData?.files ?? []];
    if (!files.length) return;
    e.preventDefault();
    add(files);
  };
  document.addEventListener('paste', paste);

  function add(files: FileList | File[]): void {
    try {
      uppy.addFiles([...files].map(f => ({ name: f.name || `截图-${stamp()}.png`, type: f.type, data: f, source: 'Page' })));
      (uppy.getPlugin('Dashboard') as { toggleAddFilesPanel?: (show: boolean) => void } | undefined)?.toggleAddFilesPanel?.(false);
    } catch { /* each refusal was shown */ }
  }

  // A closed tab would stop what is being sent.
  const leave = (e: BeforeUnloadEvent) => { if (s.inFlight > 0) e.preventDefault(); };
  window.addEventListener('beforeunload', leave);

  let disposed = false;
  const uploader: Uploader = {
    setItem(code) { s.setItem(code); describe(); },
    setItems(items) { s.setItems(items); describe(); },
    addFiles: add,
    dispose() {
      if (disposed) return;
      disposed = true;
      if (boards.get(options.customerId) === uploader) boards.delete(options.customerId);
      document.removeEventListener('paste', paste);
      themes.disconnect();
      window.clearTimeout(timer);
      uppy.off('state-update', activity);
      uppy.off('complete', finished);
      s.onTrouble = () => {};
      for (const id of PLUGINS) {
        const plugin = uppy.getPlugin(id);
        if (plugin) uppy.removePlugin(plugin);
      }
      element.replaceChildren();
      const done = () => {
        if (s.inFlight > 0) return;
        window.removeEventListener('beforeunload', leave);
        uppy.off('complete', done);
        // With files that still wait, the session stays for the next visit to this customer.
        if (!s.unfinished && s.troubles.size === 0 && !uppy.getPlugin('Dashboard')) { sessions.delete(options.customerId); uppy.destroy(); }
      };
      if (s.inFlight > 0) uppy.on('complete', done);
      done();
    },
  };
  boards.set(options.customerId, uploader);
  return uploader;
}

function themeNow(): 'dark' | 'light' {
  const chosen = document.documentElement.dataset.theme;
  return chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches) ? 'dark' : 'light';
}

function noteOf(item: UploadItem): string {
  return `${kindsOf(item.formats)}，每份不超过 ${sizeText(item.maxBytes)}，还能上传 ${item.left} 份。照片会先压缩再上传。`;
}
