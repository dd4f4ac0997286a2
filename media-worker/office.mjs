import { open } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { createInflateRaw } from 'node:zlib';
import { refuse } from './refusal.mjs';

const MAX_ENTRIES = 5_000;
const MAX_UNPACKED_BYTES = 200 * 1024 * 1024;
const MAX_DIRECTORY_BYTES = 4 * 1024 * 1024;
const CONTENT_TYPES = '[Content_Types].xml';
const MACRO_PART = /(^|\/)vbaProject\.bin$|(^|\/)vbaData\.xml$/i;
const MACRO_TYPE = /macroEnabled|vbaProject|sheet\.binary/i;

/** DOCX or XLSX by its parts. The directory is judged first; then every part is inflated and counted, because a directory can lie. */
export async function officeKind(path, size) {
  const entries = await readDirectory(path, size);
  const names = new Set(entries.map(entry => entry.name));
  if (names.size !== entries.length) throw refuse.broken(); // the same name twice: two readers would see two documents
  if (!names.has(CONTENT_TYPES)) throw refuse.unknownType();
  const kind = names.has('word/document.xml') ? 'docx' : names.has('xl/workbook.xml') ? 'xlsx' : null;
  if (kind === null || entries.some(entry => MACRO_PART.test(entry.name))) throw refuse.unknownType();
  if (entries.some(entry => entry.encrypted)) throw refuse.unknownType();
  let unpacked = 0;
  for (const entry of entries) {
    const keep = entry.name === CONTENT_TYPES;
    const { bytes, text } = await unpack(path, entry, MAX_UNPACKED_BYTES - unpacked, keep);
    unpacked += bytes;
    if (keep && MACRO_TYPE.test(text)) throw refuse.unknownType();
  }
  return kind;
}

async function readDirectory(path, size) {
  const file = await open(path, 'r');
  try {
    const tail = await read(file, Math.max(0, size - 66_000), Math.min(size, 66_000));
    const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
    if (end < 0 || end + 22 > tail.length) throw refuse.broken();
    const count = tail.readUInt16LE(end + 10);
    const length = tail.readUInt32LE(end + 12);
    const start = tail.readUInt32LE(end + 16);
    // 0xffff entries or 0xffffffff bytes announce ZIP64, which no document under our upload limit needs.
    if (count > MAX_ENTRIES || length > MAX_DIRECTORY_BYTES) throw refuse.archiveBomb();
    if (start + length > size) throw refuse.broken();
    const entries = parseDirectory(await read(file, start, length), count);
    if (entries.reduce((sum, entry) => sum + entry.size, 0) > MAX_UNPACKED_BYTES) throw refuse.archiveBomb();
    for (const entry of entries) {
      const local = await read(file, entry.offset, 30);
      if (local.length < 30 || local.readUInt32LE(0) !== 0x04034b50) throw refuse.broken();
      entry.dataStart = entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
      if (entry.dataStart + entry.packed > size) throw refuse.broken();
    }
    return entries;
  } finally {
    await file.close();
  }
}

function parseDirectory(bytes, count) {
  const entries = [];
  for (let at = 0; entries.length < count;) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) throw refuse.broken();
    const nameLength = bytes.readUInt16LE(at + 28);
    entries.push({
      name: bytes.toString('utf8', at + 46, at + 46 + nameLength).replaceAll('\\', '/').replace(/^\/+/, ''),
      encrypted: (bytes.readUInt16LE(at + 8) & 1) === 1,
      method: bytes.readUInt16LE(at + 10),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

async function unpack(path, entry, allowed, keep) {
  if (entry.packed === 0) return { bytes: 0, text: '' };
  if (entry.method !== 0 && entry.method !== 8) throw refuse.broken();
  const packed = createReadStream(path, { start: entry.dataStart, end: entry.dataStart + entry.packed - 1 });
  const plain = entry.method === 8 ? packed.pipe(createInflateRaw()) : packed;
  const kept = [];
  let bytes = 0;
  try {
    for await (const chunk of plain) {
      bytes += chunk.length;
      if (bytes > allowed || bytes > entry.size) throw refuse.archiveBomb();
      if (keep && bytes < 1_000_000) kept.push(chunk);
    }
  } catch (error) {
    throw error.code?.startsWith?.('media.') ? error : refuse.broken();
  } finally {
    packed.destroy();
  }
  if (bytes !== entry.size) throw refuse.broken();
  return { bytes, text: Buffer.concat(kept).toString('utf8') };
}

async function read(file, start, length) {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, start);
  return bytes.subarray(0, bytesRead);
}
