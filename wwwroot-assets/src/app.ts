// Small helpers of every staff page. No framework, nothing inline: works under script-src 'self'.
import { watchConnection } from './app/connection';
import { keepDrafts } from './app/drafts';
import { sendExample, sendFile } from './app/example';
import { sendRecipients } from './app/recipients';
import { pullToRefresh } from './app/pull';
import { copyText, toast } from './app/toast';

const root = document.documentElement;

function isTyping(target: EventTarget | null): boolean {
  const e = target as HTMLElement | null;
  return !!e && (e.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(e.tagName));
}

document.addEventListener('keydown', e => {
  if (e.key === '/' && !e.ctrlKey && !e.metaKey && !e.altKey && !isTyping(e.target)) {
    const search = document.querySelector<HTMLInputElement>('#global-search');
    if (search) { e.preventDefault(); search.focus(); search.select(); }
  }
  if (e.key === 'Escape') {
    root.removeAttribute('data-nav');
    for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.user-menu[open]')) menu.open = false;
  }
});

function isDark(): boolean {
  return root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

document.addEventListener('click', e => {
  const at = e.target as Element;
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.user-menu[open]')) if (!menu.contains(at)) menu.open = false;

  const copy = at.closest<HTMLElement>('[data-copy]');
  if (copy) {
    const what = copy.dataset.copy ?? '';
    const source = what.startsWith('#') ? document.querySelector<HTMLElement>(what) : null;
    void copyText(source ? (source as HTMLInputElement).value ?? source.textContent ?? '' : what);
  }
  if (at.closest('[data-theme-toggle]')) {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    try { localStorage.setItem('ccd-theme', root.dataset.theme); } catch { /* this page only */ }
  }
  if (at.closest('[data-nav-toggle]')) {
    if (root.dataset.nav === 'open') root.removeAttribute('data-nav');
    else { root.dataset.nav = 'open'; document.querySelector<HTMLElement>('.app-nav a')?.focus(); }
  } else if (root.dataset.nav === 'open' && (!at.closest('.app-nav') || at.closest('.app-nav a'))) {
    root.removeAttribute('data-nav');
  }
});

// A question before a plain form is sent. Components ask in their own way.
document.addEventListener('submit', e => {
  const form = e.target as HTMLFormElement;
  const submitter = e.submitter as HTMLElement | null;
  const question = submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!question || form.dataset.confirmed === 'yes') { delete form.dataset.confirmed; return; }
  e.preventDefault();
  e.stopImmediatePropagation();
  const dialog = document.createElement('dialog');
  dialog.className = 'dialog';
  const text = document.createElement('p');
  text.textContent = question;
  const actions = document.createElement('div');
  actions.className = 'actions';
  const cancel = button('取消', 'btn', () => dialog.close());
  const yes = button('确定', 'btn btn-primary', () => {
    dialog.close();
    form.dataset.confirmed = 'yes';
    form.requestSubmit(submitter as HTMLButtonElement | null);
  });
  actions.append(cancel, yes);
  dialog.append(text, actions);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();
}, true);

function button(text: string, className: string, onClick: () => void): HTMLButtonElement {
  const b = document.createElement('button');
  b.type = 'button';
  b.className = className;
  b.textContent = text;
  b.addEventListener('click', onClick);
  return b;
}

watchConnection();
keepDrafts();
pullToRefresh();

// For components: JS.InvokeVoidAsync("ccd.toast", "已保存")
(window as unknown as Record<string, unknown>).ccd = {
  toast, copy: copyText, sendExample, sendFile, sendRecipients,
  // The breakpoint of the style sheet: lists then draw only the form that is seen.
  narrow: () => matchMedia('(max-width: 719.98px)').matches,
  focus: (selector: string) => document.querySelector<HTMLElement>(selector)?.focus(),
  forgetDraft: (key: string) => document.dispatchEvent(new CustomEvent('ccd:forget-draft', { detail: key })),
};
