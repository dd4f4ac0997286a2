// The page: head with progress, then the sections of the list.
import { Card, type CardActions } from './card';
import { arrange, fill, h, setText } from './dom';
import { missingNames, sections, type Section } from './queue';
import type { Entry, PageState } from './types';

export class Page {
  private company = h('p', { class: 'company' });
  private title = h('h1', {});
  private sub = h('p', { class: 'sub' });
  private bar = h('progress', { max: 100, value: 0, 'aria-label': '资料完成度' });
  private percent = h('b', {});
  private summary = h('p', { class: 'summary' });
  private note = h('p', { class: 'return-note' });
  private net = h('p', { class: 'net', role: 'status' });
  private warn = h('p', { class: 'net', role: 'status' });
  private list = h('div', { class: 'sections' });
  private foot = h('p', { class: 'foot' });
  private live = h('p', { class: 'sr-only', 'aria-live': 'polite' });
  private boxes = new Map<Section['key'], { element: HTMLElement; head: HTMLElement; items: HTMLElement }>();
  private cards = new Map<string, Card>();

  constructor(private root: HTMLElement, private customer: string, private actions: CardActions) {
    this.net.hidden = this.warn.hidden = true;
    fill(root, [
      h('header', { class: 'head' }, this.company, this.title, this.sub, h('div', { class: 'bar-line' }, this.bar, this.percent), this.summary, this.note),
      this.net, this.warn, this.list, this.foot, this.live,
    ]);
    root.classList.add('phone-upload');
  }

  update(state: PageState, entries: Entry[], online: boolean): void {
    const staff = state.mode === 'staff';
    setText(this.company, state.companyName);
    setText(this.title, staff ? `${state.customerName} 的资料` : `${state.customerName}，您好`);
    fill(this.sub, [
      state.products.length ? h('span', {}, state.products.join('、')) : null,
      staff && this.customer ? h('a', { href: `/customers/${encodeURIComponent(this.customer)}` }, '返回客户页') : null,
    ]);
    this.bar.value = state.percent;
    this.bar.className = state.percent >= 100 ? 'done' : '';
    setText(this.percent, `${state.percent}%`);

    const parts = sections(state);
    const missing = parts.find(s => s.key === 'missing')?.items ?? [];
    const returned = parts.find(s => s.key === 'returned')?.items ?? [];
    const words: string[] = [];
    const lacking = missingNames(missing);
    if (lacking.length) words.push(`还缺 ${lacking.length} 项：${lacking.join('、')}`);
    if (returned.length) words.push(`有 ${returned.length} 项被退回，请重新提交`);
    setText(this.summary, words.length ? words.join('；') + '。' : state.returnNote ? '资料已收到。' : '需要的资料都已收到，我们会尽快审核。');
    this.summary.className = returned.length ? 'summary red' : words.length ? 'summary' : 'summary green';
    this.note.hidden = !state.returnNote;
    setText(this.note, state.returnNote ? `审核员请${staff ? '客户' : '您'}补充：${state.returnNote}` : '');

    const waiting = entries.filter(e => e.phase === 'ready' || e.phase === 'new' || e.phase === 'sending').length;
    this.net.hidden = online;
    setText(this.net, waiting ? `现在没有网络。${waiting} 个文件已保存在本机，联网后自动上传。` : '现在没有网络，选好的文件会先保存在本机，联网后自动上传。');

    for (const code of Array.from(this.cards.keys())) if (!state.items.some(i => i.code === code)) this.cards.delete(code);
    const wanted = parts.map(s => {
      let box = this.boxes.get(s.key);
      if (!box) {
        const head = h('h2', {});
        const items = h('ul', { class: 'cards' });
        const off = s.key === 'off';
        box = { head, items, element: off ? h('details', { class: 'section off' }, h('summary', {}, head), items) : h('section', { class: `section ${s.key}` }, head, items) };
        this.boxes.set(s.key, box);
      }
      setText(box.head, `${s.title}（${s.items.length}）`);
      const rows: Element[] = [];
      let group: string | null = null;
      for (const item of s.items) {
        if (item.group !== group) {
          group = item.group;
          if (group) rows.push(this.groupLine(box.items, group));
        }
        let card = this.cards.get(item.code);
        if (!card) { card = new Card(item, this.actions); this.cards.set(item.code, card); }
        card.update(item, entries.filter(e => e.item === item.code), online);
        rows.push(card.element);
      }
      arrange(box.items, rows);
      return box.element;
    });
    // A file whose item left the list (the rules changed) is still shown and can be taken off.
    arrange(this.list, wanted);
    setText(this.foot, state.expiresAt && !staff ? `链接有效期至 ${dateText(state.expiresAt)}。` : '');
  }

  private groupLine(parent: Element, text: string): Element {
    const there = Array.from(parent.children).find(c => c.className === 'group' && c.textContent === text);
    return there ?? h('li', { class: 'group' }, text);
  }

  say(text: string): void { this.live.textContent = text; }

  warning(text: string | null): void {
    this.warn.hidden = !text;
    setText(this.warn, text ?? '');
  }

  closed(text: string, reload: boolean): void {
    fill(this.root, [h('section', { class: 'closed', role: 'alert' },
      h('div', { class: 'closed-sign', 'aria-hidden': 'true' }, '！'), h('h1', {}, text),
      reload ? h('button', { type: 'button', class: 'pick main', onclick: () => location.reload() }, '重新打开') : null)]);
  }

  loading(): void { fill(this.list, [h('p', { class: 'loading' }, '正在打开…')]); }
  unreachable(): void { fill(this.list, [h('p', { class: 'loading' }, '暂时连不上服务器，正在重试…')]); }
}

/** Always the time of China, wherever the phone is. */
function dateText(iso: string): string {
  const d = new Date(new Date(iso).getTime() + 8 * 3600 * 1000);
  const two = (n: number) => ('0' + n).slice(-2);
  return isNaN(d.getTime()) ? iso : `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
}
