// Pictures and PDFs in the page.
import { showImage } from './viewer/image';

export interface ViewerOptions { url: string; kind: 'image' | 'pdf'; name: string }
export interface Viewer { show(options: ViewerOptions): void; dispose(): void }

export function mount(element: HTMLElement, options: ViewerOptions): Viewer {
  let shown: { dispose(): void } | null = null;
  let round = 0;
  const show = (o: ViewerOptions) => {
    shown?.dispose();
    shown = null;
    const mine = ++round;
    if (o.kind === 'image') { shown = showImage(element, o.url, o.name); return; }
    void import('./viewer/pdf').then(m => { if (mine === round) shown = m.showPdf(element, o.url, o.name); });
  };
  show(options);
  return { show, dispose() { round++; shown?.dispose(); shown = null; } };
}
