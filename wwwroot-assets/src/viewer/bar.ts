/** The frame of both viewers: a bar with buttons over a stage, and one place for "loading" and "could not". */
export interface Frame {
  root: HTMLElement; stage: HTMLElement; zoomText: HTMLElement; bar: HTMLElement;
  say(text: string | null, error?: boolean): void;
  button(text: string, label: string, onClick: () => void): HTMLButtonElement;
}

export function frame(element: HTMLElement, name: string, kind: 'image' | 'pdf'): Frame {
  const make = (tag: string, className: string) => {
    const e = document.createElement(tag);
    e.className = className;
    return e;
  };
  const root = make('div', 'viewer');
  const bar = make('div', 'viewer-bar');
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', '查看工具');
  const title = make('span', 'viewer-name');
  title.textContent = name;
  title.title = name;
  bar.append(title);
  const stage = make('div', `viewer-stage is-${kind}`);
  stage.tabIndex = 0;
  stage.setAttribute('role', kind === 'image' ? 'img' : 'document');
  stage.setAttribute('aria-label', name);
  const state = make('div', 'viewer-state');
  state.setAttribute('role', 'status');
  const holder = make('div', 'viewer-holder');
  holder.append(stage, state);
  root.append(bar, holder);
  element.replaceChildren(root);
  const zoomText = make('span', 'viewer-zoom');
  zoomText.setAttribute('aria-live', 'polite');
  return {
    root, stage, bar, zoomText,
    say(text, error = false) {
      state.hidden = text === null;
      state.className = error ? 'viewer-state is-error' : 'viewer-state';
      state.textContent = text ?? '';
      if (text && !error) {
        const s = make('span', 'spinner');
        s.setAttribute('aria-hidden', 'true');
        state.prepend(s);
      }
    },
    button(text, label, onClick) {
      const b = document.createElement('button');
      b.type = 'button';
      b.textContent = text;
      b.title = label;
      b.setAttribute('aria-label', label);
      b.addEventListener('click', onClick);
      bar.append(b);
      return b;
    },
  };
}

/** What a failed load means to the reader. */
export async function whyNot(url: string): Promise<string> {
  if (navigator.onLine === false) return '没有网络，暂时打不开这份文件';
  try {
    const r = await fetch(url, { method: 'GET', credentials: 'same-origin', headers: { 'X-Requested-With': 'ccd', Range: 'bytes=0-0' } });
    void r.body?.cancel();
    if (r.status === 401) return '登录已过期，请刷新页面重新登录';
    if (r.status === 403 || r.status === 404 || r.status === 410) return '文件不存在，或您没有权限查看';
    if (!r.ok) return '服务器暂时出错，请稍后再打开';
  } catch { return '网络不通，暂时打不开这份文件'; }
  return '文件打不开，可能已损坏，可以下载原件查看';
}
