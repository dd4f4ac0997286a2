// One item of the list. The element lives as long as the item does and is brought up to date in place,
// so that an open picker or a focused button is never taken away.
import { fill, h, setText } from './dom';
import { sizeText } from '../lib/text';
import { isUploadOf, roomLeft, statusText } from './queue';
import type { DocumentRow, Entry, Item } from './types';

export interface CardActions {
  choose(item: string, files: File[]): void;
  remove(key: string): void;
  again(key: string): void;
  withdraw(documentId: string, fileName: string): void;
  preview(e: Entry): string | null;
  percent(key: string): number;
}

const STATE: Record<Item['state'], [string, string]> = {
  missing: ['待上传', 'grey'], partial: ['还差几份', 'amber'], uploaded: ['待审核', 'blue'],
  accepted: ['已通过', 'green'], returned: ['被退回', 'red'], not_needed: ['不需要', 'grey'],
};
const DOCUMENT: Record<DocumentRow['state'], [string, string]> = {
  processing: ['已送达，正在检查', 'blue'], uploaded: ['已送达，待审核', 'blue'], accepted: ['已通过', 'green'], returned: ['被退回', 'red'], refused: ['未接收', 'red'],
};

export class Card {
  readonly element: HTMLElement;
  private chip = h('span', { class: 'chip' });
  private title = h('h3', {});
  private reason = h('p', { class: 'reason', role: 'note' });
  private help = h('div', { class: 'help' });
  private files = h('ul', { class: 'files' });
  private full = h('p', { class: 'help' });
  private actions = h('div', { class: 'picks' });
  private inputs: { label: HTMLElement; input: HTMLInputElement; fits: (i: Item) => boolean }[] = [];
  private drawn = '';

  constructor(private item: Item, private act: CardActions) {
    this.element = h('li', { class: 'card', 'data-item': item.code },
      h('div', { class: 'card-head' }, this.title, this.chip), this.reason, this.help, this.files, this.full, this.actions);
    const any = (...f: string[]) => (i: Item) => f.some(x => i.formats.indexOf(x) >= 0);
    // image/* alone: naming several types breaks the album of WeChat; no capture, or the album would be gone.
    this.pick('拍照 / 选图', 'image/*', 'pick main', any('jpg', 'jpeg', 'png', 'webp', 'heic'));
    this.pick('选择 PDF', 'application/pdf', 'pick', any('pdf'));
    this.pick('选择文档', '.docx,.xlsx', 'pick', any('docx', 'xlsx'));
  }

  private pick(text: string, accept: string, className: string, fits: (i: Item) => boolean): void {
    const input = h('input', { type: 'file', accept, multiple: true, class: 'sr-only', 'aria-label': `${text}：${this.item.name}` });
    input.addEventListener('change', () => {
      const files = Array.from(input.files ?? []);
      input.value = '';
      if (files.length) this.act.choose(this.item.code, files);
    });
    const label = h('label', { class: className }, input, h('span', { 'aria-hidden': 'true' }, text));
    this.inputs.push({ label, input, fits });
    this.actions.appendChild(label);
  }

  update(item: Item, entries: Entry[], online: boolean): void {
    this.item = item;
    const [word, colour] = STATE[item.state];
    setText(this.title, item.name);
    if (item.required && item.state === 'missing') this.title.appendChild(h('span', { class: 'must' }, '必需'));
    const short = item.state === 'partial' ? item.minFiles - arrived(item) : 0;
    setText(this.chip, short > 0 ? `还差 ${short} 份` : word);
    this.chip.className = `chip ${colour}`;
    this.element.className = `card is-${colour}`;

    const reasons = item.documents.filter(d => d.state === 'returned' && d.returnReason).map(d => d.returnReason!);
    const reason = item.state === 'returned' ? item.reason ?? reasons[0] ?? '请重新提交' : item.state === 'not_needed' ? null : item.reason;
    this.reason.hidden = !reason || (item.state !== 'returned' && item.state !== 'partial');
    this.reason.className = item.state === 'returned' ? 'reason red' : 'reason';
    setText(this.reason, item.state === 'returned' ? `退回原因：${reason}` : reason ?? '');

    const can = item.canUpload;
    const room = roomLeft(item, entries);
    for (const i of this.inputs) {
      i.label.hidden = !can || room === 0 || !i.fits(item);
      i.input.disabled = i.label.hidden;
    }
    this.full.hidden = !(can && room === 0 && item.state !== 'accepted');
    setText(this.full, `最多 ${item.maxFiles} 份，已经选够了`);
    this.actions.hidden = this.inputs.every(i => i.label.hidden);

    // The parts below hold no picker; they are drawn anew when something in them changed.
    const drawing = JSON.stringify([item, entries.map(e => [e.key, e.phase, e.title, e.name, e.size, e.again, this.act.percent(e.key)]), online]);
    if (drawing === this.drawn) return;
    this.drawn = drawing;
    const open = can && (item.state === 'missing' || item.state === 'partial' || item.state === 'returned');
    const wasOpen = !!this.help.querySelector('details[open]');
    fill(this.help, [
      open && item.help ? h('p', {}, item.help) : null,
      open ? h('p', { class: 'limits' }, limits(item)) : null,
      open && item.exampleUrl ? h('details', { open: wasOpen || undefined }, h('summary', {}, '看示例'), h('img', { src: item.exampleUrl, alt: `${item.name}示例`, loading: 'lazy' })) : null,
    ]);
    this.help.hidden = !this.help.firstChild;
    const focused = this.files.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.act : undefined;
    const waiting = entries.filter(e => e.phase !== 'done');
    fill(this.files, [...waiting.map(e => this.entryRow(e, online)), ...item.documents.filter(d => !waiting.some(e => isUploadOf(e, d))).map(d => this.documentRow(d))]);
    this.files.hidden = !this.files.firstChild;
    if (focused) Array.from(this.files.querySelectorAll<HTMLElement>('[data-act]')).find(b => b.dataset.act === focused)?.focus();
  }

  private entryRow(e: Entry, online: boolean): HTMLElement {
    const percent = this.act.percent(e.key);
    const url = this.act.preview(e);
    const colour = e.phase === 'refused' ? 'red' : e.phase === 'processing' ? 'blue' : e.phase === 'sending' ? 'blue' : online ? 'grey' : 'amber';
    return h('li', { class: `file is-${colour}`, 'data-key': e.key, 'data-phase': e.phase },
      url ? h('img', { src: url, alt: '', class: 'thumb' }) : h('span', { class: 'thumb kind', 'aria-hidden': 'true' }, kind(e.name)),
      h('div', { class: 'file-text' },
        h('span', { class: 'file-name' }, e.name),
        h('span', { class: 'file-state' }, statusText(e, online, percent)),
        e.phase === 'sending' ? h('progress', { max: 100, value: percent, 'aria-label': `${e.name} 上传进度` }) : null,
        e.phase === 'refused' && e.code && e.code.indexOf('local.') !== 0 ? h('span', { class: 'code' }, e.code) : null),
      h('div', { class: 'file-acts' },
        e.phase === 'refused' && e.again && e.blob ? h('button', { type: 'button', class: 'small', 'data-act': 'a' + e.key, onclick: () => this.act.again(e.key) }, '重试') : null,
        e.phase === 'refused' && !e.again ? h('button', { type: 'button', class: 'small', 'data-act': 'c' + e.key, onclick: () => this.reselect(e) }, '重选') : null,
        e.phase !== 'processing' ? h('button', { type: 'button', class: 'small', 'data-act': 'r' + e.key, 'aria-label': `移除 ${e.name}`, onclick: () => this.act.remove(e.key) }, '移除') : null));
  }

  /** Opens the picker that fits the refused file, and takes the refused one off the list. */
  private reselect(e: Entry): void {
    const at = /pdf$/i.test(e.type) ? 1 : /\.(docx|xlsx)$/i.test(e.name) ? 2 : 0;
    const input = this.inputs[at]!.input;
    this.act.remove(e.key);
    if (!input.disabled) input.click();
  }

  private documentRow(d: DocumentRow): HTMLElement {
    const [word, colour] = DOCUMENT[d.state];
    return h('li', { class: `file is-${colour}`, 'data-document': d.id },
      h('span', { class: 'thumb kind', 'aria-hidden': 'true' }, kind(d.fileName)),
      h('div', { class: 'file-text' },
        h('span', { class: 'file-name' }, d.fileName),
        h('span', { class: 'file-state' }, d.returnReason && (d.state === 'returned' || d.state === 'refused') ? `${word}：${d.returnReason}` : word)),
      h('div', { class: 'file-acts' },
        d.canWithdraw ? h('button', { type: 'button', class: 'small', 'data-act': 'w' + d.id, 'aria-label': `撤回 ${d.fileName}`, onclick: () => this.act.withdraw(d.id, d.fileName) }, '撤回') : null));
  }
}

function arrived(i: Item): number {
  return i.documents.filter(d => d.state === 'uploaded' || d.state === 'accepted' || d.state === 'processing').length;
}

function kind(name: string): string {
  const ext = /\.([a-z0-9]{2,5})$/i.exec(name)?.[1]?.toUpperCase() ?? '';
  return ext === 'JPEG' || ext === 'JPG' || ext === 'PNG' || ext === 'WEBP' || ext === '' ? '图片' : ext;
}

function limits(i: Item): string {
  const names: string[] = [];
  if (i.formats.some(f => /^(jpe?g|png|webp|heic)$/.test(f))) names.push('照片');
  if (i.formats.indexOf('pdf') >= 0) names.push('PDF');
  if (i.formats.some(f => f === 'docx' || f === 'xlsx')) names.push('Word / Excel');
  const count = i.minFiles > 1 ? `${i.minFiles} 到 ${i.maxFiles} 份` : `最多 ${i.maxFiles} 份`;
  return `${names.join('、')}，${count}，每份不超过 ${sizeText(i.maxBytes)}`;
}
