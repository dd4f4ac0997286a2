// Long forms survive a lost circuit: their inputs are kept in sessionStorage and put back after the page was loaded anew.
// A draft written by this very page load is never put back (the form was left on purpose), one from before the load is.
const PREFIX = 'ccd-draft:';
type Values = Record<string, string | boolean>;
interface Draft { path: string; values: Values }
type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function controls(form: Element): Control[] {
  return Array.from(form.querySelectorAll<Control>('input, textarea, select')).filter(c =>
    (c.name || c.id) && !c.closest('[data-no-draft]') && !/^(password|file|hidden|submit|button|search)$/.test(c.type));
}

function keyOf(c: Control): string {
  return c.type === 'radio' ? `${c.name}=${c.value}` : c.name || c.id;
}

function read(form: Element): Values {
  const values: Values = {};
  for (const c of controls(form)) values[keyOf(c)] = /^(checkbox|radio)$/.test(c.type) ? (c as HTMLInputElement).checked : c.value;
  return values;
}

function put(form: Element, values: Values): void {
  for (const c of controls(form)) {
    const value = values[keyOf(c)];
    if (value === undefined) continue;
    if (typeof value === 'boolean') {
      const box = c as HTMLInputElement;
      // A radio that is off is put off by the one that is on.
      if (box.checked === value || (c.type === 'radio' && !value)) continue;
      box.checked = value;
    } else {
      if (c.value === value) continue;
      c.value = value;
    }
    c.dispatchEvent(new Event('input', { bubbles: true }));
    c.dispatchEvent(new Event('change', { bubbles: true }));
  }
}

export function keepDrafts(): void {
  let store: Storage;
  try { store = sessionStorage; store.getItem(PREFIX); } catch { return; }

  const fromBefore = new Map<string, Draft>();
  for (let i = 0; i < store.length; i++) {
    const name = store.key(i)!;
    if (!name.startsWith(PREFIX)) continue;
    try { fromBefore.set(name.slice(PREFIX.length), JSON.parse(store.getItem(name)!) as Draft); } catch { /* not ours */ }
  }
  const seen = new WeakSet<Element>();
  const onPage = new Map<string, Element>();

  const forget = (key: string) => { store.removeItem(PREFIX + key); fromBefore.delete(key); };

  const look = () => {
    for (const form of document.querySelectorAll<HTMLElement>('[data-draft]')) {
      const key = form.dataset.draft;
      if (!key) continue;
      onPage.set(key, form);
      if (seen.has(form)) continue;
      seen.add(form);
      // Prerendered elements are replaced when the circuit takes over: each new element gets the values again.
      const draft = fromBefore.get(key);
      if (draft && draft.path === location.pathname) put(form, draft.values);
    }
    for (const mark of document.querySelectorAll<HTMLElement>('[data-draft-clear]')) if (mark.dataset.draftClear) forget(mark.dataset.draftClear);
    for (const [key, form] of onPage) {
      if (form.isConnected) continue;
      onPage.delete(key);
      // Gone for good, and not just re-rendered: the user saved or left the form.
      setTimeout(() => { if (!onPage.get(key)?.isConnected) forget(key); }, 1_500);
    }
  };

  let timer = 0;
  const keep = (e: Event) => {
    const form = (e.target as Element).closest?.<HTMLElement>('[data-draft]');
    const key = form?.dataset.draft;
    if (!form || !key || !e.isTrusted) return;
    fromBefore.delete(key);
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      try { store.setItem(PREFIX + key, JSON.stringify({ path: location.pathname, values: read(form) } satisfies Draft)); } catch { /* full */ }
    }, 300);
  };
  document.addEventListener('input', keep, true);
  document.addEventListener('change', keep, true);
  document.addEventListener('submit', e => {
    const form = (e.target as Element).closest<HTMLElement>('[data-draft]');
    // Only a form that leaves the page; a component's form says by data-draft-clear or by going away that it was saved.
    if (form?.dataset.draft && (e.target as HTMLFormElement).hasAttribute('action')) forget(form.dataset.draft);
  });
  document.addEventListener('ccd:forget-draft', e => forget((e as CustomEvent<string>).detail));

  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; look(); });
  }).observe(document.body, { childList: true, subtree: true });
  look();
}
