// Photos become smaller before they travel: long edge 2560 px, JPEG quality 0.8. Anything that fails travels as it is.
// Used by phone and desktop: Uppy's own compressor decodes on the main thread, and 300 photos stood still with it.
import { heicToJpeg, isHeic, withExtension } from './heic';

const LONG_EDGE = 2560;
const QUALITY = 0.8;
const SMALL_ENOUGH = 1_200_000;
const KEEP = /^image\/(jpeg|png|webp)$/;

export interface Prepared { blob: Blob; name: string; type: string }

export async function preparePicture(file: Blob, name: string, formats: readonly string[]): Promise<Prepared> {
  let blob = file;
  let out = name;
  if (await isHeic(Object.assign(file.slice(0, file.size, file.type), { name }))) {
    // Safari decodes HEIC by itself, which is quicker than the converter.
    const native = await toJpeg(blob, true).catch(() => null);
    if (native) return { blob: native, name: withExtension(name, 'jpg'), type: 'image/jpeg' };
    blob = await heicToJpeg(blob);
    out = withExtension(name, 'jpg');
  }
  const type = blob.type || 'image/jpeg';
  const asked = KEEP.test(type) && accepts(formats, type);
  const smaller = await toJpeg(blob, !asked).catch(() => null);
  if (!smaller) return { blob, name: out, type };
  return { blob: smaller, name: withExtension(out, 'jpg'), type: 'image/jpeg' };
}

function accepts(formats: readonly string[], type: string): boolean {
  const ext = type.slice('image/'.length);
  return formats.includes(ext) || (ext === 'jpeg' && formats.includes('jpg'));
}

/** Null when the picture is fine as it is (unless `must`). */
async function toJpeg(blob: Blob, must: boolean): Promise<Blob | null> {
  const source = await decode(blob);
  try {
    const { width, height } = source;
    const scale = Math.min(1, LONG_EDGE / Math.max(width, height));
    if (!must && scale === 1 && blob.size <= SMALL_ENOUGH) return null;
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const g = canvas.getContext('2d');
    if (!g) return null;
    g.fillStyle = '#fff';
    g.fillRect(0, 0, canvas.width, canvas.height);
    g.imageSmoothingQuality = 'high';
    g.drawImage(source.image, 0, 0, canvas.width, canvas.height);
    source.close();
    const jpeg = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
    // iOS keeps the memory of a canvas until it is made small.
    canvas.width = canvas.height = 1;
    return jpeg && (must || scale < 1 || jpeg.size < blob.size) ? jpeg : null;
  } finally {
    source.close();
  }
}

interface Decoded { image: CanvasImageSource; width: number; height: number; close(): void }

async function decode(blob: Blob): Promise<Decoded> {
  if (typeof createImageBitmap === 'function') {
    try {
      const b = await createImageBitmap(blob, { imageOrientation: 'from-image' });
      return { image: b, width: b.width, height: b.height, close: () => b.close() };
    } catch { /* an old browser that does not know the option, or not this format */ }
  }
  // Without this property the browser draws photos unturned, and the canvas would lose the EXIF note: leave such photos to the server.
  if (!(window.CSS && CSS.supports && CSS.supports('image-orientation', 'from-image'))) throw new Error('orientation is not applied here');
  const url = URL.createObjectURL(blob);
  const img = new Image();
  await new Promise<void>((resolve, reject) => { img.onload = () => resolve(); img.onerror = () => reject(new Error('not decodable')); img.src = url; })
    .catch(e => { URL.revokeObjectURL(url); throw e; });
  return { image: img, width: img.naturalWidth, height: img.naturalHeight, close: () => URL.revokeObjectURL(url) };
}
