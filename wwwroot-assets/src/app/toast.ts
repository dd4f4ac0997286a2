let area: HTMLElement | null = null;

export function toast(text: string, kind: 'plain' | 'red' = 'plain'): void {
  if (!area?.isConnected) {
    area = document.createElement('div');
    area.className = 'toast-area';
    area.setAttribute('role', 'status');
    area.setAttribute('aria-live', 'polite');
    document.body.append(area);
  }
  const line = document.createElement('div');
  line.className = kind === 'red' ? 'toast toast-red' : 'toast';
  line.textContent = text;
  area.append(line);
  setTimeout(() => line.remove(), 4000);
}

export async function copyText(text: string): Promise<boolean> {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    // Plain http inside a company network has no clipboard API.
    const box = document.createElement('textarea');
    box.value = text;
    box.className = 'sr-only';
    document.body.append(box);
    box.select();
    done = document.execCommand('copy');
    box.remove();
  }
  toast(done ? '已复制' : '复制不成功，请手动选择文字复制', done ? 'plain' : 'red');
  return done;
}
