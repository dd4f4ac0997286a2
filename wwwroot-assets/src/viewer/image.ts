// Pictures: wheel and pinch zoom to the point, drag, quarter turns, fit. One transform on one element, so it stays smooth.
import { frame, whyNot } from './bar';

const MIN = 0.1;
const MAX = 8;

export function showImage(element: HTMLElement, url: string, name: string): { dispose(): void } {
  const f = frame(element, name, 'image');
  const img = new Image();
  img.alt = '';
  img.draggable = false;
  img.decoding = 'async';
  let scale = 1, x = 0, y = 0, turn = 0, ready = false, fitted = true, gone = false;

  const size = () => turn % 2 ? { w: img.naturalHeight, h: img.naturalWidth } : { w: img.naturalWidth, h: img.naturalHeight };
  const paint = () => {
    // The origin is the middle of the stage; the picture is moved so that its own middle lies at (x, y).
    img.style.transform = `translate(${x}px, ${y}px) rotate(${turn * 90}deg) scale(${scale}) translate(-50%, -50%)`;
    f.zoomText.textContent = `${Math.round(scale * 100)}%`;
  };
  const clamp = () => {
    const { w, h } = size();
    const roomX = Math.max(0, (w * scale - f.stage.clientWidth) / 2) + 40;
    const roomY = Math.max(0, (h * scale - f.stage.clientHeight) / 2) + 40;
    x = Math.min(roomX, Math.max(-roomX, x));
    y = Math.min(roomY, Math.max(-roomY, y));
  };
  const fit = () => {
    const { w, h } = size();
    if (!w || !h) return;
    scale = Math.min(f.stage.clientWidth / w, f.stage.clientHeight / h, 1);
    x = y = 0;
    fitted = true;
    paint();
  };
  /** Zooms so that the point (px, py), measured from the middle of the stage, stays where it is. */
  const zoom = (factor: number, px = 0, py = 0) => {
    if (!ready) return;
    const next = Math.min(MAX, Math.max(MIN, scale * factor));
    x = px - (px - x) * (next / scale);
    y = py - (py - y) * (next / scale);
    scale = next;
    fitted = false;
    clamp();
    paint();
  };
  const rotate = () => { turn = (turn + 1) % 4; fit(); };

  f.button('－', '缩小（-）', () => zoom(1 / 1.25));
  f.bar.append(f.zoomText);
  f.button('＋', '放大（+）', () => zoom(1.25));
  f.button('适合', '适合窗口（0）', fit);
  f.button('1:1', '1:1 原始大小', () => { scale = 1; x = y = 0; fitted = false; paint(); });
  f.button('↻', '向右旋转（r）', rotate);

  const fromMiddle = (e: { clientX: number; clientY: number }): [number, number] => {
    const r = f.stage.getBoundingClientRect();
    return [e.clientX - r.left - r.width / 2, e.clientY - r.top - r.height / 2];
  };
  f.stage.addEventListener('wheel', e => {
    e.preventDefault();
    zoom(Math.exp(-e.deltaY * (e.deltaMode === 1 ? 0.05 : 0.0016)), ...fromMiddle(e));
  }, { passive: false });

  const fingers = new Map<number, [number, number]>();
  let spread = 0;
  f.stage.addEventListener('pointerdown', e => {
    if (e.button > 0) return;
    f.stage.setPointerCapture(e.pointerId);
    fingers.set(e.pointerId, fromMiddle(e));
    spread = 0;
    f.stage.classList.add('dragging');
  });
  f.stage.addEventListener('pointermove', e => {
    const was = fingers.get(e.pointerId);
    if (!was || !ready) return;
    const now = fromMiddle(e);
    fingers.set(e.pointerId, now);
    if (fingers.size === 1) {
      x += now[0] - was[0];
      y += now[1] - was[1];
      fitted = false;
      clamp();
      paint();
    } else if (fingers.size === 2) {
      const [a, b] = [...fingers.values()] as [[number, number], [number, number]];
      const d = Math.hypot(a[0] - b[0], a[1] - b[1]);
      if (spread > 0 && d > 0) zoom(d / spread, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
      spread = d;
    }
  });
  const up = (e: PointerEvent) => {
    fingers.delete(e.pointerId);
    spread = 0;
    if (!fingers.size) f.stage.classList.remove('dragging');
  };
  f.stage.addEventListener('pointerup', up);
  f.stage.addEventListener('pointercancel', up);
  f.stage.addEventListener('dblclick', e => { if (fitted) zoom(Math.max(2, 1 / scale), ...fromMiddle(e)); else fit(); });

  f.root.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const act: Record<string, () => void> = {
      '+': () => zoom(1.25), '=': () => zoom(1.25), '-': () => zoom(1 / 1.25), '0': fit, r: rotate, R: rotate,
      ArrowLeft: () => { x += 60; clamp(); paint(); }, ArrowRight: () => { x -= 60; clamp(); paint(); },
      ArrowUp: () => { y += 60; clamp(); paint(); }, ArrowDown: () => { y -= 60; clamp(); paint(); },
    };
    const does = act[e.key];
    if (does) { e.preventDefault(); e.stopPropagation(); does(); }
  });
  const resize = new ResizeObserver(() => { if (ready && fitted) fit(); });
  resize.observe(f.stage);

  f.say('正在打开…');
  img.onload = () => {
    if (gone) return;
    ready = true;
    f.say(null);
    f.stage.append(img);
    fit();
  };
  img.onerror = () => { void whyNot(url).then(text => { if (!gone) f.say(text, true); }); };
  img.src = url;
  return { dispose() { gone = true; resize.disconnect(); img.onload = img.onerror = null; img.src = ''; element.replaceChildren(); } };
}
