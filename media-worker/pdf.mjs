import { readFile } from 'node:fs/promises';
import {
  PDFArray, PDFContext, PDFDict, PDFDocument, PDFInvalidObject, PDFName, PDFRawStream, PDFStream, ParseSpeeds, decodePDFRawStream,
} from '@cantoo/pdf-lib';
import { refuse } from './refusal.mjs';

const MAX_PAGES = 500;
/** What an action may not be. /URI and /GoTo are what a statement's table of contents uses. */
const ACTIVE_ACTIONS = new Set(['JavaScript', 'Launch', 'ImportData', 'SubmitForm', 'GoToE', 'Rendition', 'RichMediaExecute']);
/** Keys that carry a script, an embedded file or a form engine with scripts of its own. */
const ACTIVE_KEYS = new Set(['JS', 'JavaScript', 'EF', 'XFA']);
const ACTIVE_TYPES = new Set(['EmbeddedFile', 'RichMedia', 'FileAttachment']);

/** The same names as text, for bytes that the parser did not turn into objects; any letter may be written as #xx. */
const ACTIVE_TEXT = new RegExp(`/(?:${['JavaScript', 'Launch', 'EmbeddedFile'].map(escapable).join('|')})(?=[\\s/<>()\\[\\]{}%]|$)`, 'i');
const OBJECT_STREAM_TEXT = new RegExp(`/(?:${escapable('ObjStm')})`);

function escapable(name) {
  return [...name].map(letter => `(?:${letter}|#${letter.charCodeAt(0).toString(16)})`).join('');
}

// Every version of every object is judged when the parser finds it. Looking at the finished document instead would miss an object
// that a later one of the same number covers, although the cross-reference table may point readers to the earlier one.
const verdicts = new WeakMap();
const assign = PDFContext.prototype.assign;
PDFContext.prototype.assign = function judgeAndAssign(ref, object) {
  const verdict = verdictOf(this);
  try {
    judge(object, verdict);
  } catch {
    verdict.unreadable = true;
  }
  return assign.call(this, ref, object);
};

function verdictOf(context) {
  if (!verdicts.has(context)) verdicts.set(context, { active: false, unreadable: false, openActions: [] });
  return verdicts.get(context);
}

/** Pages of a PDF that can be opened without a password and does nothing by itself. */
export async function pdfPages(path) {
  const bytes = await readFile(path);
  const document = await load(bytes);
  const verdict = verdictOf(document.context);
  if (verdict.active || verdict.openActions.some(action => !isPageView(document.context.lookup(action)))) throw refuse.activePdf();
  if (ACTIVE_TEXT.test(bytes.toString('latin1'))) throw refuse.activePdf();
  if (verdict.unreadable) throw refuse.broken();
  return countPages(document);
}

async function load(bytes) {
  try {
    // The empty password opens what is only restricted by an owner password, as many banks' statements are.
    return await PDFDocument.load(bytes, { password: '', parseSpeed: ParseSpeeds.Fastest, updateMetadata: false, preserveXFA: true });
  } catch (error) {
    throw isAboutEncryption(error, bytes) ? refuse.passwordProtected() : refuse.broken();
  }
}

function isAboutEncryption(error, bytes) {
  return /password|encrypt|crypt filter|crypto method|key length/i.test(error.message) || bytes.includes('/Encrypt');
}

function judge(object, verdict) {
  const waiting = [object];
  while (waiting.length > 0 && !verdict.active) {
    const next = waiting.pop();
    if (next instanceof PDFArray) waiting.push(...next.asArray());
    else if (next instanceof PDFDict) judgeDictionary(next, verdict, waiting);
    else if (next instanceof PDFStream) {
      judgeDictionary(next.dict, verdict, waiting);
      if (isObjectStream(next.dict)) judgeText(next, verdict);
    } else if (next instanceof PDFInvalidObject && OBJECT_STREAM_TEXT.test(Buffer.from(next.data).toString('latin1'))) {
      verdict.unreadable = true; // objects hide in there that no check has seen
    }
  }
}

function judgeDictionary(dictionary, verdict, waiting) {
  for (const [key, value] of dictionary.entries()) {
    const name = key.decodeText();
    if (ACTIVE_KEYS.has(name)) verdict.active = true;
    if (name === 'S' && value instanceof PDFName && ACTIVE_ACTIONS.has(value.decodeText())) verdict.active = true;
    if ((name === 'Type' || name === 'Subtype') && value instanceof PDFName && ACTIVE_TYPES.has(value.decodeText())) verdict.active = true;
    if (name === 'OpenAction') verdict.openActions.push(value);
    waiting.push(value);
  }
}

/** By what readers look at: pdf.js takes objects from any stream with /N and /First, whatever its /Type says. */
function isObjectStream(dictionary) {
  const type = dictionary.get(PDFName.of('Type'));
  return type === PDFName.of('ObjStm') || (dictionary.has(PDFName.of('N')) && dictionary.has(PDFName.of('First')));
}

function judgeText(stream, verdict) {
  if (!(stream instanceof PDFRawStream)) return;
  if (ACTIVE_TEXT.test(Buffer.from(decodePDFRawStream(stream).decode()).toString('latin1'))) verdict.active = true;
}

/** An open action that only says where to start reading: a destination, or /GoTo. */
function isPageView(action) {
  if (action instanceof PDFDict) return action.get(PDFName.of('S')) === PDFName.of('GoTo') && !action.has(PDFName.of('Next'));
  return !(action instanceof PDFStream);
}

/** Counts leaves instead of believing /Count, and wants every page and its content to be there: a cut file lacks some. */
function countPages(document) {
  const { context } = document;
  const root = lookup(context, document.catalog?.get(PDFName.of('Pages')));
  const waiting = [root];
  const seen = new Set();
  let pages = 0;
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (!(node instanceof PDFDict) || seen.has(node)) throw refuse.broken();
    seen.add(node);
    const kids = lookup(context, node.get(PDFName.of('Kids')));
    if (kids instanceof PDFArray) {
      if (kids.size() > 100_000) throw refuse.tooManyPages();
      for (const kid of kids.asArray()) waiting.push(lookup(context, kid));
    } else {
      requireContents(context, node);
      if (++pages > MAX_PAGES) throw refuse.tooManyPages();
    }
  }
  if (pages === 0) throw refuse.broken();
  return pages;
}

function requireContents(context, page) {
  const entry = page.get(PDFName.of('Contents'));
  if (entry === undefined) return; // an empty page
  const contents = lookup(context, entry);
  const parts = contents instanceof PDFArray ? contents.asArray().map(part => lookup(context, part)) : [contents];
  if (!parts.every(part => part instanceof PDFStream)) throw refuse.broken();
}

function lookup(context, value) {
  return value === undefined ? undefined : context.lookup(value);
}
