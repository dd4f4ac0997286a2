// The uploads of one customer. A session outlives the element: leaving the customer page does not stop what is on its way.
import Uppy, { type UppyFile } from '@uppy/core';
import GoldenRetriever from '@uppy/golden-retriever';
import Tus from '@uppy/tus';
import chinese from '@uppy/locales/lib/zh_CN.js';
import { newKey } from '../lib/ids';
import { preparePicture } from '../lib/picture';
import { endsUpload, mayRetry, readTusError } from '../lib/refusal';
import { sizeText, stamp } from '../lib/text';
import { isOneOf, kindsOf, typesOf } from './formats';
import type { FileMeta, NoBody, UploadItem, UploaderOptions } from './types';

export type CcdFile = UppyFile<FileMeta, NoBody>;
export interface FileTrouble { id: string; name: string; title: string; code: string }

const PARALLEL = 3;
const SECOND = 1000;
const MB = 1024 * 1024;

export const locale = {
  ...chinese,
  strings: {
    ...chinese.strings,
    actionFailed: '操作没有成功', itemActionsNamed: '%{name} 的操作', dialogConfirm: '确定',
    dropPasteFiles: '把文件拖到这里，粘贴截图，或 %{browseFiles}',
    dropPasteImportFiles: '把文件拖到这里，粘贴截图，%{browseFiles} 或用下面的方式：',
    browseFiles: '选择文件',
    failedToUpload: '%{file} 没有上传成功',
    pluginNameCamera: '拍照', pluginNameScreenCapture: '截屏', myDevice: '本机文件',
  },
  pluralize: (n: number) => chinese.pluralize?.(n) ?? 0,
};

type UploadStep = (ids: string[], uploadId: string) => Promise<unknown>;

/** Sends each file as soon as it is ready. Uppy's pre-processors would hold the first file back until the last of 300 is compressed. */
class TusWhenReady extends Tus<FileMeta, NoBody> {
  override install(): void {
    const uppy = this.uppy as unknown as { addUploader: (step: UploadStep) => void };
    const add = uppy.addUploader;
    uppy.addUploader = step => add.call(uppy, async (ids, uploadId) => {
      await Promise.allSettled(ids.map(async id => {
        await (this.opts as unknown as { ready: (id: string) => Promise<void> }).ready(id);
        const file = this.uppy.getFile(id);
        if (file && !file.error) await step([id], uploadId);
      }));
    });
    super.install();
    uppy.addUploader = add;
  }
}

/** What was chosen while the memory was still being read stays: Uppy's own puts the remembered files in its place. */
class Memory extends GoldenRetriever<FileMeta, NoBody> {
  override install(): void {
    const uppy = this.uppy;
    const setState = uppy.setState.bind(uppy);
    uppy.setState = patch => {
      if (patch && 'recoveredState' in patch && patch.files && patch.currentUploads) {
        const now = uppy.getState();
        patch = { ...patch, files: { ...patch.files, ...now.files }, currentUploads: { ...patch.currentUploads, ...now.currentUploads } };
      }
      setState(patch);
    };
    super.install();
  }
}

export class Session {
  readonly uppy: Uppy<FileMeta, NoBody>;
  readonly troubles = new Map<string, FileTrouble>();
  selected: string;
  private items = new Map<string, UploadItem>();
  private arrived = new Map<string, number>();
  private refused: { name: string; why: string }[] = [];
  private preparing = new Map<string, Promise<void>>();
  private lastPrepared: Promise<void> = Promise.resolve();
  onTrouble: () => void = () => {};

  constructor(private options: UploaderOptions) {
    this.selected = options.selected;
    this.uppy = new Uppy<FileMeta, NoBody>({
      id: `ccd-${options.customerId}`, locale: locale as never, autoProceed: false,
      onBeforeFileAdded: (file, files) => this.admit(file as CcdFile, files as Record<string, CcdFile>),
    });
    // Photos are made ready as soon as they are chosen, so that the button finds most of the work done.
    this.uppy.on('files-added', files => { for (const f of files) void this.ready(f.id); });
    this.uppy.on('file-editor:complete', file => { this.uppy.setFileMeta(file.id, { prepared: '' }); void this.ready(file.id); });
    this.uppy.use(TusWhenReady, {
      ready: (id: string) => this.ready(id),
      endpoint: options.endpoint, limit: PARALLEL, chunkSize: 8 * 1024 * 1024, headers: { 'X-Requested-With': 'ccd' },
      retryDelays: [0.5, 1, 2, 3, 5, 5, 10, 10, 20, 20, 30, 30, 60, 60, 60].map(s => s * SECOND),
      allowedMetaFields: ['customer', 'item', 'clientKey', 'filename', 'filetype'],
      // Uppy's own memory finds uploads by file alone; the same file for another customer must be another upload.
      storeFingerprintForResuming: false,
      onShouldRetry: (err: unknown, _attempt: number, _options: unknown, next: (e: unknown) => boolean) => {
        const { status, method } = readTusError(err);
        return mayRetry(status, method) && next(err);
      },
      // What Uppy shows is the message of the error.
      onError: (err: unknown) => { if (err) (err as Error).message = readTusError(err).refusal.title; },
    } as never);
    this.uppy.use(Memory, {
      expires: 3 * 24 * 3600 * SECOND,
      // Uppy's own limit of 10 MB a file would lose every larger scan.
      indexedDB: { maxFileSize: 200 * MB, maxTotalSize: 1024 * MB },
    } as never);
    this.uppy.on('restored', () => setTimeout(() => this.resumeRestored(), 0));
    this.uppy.on('upload-error', (file, error) => { if (file) this.note(file.id, error); });
    this.uppy.on('upload-retry', file => this.clear(file.id));
    this.uppy.on('file-removed', file => this.clear(file.id));
    this.uppy.on('upload-success', (file, response) => {
      if (!file) return;
      const item = file.meta.item ?? '';
      this.arrived.set(item, (this.arrived.get(item) ?? 0) + 1);
      this.clear(file.id);
      const xhr = (response?.body as { xhr?: XMLHttpRequest } | undefined)?.xhr;
      if (response?.uploadURL && xhr?.getResponseHeader?.('Upload-State') !== 'stored') void this.follow(file.id, file.name ?? '文件', response.uploadURL);
    });
    this.uppy.on('complete', () => setTimeout(() => this.tidy(), 2 * SECOND));
    this.setItems(options.items);
  }

  setItems(items: UploadItem[]): void {
    this.items = new Map(items.map(i => [i.code, i]));
    // `left` is what the server says now, so what was sent before is already counted in it.
    this.arrived.clear();
    this.setItem(this.items.has(this.selected) ? this.selected : items[0]?.code ?? '');
  }

  setItem(code: string): UploadItem | undefined {
    this.selected = code;
    const item = this.items.get(code);
    this.uppy.setOptions({ restrictions: { allowedFileTypes: item ? typesOf(item.formats) : null } });
    return item;
  }

  get item(): UploadItem | undefined { return this.items.get(this.selected); }

  get inFlight(): number {
    let n = 0;
    for (const upload of Object.values(this.uppy.getState().currentUploads)) {
      for (const id of upload.fileIDs) {
        const f = this.uppy.getState().files[id];
        if (f && !f.error && !f.progress.uploadComplete) n++;
      }
    }
    return n;
  }

  get unfinished(): boolean { return this.uppy.getFiles().some(f => !f.progress.uploadComplete); }

  private admit(file: CcdFile, files: Record<string, CcdFile>): CcdFile | boolean {
    const item = this.item;
    const name = file.name ?? '文件';
    if (!item) return this.refuse(name, '请先选择要上传的资料项');
    if (!isOneOf(item.formats, name, file.type)) return this.refuse(name, `“${item.name}”只收${kindsOf(item.formats)}`);
    if (file.size === 0) return this.refuse(name, '文件是空的');
    // Pictures are judged after compression, by the server.
    if (!file.type?.startsWith('image/') && file.size !== null && file.size > item.maxBytes) return this.refuse(name, `超过 ${sizeText(item.maxBytes)}，请缩小后再传`);
    const left = Math.max(0, item.left - (this.arrived.get(item.code) ?? 0));
    const waiting = Object.values(files).filter(f => f.meta.item === item.code && !f.progress.uploadComplete).length;
    if (waiting >= left) return this.refuse(name, left > 0 ? `“${item.name}”还能再传 ${left} 份，已经选够了` : `“${item.name}”已经传够了`);
    let id = `${file.id}-${item.code}`;
    const twin = files[id];
    if (twin && !twin.progress.uploadComplete) return this.refuse(name, '已经在列表里了');
    if (twin) id += `-${newKey().slice(0, 8)}`;
    // Nobody recognises "image.png", "cam-1763.jpg" and "screencap-1763.png" in a list of papers.
    const made = file.source === 'Webcam' ? '拍照' : file.source === 'ScreenCapture' ? '截屏' : name === 'image.png' ? '截图' : '';
    const said = made ? `${made}-${stamp()}.${file.extension || 'png'}` : name;
    return { ...file, id, name: said, meta: { ...file.meta, name: said, customer: this.options.customerId, item: item.code, clientKey: newKey() } };
  }

  /** All that is refused at one choice is said in one sentence. */
  private refuse(name: string, why: string): false {
    if (this.refused.push({ name, why }) === 1) {
      setTimeout(() => {
        const names = new Map<string, string[]>();
        for (const r of this.refused) names.set(r.why, [...names.get(r.why) ?? [], r.name]);
        this.refused = [];
        const text = [...names].map(([reason, of]) => of.length === 1 ? `${of[0]}：${reason}` : `${of.length} 个文件没有加入：${reason}`).join('；');
        this.uppy.info(text, 'error', (names.size > 1 ? 12 : 8) * SECOND);
      }, 0);
    }
    return false;
  }

  /** Resolves when the bytes of the file are final. One photo at a time: each takes some 100 MB while it is decoded. */
  private ready(id: string): Promise<void> {
    const known = this.preparing.get(id);
    if (known) return known;
    const work = this.lastPrepared.then(() => this.prepare(id)).catch(() => { /* the original travels */ }).finally(() => this.preparing.delete(id));
    this.lastPrepared = work;
    this.preparing.set(id, work);
    return work;
  }

  /** `prepared` is set once and kept: a retry must send the very same bytes, or a half-sent upload would be patched with another picture. */
  private async prepare(id: string): Promise<void> {
    const file = this.uppy.getFile(id);
    if (!file?.data || file.meta.prepared) return;
    const before = file.data as Blob;
    let data = before;
    let name = String(file.meta.name ?? file.name ?? '文件');
    let type = file.type || before.type;
    if (type.startsWith('image/') || /\.hei[cf]$/i.test(name)) {
      try {
        const source = before.type === type ? before : before.slice(0, before.size, type);
        ({ blob: data, name, type } = await preparePicture(source, name, this.items.get(file.meta.item ?? '')?.formats ?? []));
      } catch {
        this.uppy.info(`${name}：HEIC 照片无法转换，请改存为 JPG 再传`, 'error', 8 * SECOND);
        if (this.uppy.getFile(id)) this.uppy.removeFile(id);
        return;
      }
    }
    const now = this.uppy.getFile(id);
    if (!now || now.data !== before) return; // taken off or edited meanwhile
    const meta = { ...now.meta, name, type, prepared: 'yes', filename: name, filetype: type || 'application/octet-stream' };
    this.uppy.setFileState(id, { ...(data === before ? {} : { data, size: data.size, type, extension: 'jpg' }), name, meta } as Partial<CcdFile>);
  }

  private note(id: string, error: unknown): void {
    const file = this.uppy.getFile(id);
    if (!file) return;
    const { status, refusal } = readTusError(error);
    this.troubles.set(id, { id, name: file.name ?? '文件', title: refusal.title, code: refusal.code });
    // Final for this upload: sending the file again is a new upload with a key of its own.
    if (endsUpload(status)) {
      this.uppy.setFileState(id, { tus: { ...(file as { tus?: object }).tus, uploadUrl: null } } as never);
      this.uppy.setFileMeta(id, { clientKey: newKey() });
    }
    this.onTrouble();
  }

  private clear(id: string): void { if (this.troubles.delete(id)) this.onTrouble(); }

  canRetry(id: string): boolean {
    const file = this.uppy.getFile(id);
    return !!file && !file.progress.uploadComplete;
  }

  dismiss(id: string): void {
    if (this.uppy.getFile(id)) this.uppy.removeFile(id);
    this.clear(id);
  }

  /** When everything arrived, the board becomes a place to drop files again; the page shows the documents. */
  private tidy(): void {
    const files = this.uppy.getFiles();
    if (files.length > 0 && files.every(f => f.progress.uploadComplete && !f.error)) this.uppy.clear();
  }

  retry(id: string): void { void this.uppy.retryUpload(id).catch(() => { /* shown as the file's error */ }); }

  /** All bytes are there, and the server looks at the file a little later: a refusal then is shown like any other. */
  private async follow(id: string, name: string, url: string): Promise<void> {
    for (let round = 0; round < 40; round++) {
      await new Promise(r => setTimeout(r, Math.min(8, 1 + round * .5) * SECOND));
      try {
        const r = await fetch(url, { headers: { 'X-Requested-With': 'ccd', Accept: 'application/json' }, cache: 'no-store' });
        if (!r.ok) return;
        const s = await r.json() as { state: string; refusal?: { code: string; text: string } };
        if (s.state === 'stored') return;
        if (s.state === 'refused') {
          const title = s.refusal?.text ?? '文件没有通过检查';
          this.troubles.set(id, { id, name, title, code: s.refusal?.code ?? '' });
          if (this.uppy.getFile(id)) this.uppy.setFileState(id, { error: title } as Partial<CcdFile>);
          this.uppy.info(`${name}：${title}`, 'error', 8 * SECOND);
          this.onTrouble();
          return;
        }
      } catch { /* offline: ask again */ }
    }
  }

  /** After a reload: what was being sent goes on by itself; what was only chosen waits for the button. */
  private resumeRestored(): void {
    // Uppy blocks everything until each file that could not be kept is chosen again; here the others go on.
    for (const f of this.uppy.getFiles()) {
      if (!(f as { isGhost?: boolean }).isGhost) continue;
      const name = f.name ?? '文件';
      this.uppy.removeFile(f.id);
      this.troubles.set(f.id, { id: f.id, name, title: '页面关闭时没有暂存下来，请重新选择这个文件', code: '' });
    }
    this.onTrouble();
    if (Object.keys(this.uppy.getState().currentUploads).length > 0) this.uppy.emit('restore-confirmed');
    else this.uppy.setState({ recoveredState: null });
  }
}
