// Blazor puts classes on #components-reconnect-modal; here they become a slim bar and the right next step.
const LOST = 'ccd-circuit-lost';

interface BlazorGlobal { reconnect?: () => Promise<boolean> }

export function watchConnection(): void {
  const bar = document.getElementById('components-reconnect-modal');
  if (!bar) return;
  bar.setAttribute('role', 'status');
  bar.setAttribute('aria-live', 'polite');
  let timer = 0;
  let shown = '';

  const say = (text: string, spin: boolean) => {
    if (shown === text) return;
    shown = text;
    bar.textContent = '';
    if (spin) {
      const s = document.createElement('span');
      s.className = 'spinner';
      s.setAttribute('aria-hidden', 'true');
      bar.append(s);
    }
    bar.append(document.createTextNode(text));
  };

  const reload = () => {
    // The server no longer knows this circuit. A reload that leads here again at once is slowed down.
    let last = 0;
    try {
      last = Number(sessionStorage.getItem(LOST)) || 0;
      sessionStorage.setItem(LOST, String(Date.now()));
    } catch { /* no storage: reload anyway */ }
    window.setTimeout(() => location.reload(), Date.now() - last < 10_000 ? 5_000 : 0);
  };

  const retry = async () => {
    window.clearTimeout(timer);
    timer = 0;
    try {
      const blazor = (window as unknown as { Blazor?: BlazorGlobal }).Blazor;
      if (!blazor?.reconnect) return;
      if (await blazor.reconnect() === false) { reload(); return; }
      bar.classList.remove('components-reconnect-failed');
      bar.classList.add('components-reconnect-hide');
    } catch {
      timer = window.setTimeout(retry, 3_000);
    }
  };

  const look = () => {
    const c = bar.classList;
    if (c.contains('components-reconnect-rejected')) { say('连接已过期，正在刷新页面…', true); reload(); }
    else if (c.contains('components-reconnect-failed')) { say('连接中断，正在重连…', true); if (!timer) timer = window.setTimeout(retry, 3_000); }
    else if (c.contains('components-reconnect-show')) say('连接中断，正在重连…', true);
    else { window.clearTimeout(timer); timer = 0; shown = ''; bar.textContent = ''; }
  };
  new MutationObserver(look).observe(bar, { attributes: true, attributeFilter: ['class'] });
  const hurry = () => { if (bar.classList.contains('components-reconnect-failed') && !document.hidden) void retry(); };
  window.addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);
  look();
}
