// Makes the photos of the benches. Alone: node bench-photo.mjs FOLDER COUNT, then "plain" measures sharp doing the same two resizes.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

export const WIDTH = 4000;
export const HEIGHT = 3000;

/** Blurred noise under fine noise: about as large as a phone's photo, so decoding costs what it costs there. */
export async function photo(path, orientation) {
  const noise = (width, height, sigma) =>
    sharp({ create: { width, height, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma } } }).png().toBuffer();
  const scene = await sharp(await noise(80, 60, 60)).resize(WIDTH, HEIGHT, { kernel: 'cubic' }).png({ compressionLevel: 0 }).toBuffer();
  await sharp(scene)
    .composite([{ input: await noise(WIDTH, HEIGHT, 14), blend: 'soft-light' }])
    .withExif({ IFD0: { Make: 'Bench' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '39/1 54/1 0/1' } })
    .withMetadata({ orientation })
    .jpeg({ quality: 88 })
    .toFile(path);
}

/** Two resizes and nothing else: what the house's chain is compared with. */
export async function plain(path, out) {
  const resize = (edge, to) => sharp(path).autoOrient().resize(edge, edge, { fit: 'inside', withoutEnlargement: true }).jpeg({ quality: 80 }).toFile(to);
  await resize(2048, `${out}-preview.jpg`);
  await resize(320, `${out}-thumbnail.jpg`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [verb, folder, count] = process.argv.slice(2);
  if (verb === 'make') {
    mkdirSync(folder, { recursive: true });
    for (let i = 0; i < Number(count); i++) await photo(join(folder, `photo-${i}.jpg`), i % 2 === 0 ? 1 : 6);
  } else {
    // Two at a time, each with one thread, as the media worker runs them.
    sharp.cache(false);
    sharp.concurrency(1);
    const photos = readdirSync(folder).filter(name => name.startsWith('photo-')).sort();
    await plain(join(folder, photos[0]), join(folder, 'plain-warm'));
    const start = performance.now();
    let next = 0;
    await Promise.all([0, 1].map(async worker => {
      while (next < Number(count)) await plain(join(folder, photos[next++ % photos.length]), join(folder, `plain-${worker}`));
    }));
    console.log(Number(count) / ((performance.now() - start) / 1000));
  }
}
