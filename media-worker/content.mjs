import { open } from 'node:fs/promises';
import { BadRequest, refuse } from './refusal.mjs';

/** Enough for every fixed header below; a JPEG's frame header may lie behind a large EXIF block and is read by walking segments. */
const HEAD_BYTES = 4096;

export const MAX_PIXELS = 50_000_000;
/** A strip of 1 x 8,000,000 passes a pixel cap and still ruins a resizer; a long chat screenshot is about 30:1. */
const MAX_ASPECT = 50;
const LONG_EDGE_WITHOUT_ASPECT_RULE = 4096;

/** True type by content: magic bytes, then the header of that type. Sizes are as stored, before orientation. */
export async function readHeader(path) {
  const file = await open(path, 'r').catch(() => { throw new BadRequest('no such file'); });
  try {
    const size = (await file.stat()).size;
    if (size === 0) throw refuse.empty();
    const head = Buffer.alloc(Math.min(size, HEAD_BYTES));
    await file.read(head, 0, head.length, 0);
    const kind = kindOf(head);
    if (kind === null) throw refuse.unknownType();
    if (kind === 'pdf' || kind === 'zip') return { kind, size };
    const dimensions = kind === 'png' ? pngSize(head) : kind === 'webp' ? webpSize(head) : await jpegSize(file, size);
    checkPixels(dimensions);
    return { kind, size, ...dimensions };
  } finally {
    await file.close();
  }
}

export function checkPixels({ width, height }) {
  if (!(width > 0 && height > 0)) throw refuse.broken();
  const long = Math.max(width, height);
  if (width * height > MAX_PIXELS) throw refuse.tooManyPixels();
  if (long > LONG_EDGE_WITHOUT_ASPECT_RULE && long / Math.min(width, height) > MAX_ASPECT) throw refuse.tooManyPixels();
}

function kindOf(head) {
  if (head.length >= 3 && head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  if (startsWith(head, '\x89PNG\r\n\x1a\n')) return 'png';
  if (startsWith(head, 'RIFF') && head.toString('latin1', 8, 12) === 'WEBP') return 'webp';
  // Strict on purpose: readers accept a PDF header within the first 1024 bytes, which lets a web page pass as a PDF.
  if (/^(\xef\xbb\xbf)?\s{0,8}%PDF-[12]\.\d/.test(head.toString('latin1', 0, 32))) return 'pdf';
  if (startsWith(head, 'PK\x03\x04')) return 'zip';
  return null;
}

function startsWith(head, magic) {
  return head.toString('latin1', 0, magic.length) === magic;
}

function pngSize(head) {
  if (head.length < 33 || head.toString('latin1', 12, 16) !== 'IHDR') throw refuse.broken();
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

function webpSize(head) {
  if (head.length < 30) throw refuse.broken();
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ': return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X': return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    default: throw refuse.broken();
  }
}

/** Walks the segments up to the frame header (SOF); entropy-coded data is never touched. */
async function jpegSize(file, size) {
  const marker = Buffer.alloc(9);
  let offset = 2;
  for (let segments = 0; segments < 4096 && offset + 9 <= size; segments++) {
    const { bytesRead } = await file.read(marker, 0, 9, offset);
    if (bytesRead < 9 || marker[0] !== 0xff) throw refuse.broken();
    const code = marker[1];
    if (code === 0xff) { offset++; continue; } // fill byte
    if (code === 0x01 || (code >= 0xd0 && code <= 0xd8)) { offset += 2; continue; } // markers without a length
    if (code === 0xd9 || code === 0xda) throw refuse.broken(); // picture data or its end before any frame header
    const isFrame = code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;
    if (isFrame) return { width: marker.readUInt16BE(7), height: marker.readUInt16BE(5) };
    const length = marker.readUInt16BE(2);
    if (length < 2) throw refuse.broken();
    offset += 2 + length;
  }
  throw refuse.broken();
}
