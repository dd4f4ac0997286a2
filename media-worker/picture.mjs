import { rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import sharp from 'sharp';
import { MAX_PIXELS, checkPixels } from './content.mjs';
import { refuse } from './refusal.mjs';

const THUMBNAIL_EDGE = 320;
const PREVIEW_EDGE = 2048;

// Only the three loaders that are needed: every other one (SVG, TIFF, HEIF, GIF, the generic ones) is attack surface.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] });
// Every job has other input, so a cache only holds memory. One thread each: the pool is what uses the cores.
sharp.cache(false);
sharp.concurrency(1);

// First frame only (the default); 'error' covers a truncated file, but forgives what cameras get wrong without harm.
const INPUT = { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true };

/** Facts of a picture: nothing is decoded. Width and height are upright. */
export async function pictureFacts(path, header) {
  const found = await sharp(path, INPUT).metadata().catch(error => { throw translate(error); });
  if (found.format !== header.kind) throw refuse.broken();
  const size = { width: found.width, height: found.pageHeight ?? found.height };
  checkPixels(size);
  const orientation = found.orientation >= 1 && found.orientation <= 8 ? found.orientation : 1;
  const lies = orientation >= 5;
  return {
    kind: header.kind,
    width: lies ? size.height : size.width,
    height: lies ? size.width : size.height,
    pages: 1,
    orientation,
  };
}

/**
 * Preview and thumbnail from one decode: the thumbnail comes from the preview, whose decoder shrinks by 4 while loading.
 * sharp drops EXIF, GPS, XMP and ICC on output and converts to sRGB through the embedded profile first.
 */
export async function makeRenditions(path, workFolder) {
  const name = randomUUID();
  const previewPath = join(workFolder, `${name}-preview.jpg`);
  const thumbnailPath = join(workFolder, `${name}-thumbnail.jpg`);
  try {
    const preview = await sharp(path, INPUT)
      .autoOrient()
      .resize(PREVIEW_EDGE, PREVIEW_EDGE, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: 80 })
      .toBuffer({ resolveWithObject: true });
    const [thumbnail] = await Promise.all([
      sharp(preview.data, INPUT)
        .resize(THUMBNAIL_EDGE, THUMBNAIL_EDGE, { fit: 'inside', withoutEnlargement: true })
        .jpeg({ quality: 80 })
        .toBuffer({ resolveWithObject: true }),
      writeFile(previewPath, preview.data, { mode: 0o600 }),
    ]);
    await writeFile(thumbnailPath, thumbnail.data, { mode: 0o600 });
    return { thumbnail: rendition(thumbnailPath, thumbnail.info), preview: rendition(previewPath, preview.info) };
  } catch (error) {
    await Promise.all([previewPath, thumbnailPath].map(made => rm(made, { force: true })));
    throw error.code?.startsWith?.('E') ? error : translate(error); // ENOSPC and its like are not the picture's fault
  }
}

function rendition(path, info) {
  return { path, width: info.width, height: info.height, bytes: info.size };
}

function translate(error) {
  return /pixel limit|exceeds/i.test(error.message) ? refuse.tooManyPixels() : refuse.broken();
}
