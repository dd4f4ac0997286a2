/** A few lines instead of a framework: text is always text, never markup. */
type Child = Node | string | null | undefined | false;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Record<string, unknown> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  for (const k of Object.keys(props)) {
    const v = props[k];
    if (v === null || v === undefined || v === false) continue;
    if (k === 'class') e.className = String(v);
    else if (k.slice(0, 2) === 'on') e.addEventListener(k.slice(2), v as EventListener);
    else if (k in e && k !== 'list' && typeof v !== 'string') (e as unknown as Record<string, unknown>)[k] = v;
    else e.setAttribute(k, v === true ? '' : String(v));
  }
  fill(e, children);
  return e;
}

export function fill(e: Element, children: Child[]): void {
  while (e.firstChild) e.removeChild(e.firstChild);
  for (const c of children) if (c) e.appendChild(typeof c === 'string' ? document.createTextNode(c) : c);
}

/** Puts the children in this order and moves only what is out of place (an open file picker survives). */
export function arrange(parent: Element, wanted: Element[]): void {
  for (const c of Array.from(parent.children)) if (!wanted.includes(c)) parent.removeChild(c);
  wanted.forEach((c, i) => { if (parent.children[i] !== c) parent.insertBefore(c, parent.children[i] ?? null); });
}

export function setText(e: Element, text: string): void {
  if (e.textContent !== text) e.textContent = text;
}
