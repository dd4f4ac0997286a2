// @ts-nocheck the test runner's types are not installed
import test from 'node:test';
import assert from 'node:assert/strict';
import { defaultTitle, endsUpload, mayRetry, parseRefusal, readTusError } from '../src/lib/refusal';
import { newKey } from '../src/lib/ids';
import { isHeic, withExtension } from '../src/lib/heic';

test('A network error and a server error are tried again, a full disk and a decision are not', () => {
  for (const s of [0, 408, 429, 500, 502, 503, 504]) assert.equal(mayRetry(s, 'PATCH'), true, String(s));
  for (const s of [400, 401, 403, 404, 410, 413, 415, 422, 460, 507]) assert.equal(mayRetry(s, 'PATCH'), false, String(s));
});

test('An offset that does not match is settled by asking, a conflict at creation is a decision', () => {
  assert.equal(mayRetry(409, 'PATCH'), true);
  assert.equal(mayRetry(423, 'HEAD'), true);
  assert.equal(mayRetry(409, 'POST'), false);
});

test('Only a decision about the upload ends its key', () => {
  for (const s of [400, 404, 410, 413, 415, 422]) assert.equal(endsUpload(s), true, String(s));
  for (const s of [0, 401, 403, 409, 423, 429, 500, 507]) assert.equal(endsUpload(s), false, String(s));
});

test('The sentence of the server is shown, and there is one when it said nothing', () => {
  assert.deepEqual(parseRefusal(422, '{"title":"图片打不开","code":"file.damaged","status":422}'), { title: '图片打不开', code: 'file.damaged', status: 422 });
  assert.equal(parseRefusal(502, '<html>Bad gateway</html>'), null);
  assert.equal(parseRefusal(400, '{"title":""}'), null);
  const silent = readTusError({ originalRequest: { getMethod: () => 'PATCH' }, originalResponse: { getStatus: () => 413, getBody: () => '' } });
  assert.equal(silent.refusal.title, defaultTitle(413));
  assert.equal(readTusError(new Error('x')).status, 0);
});

test('No default sentence holds a Latin word', () => {
  for (const s of [0, 400, 401, 403, 404, 409, 410, 413, 415, 423, 429, 500, 507]) assert.doesNotMatch(defaultTitle(s), /[a-z]{3}/i);
});

test('Client keys are version 4 identifiers even where randomUUID is missing', () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
  const real = globalThis.crypto;
  Object.defineProperty(globalThis, 'crypto', { value: { getRandomValues: a => real.getRandomValues(a) }, configurable: true });
  try {
    const keys = new Set(Array.from({ length: 200 }, newKey));
    assert.equal(keys.size, 200);
    for (const k of keys) assert.match(k, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  } finally { Object.defineProperty(globalThis, 'crypto', own); }
});

test('HEIC is known by its type, and a JPEG is not taken for one', async () => {
  assert.equal(await isHeic(Object.assign(new Blob(['x'], { type: 'image/heic' }), { name: 'a.jpg' })), true);
  assert.equal(await isHeic(Object.assign(new Blob(['x'], { type: 'image/jpeg' }), { name: 'a.jpg' })), false);
  assert.equal(withExtension('IMG_1.HEIC', 'jpg'), 'IMG_1.jpg');
  assert.equal(withExtension('照片', 'jpg'), '照片.jpg');
});
