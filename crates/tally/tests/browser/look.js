// What must hold of every page, whoever looks at it and whatever names it shows.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { SCREENSHOTS } from './stage.js';

/** Longer than a look takes, on a busy machine: a test that waits for ever says nothing. */
export const PATIENCE = { timeout: 120_000 };

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Who looks. */
export const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };
export const LANGUAGES = ['en', 'fr'];

/** Everybody who looks at a page: by size, with JavaScript or without, by language. */
export const viewers = Object.keys(SIZES).flatMap((size) =>
  [true, false].flatMap((javascript) => LANGUAGES.map((language) => ({ size, javascript, language }))));

/** Four of them, among whom each size, language and presence of JavaScript meets each other one. */
export const someViewers = viewers.filter(({ size, javascript, language }) =>
  (size === 'phone') === (javascript === (language === 'en')));

/** A viewer as a word of a file's name. */
export const named = ({ size, javascript, language }) => `${size}-${javascript ? 'js' : 'nojs'}-${language}`;

/** A window of such a viewer. */
export function seenBy(browser, { size, language = 'en' }, options = {}) {
  return browser.newContext({
    viewport: SIZES[size],
    hasTouch: size === 'phone',
    locale: { en: 'en-GB', fr: 'fr-FR' }[language],
    ...options,
  });
}

/** The switch of pages that are to be without JavaScript. */
const switches = new WeakMap();

/**
 * A page of a window, with JavaScript or without. Not by the window's `javaScriptEnabled`: that cannot be undone, and what looks at
 * a page as it stands is JavaScript itself.
 */
export async function opened(context, { javascript = true }) {
  const page = await context.newPage();
  if (!javascript) {
    const session = await context.newCDPSession(page);
    switches.set(page, (value) => session.send('Emulation.setScriptExecutionDisabled', { value }));
    await switches.get(page)(true);
  }
  return page;
}

/**
 * Opens a page and holds it against all of this: its status, nothing in the console (which is where a breach of the content
 * security policy is told), no request that failed, no sideways scrolling, its language, no name that ran as a script, and no
 * serious or critical finding of axe-core. With a name it leaves a picture.
 */
export async function look(context, viewer, url, name, status = 200) {
  const page = await opened(context, viewer);
  const complaints = listen(page);
  try {
    const answer = await page.goto(url, { waitUntil: 'load' });
    if (!url.startsWith('file:')) assert.equal(answer.status(), status, url);
    // A refusal that is wanted is told twice.
    if (status !== 200) assert.equal(complaints.splice(0).length, 2);
    if (name) await page.screenshot({ path: join(SCREENSHOTS, `${name}-${named(viewer)}.png`), fullPage: true });
    await standing(page, viewer, complaints);
  } finally {
    await page.close();
  }
}

/** What a page says against itself, as it goes. */
export function listen(page) {
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`no answer: ${request.url()} ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
  return complaints;
}

/** What must hold of a page as it stands, after whatever was done to it. */
export async function standing(page, { language }, complaints = []) {
  await switches.get(page)?.(false);
  const seen = await page.evaluate(layout);
  assert.equal(seen.hit, undefined, 'a name ran as a script');
  assert.ok(seen.taken <= seen.room, `it scrolls sideways: ${seen.taken} of ${seen.room}: ${seen.widest.join('\n')}`);
  if (language) assert.equal(seen.lang, language, 'language of the page');
  // No tag of its own: a policy that is strict would refuse it.
  await page.evaluate(AXE);
  assert.deepEqual(await page.evaluate(findings), [], 'findings of axe-core');
  await switches.get(page)?.(true);
  assert.deepEqual(complaints, []);
}

/** In the page: its language, what a name did, and how wide it is. */
function layout() {
  const room = document.documentElement.clientWidth;
  const wide = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > room + 1);
  return {
    lang: document.documentElement.lang,
    hit: window.hit,
    room,
    taken: Math.max(document.documentElement.scrollWidth, document.body.scrollWidth),
    widest: wide.slice(0, 3).map((one) => one.outerHTML.slice(0, 120)),
  };
}

/** In the page: what axe-core finds that keeps somebody out. */
async function findings() {
  // Without JavaScript a page can move on only by being loaded anew, which is no barrier to whoever can tell it to stay.
  const rules = { 'meta-refresh': { enabled: !document.querySelector('a[href$="still=1"]') } };
  const { violations } = await window.axe.run(document, { resultTypes: ['violations'], rules });
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, impact, help, nodes }) => `${impact}: ${id}: ${help}: ${nodes.slice(0, 3).map(({ html }) => html).join('\n')}`);
}
