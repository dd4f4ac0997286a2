// @ts-nocheck the test runner's types are not installed
import test from 'node:test';
import assert from 'node:assert/strict';
import { isUploadOf, missingNames, PARALLEL, pick, pollDelay, refuseLocally, retryDelay, roomLeft, sections, statusText, step } from '../src/phone/queue';

const entry = (o = {}) => ({
  key: 'k', clientKey: 'c', scope: 's', item: 'id', name: 'a.jpg', type: 'image/jpeg', size: 10, blob: new Blob(['0123456789']), phase: 'ready', uploadUrl: null,
  attempts: 0, notBefore: 0, title: null, code: null, again: false, addedAt: 1, ...o,
});
const item = (o = {}) => ({
  code: 'id', name: '身份证正面', group: null, required: true, state: 'missing', reason: null, help: null, exampleUrl: null, minFiles: 1, maxFiles: 2,
  formats: ['jpg'], maxBytes: 100, canUpload: true, documents: [], ...o,
});
const failed = (status, method = 'PATCH') => ({ type: 'failed', status, method, refusal: { title: '不行', code: 'x', status }, now: 1000 });

test('A lost network keeps file, key and place, and waits longer each time', () => {
  let e = entry({ phase: 'sending', uploadUrl: '/u/1' });
  const waits = [];
  for (let i = 0; i < 9; i++) { e = step({ ...e, phase: 'sending' }, failed(0)); waits.push(e.notBefore - 1000); }
  assert.equal(e.phase, 'ready');
  assert.equal(e.clientKey, 'c');
  assert.equal(e.uploadUrl, '/u/1');
  assert.ok(e.blob);
  assert.deepEqual(waits, [1, 2, 5, 10, 20, 30, 60, 60, 60].map(s => s * 1000));
});

test('A refusal shows the words of the server and forgets the upload', () => {
  const e = step(entry({ phase: 'sending', uploadUrl: '/u/1' }), failed(422));
  assert.deepEqual([e.phase, e.title, e.again, e.uploadUrl], ['refused', '不行', false, null]);
});

test('A full disk keeps the file and the place for another try', () => {
  const e = step(entry({ phase: 'sending', uploadUrl: '/u/1' }), failed(507));
  assert.deepEqual([e.phase, e.again, e.uploadUrl, !!e.blob], ['refused', true, '/u/1', true]);
  const again = step(e, { type: 'again' });
  assert.deepEqual([again.phase, again.clientKey, again.attempts, again.title], ['ready', 'c', 0, null]);
});

test('An upload that the server gave up starts again under a new key', () => {
  const e = step(entry({ phase: 'sending', uploadUrl: '/u/1' }), { type: 'lost', clientKey: 'd', now: 1000 });
  assert.deepEqual([e.phase, e.clientKey, e.uploadUrl, e.notBefore], ['ready', 'd', null, 2000]);
});

test('What is stored leaves the phone, what is still looked at stays until the decision', () => {
  assert.deepEqual([step(entry({ phase: 'sending' }), { type: 'arrived', state: 'stored' })].map(e => [e.phase, e.blob]), [['done', null]]);
  const waiting = step(entry({ phase: 'sending' }), { type: 'arrived', state: 'received' });
  assert.equal(waiting.phase, 'processing');
  const refused = step(waiting, { type: 'decided', state: 'refused', refusal: { code: 'pdf.locked', text: '有密码' } });
  assert.deepEqual([refused.phase, refused.title, refused.code, refused.blob, refused.again], ['refused', '有密码', 'pdf.locked', null, false]);
});

test('A page closed while sending continues, everything else is left alone', () => {
  assert.equal(step(entry({ phase: 'sending' }), { type: 'interrupted' }).phase, 'ready');
  for (const phase of ['new', 'ready', 'processing', 'refused']) assert.equal(step(entry({ phase }), { type: 'interrupted' }).phase, phase);
});

test('The oldest go first, a few side by side, and nothing without a network', () => {
  const list = [5, 3, 4, 1].map(n => entry({ key: 'k' + n, addedAt: n }));
  assert.deepEqual(pick(list, 0, true).send.map(e => e.key), ['k1', 'k3']);
  assert.equal(pick([...list, ...Array.from({ length: PARALLEL }, (_, i) => entry({ key: 's' + i, phase: 'sending' }))], 0, true).send.length, 0);
  assert.equal(pick(list, 0, false).send.length, 0);
  assert.equal(pick([entry({ notBefore: 900 })], 500, true).wakeAt, 900);
  assert.equal(pick([entry({ phase: 'new' })], 0, false).prepare?.key, 'k');
});

test('Empty and too large files are refused before a byte is sent', () => {
  assert.equal(refuseLocally(item(), { size: 0, type: '', name: 'a' })?.code, 'local.empty');
  assert.equal(refuseLocally(item(), { size: 101, type: '', name: 'a' })?.code, 'local.too_large');
  assert.equal(refuseLocally(item(), { size: 100, type: '', name: 'a' }), null);
});

test('Files on their way take room, returned ones give it back', () => {
  const i = item({ maxFiles: 3, documents: [{ state: 'uploaded' }, { state: 'returned' }, { state: 'refused' }] });
  assert.equal(roomLeft(i, []), 2);
  assert.equal(roomLeft(i, [entry(), entry({ item: 'other' }), entry({ phase: 'refused' })]), 1);
});

test('Each phase has its word', () => {
  assert.equal(statusText(entry(), true, 0), '排队中');
  assert.equal(statusText(entry(), false, 0), '等待网络');
  assert.equal(statusText(entry({ attempts: 2 }), true, 0), '等待网络');
  assert.equal(statusText(entry({ attempts: 2, title: '服务器忙' }), true, 0), '服务器忙，稍后自动重试');
  assert.equal(statusText(entry({ phase: 'sending' }), true, 45), '上传中 45%');
  assert.equal(statusText(entry({ phase: 'refused', title: '有密码' }), true, 0), '有密码');
});

test('Missing first, then returned, then optional, then what has arrived', () => {
  const state = { items: [
    item({ code: 'a', state: 'accepted' }), item({ code: 'b', required: false }), item({ code: 'c', state: 'returned' }), item({ code: 'd', state: 'partial' }),
    item({ code: 'e', state: 'not_needed' }), item({ code: 'f', required: false, group: '任选一项' }),
  ] };
  assert.deepEqual(sections(state).map(s => [s.key, s.items.map(i => i.code).join('')]), [['missing', 'df'], ['returned', 'c'], ['optional', 'b'], ['arrived', 'a'], ['off', 'e']]);
});

test('A one-of group counts as one missing thing', () => {
  assert.deepEqual(missingNames([item(), item({ name: '结婚证', group: 'g' }), item({ name: '离婚证', group: 'g' })]), ['身份证正面', '结婚证或离婚证']);
});

test('The server is asked often while it works, seldom while nothing happens, never unseen', () => {
  assert.equal(pollDelay(0, true, true), 3000);
  assert.equal(pollDelay(0, false, true), 3000);
  assert.equal(pollDelay(50, false, true), 15000);
  assert.equal(pollDelay(0, true, false), null);
  assert.equal(retryDelay(1), 1000);
});

test('An upload that the server lists under its own id is the line of this phone, and no other', () => {
  const row = { id: '0199aa00-1111-7222-8333-444455556666' };
  assert.equal(isUploadOf(entry({ uploadUrl: '/api/uploads/0199aa00-1111-7222-8333-444455556666' }), row), true);
  assert.equal(isUploadOf(entry({ uploadUrl: '/api/uploads/0199aa00111172228333444455556666' }), row), true);
  assert.equal(isUploadOf(entry({ uploadUrl: '/api/uploads/0199aa00-1111-7222-8333-444455550000' }), row), false);
  assert.equal(isUploadOf(entry(), row), false);
});
