// Pulling down at the top of a list on touch clicks the element that data-pull-refresh names.
const ENOUGH = 72;

export function pullToRefresh(): void {
  let zone: HTMLElement | null = null;
  let startY = 0;
  let startX = 0;
  let pulled = 0;
  let sign: HTMLElement | null = null;

  const end = () => { sign?.remove(); sign = null; zone = null; pulled = 0; };

  document.addEventListener('touchstart', e => {
    end();
    if (e.touches.length !== 1 || (document.scrollingElement?.scrollTop ?? 0) > 0) return;
    const at = e.target as Element;
    if (at.closest('.drawer, dialog, .viewer, .app-nav')) return;
    zone = at.closest<HTMLElement>('[data-pull-refresh]');
    startY = e.touches[0]!.clientY;
    startX = e.touches[0]!.clientX;
  }, { passive: true });

  document.addEventListener('touchmove', e => {
    if (!zone) return;
    const dy = e.touches[0]!.clientY - startY;
    if (dy < 0 || Math.abs(e.touches[0]!.clientX - startX) > dy || (document.scrollingElement?.scrollTop ?? 0) > 0) { end(); return; }
    pulled = dy * .6;
    if (pulled < 12) return;
    if (!sign) {
      sign = document.createElement('div');
      sign.className = 'pull-sign';
      sign.setAttribute('aria-hidden', 'true');
      sign.textContent = '↓';
      document.body.append(sign);
    }
    sign.textContent = pulled >= ENOUGH ? '↻' : '↓';
    sign.style.transform = `translateY(${Math.min(pulled, ENOUGH + 20)}px)`;
  }, { passive: true });

  document.addEventListener('touchend', () => {
    const target = zone && pulled >= ENOUGH ? document.querySelector<HTMLElement>(zone.dataset.pullRefresh || '#none') : null;
    end();
    target?.click();
  }, { passive: true });
  document.addEventListener('touchcancel', end, { passive: true });
}
