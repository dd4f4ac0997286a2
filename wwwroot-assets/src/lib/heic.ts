/** HEIC pictures (iPhones): the server cannot decode them, so they become JPEG here. The converter is 3 MB and loaded only then. */
const BRANDS = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1'];

export async function isHeic(file: Blob & { name?: string }): Promise<boolean> {
  if (/^image\/hei[cf]/.test(file.type)) return true;
  if (file.type && file.type !== 'application/octet-stream' && !/\.hei[cf]$/i.test(file.name ?? '')) return false;
  const head = await readHead(file);
  return head.slice(4, 8) === 'ftyp' && BRANDS.includes(head.slice(8, 12));
}

function readHead(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const r = new FileReader();
    r.onload = () => resolve(String.fromCharCode(...new Uint8Array(r.result as ArrayBuffer)));
    r.onerror = () => reject(r.error);
    r.readAsArrayBuffer(file.slice(0, 12));
  });
}

export async function heicToJpeg(file: Blob): Promise<Blob> {
  const { heicTo } = await import('heic-to/csp');
  return heicTo({ blob: file, type: 'image/jpeg', quality: 0.92 });
}

export function withExtension(name: string, ext: string): string {
  return name.replace(/\.[^.\\/]{1,5}$/, '') + '.' + ext;
}
