// Who is let in, and what a dashboard shows that has nothing to show yet.

import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { site } from './dashboard.js';
import { someViewers, viewers } from './look.js';
import { actionOfEverybody, everyPageForEverybody } from './pages.js';
import { browser, daemon, tally } from './stage.js';

const PASSWORD = 'correct horse battery staple';
const onTelephones = viewers.filter(({ size, javascript }) => size === 'phone' && javascript);

describe('a dashboard with nothing to show', () => {
  let chromium, there, served;

  before(async () => {
    chromium = await browser();
    there = await site({ cases: 60 });
    served = await daemon(there);
  });

  after(async () => {
    await chromium?.close();
    await served?.stop();
    await there?.stop();
  });

  everyPageForEverybody([
    ['empty-overview', '/'],
    ['empty-decisions', '/decisions'],
    ['empty-runs', '/runs'],
    ['empty-report', '/reports/weekly'],
    ['empty-map', '/reports/weekly/map'],
    ['empty-quality', '/quality'],
    ['empty-places', '/places'],
    ['empty-audit', '/audit'],
  ], () => ({ browser: chromium, url: served.url }), onTelephones);
});

describe('the door', () => {
  let chromium, there, served, session;

  before(async () => {
    chromium = await browser();
    there = await site({ cases: 60 });
    for (const role of ['viewer', 'operator']) {
      await tally(['user', 'add', `one.${role}`, '--role', role, '--config', there.config], 0, `${PASSWORD}\n`);
    }
    await tally(['run', '--config', there.config, '--report', 'weekly']);
    served = await daemon(there);
    const context = await chromium.newContext();
    const page = await context.newPage();
    await page.goto(`${served.url}/sign-in`);
    await signIn(page, 'one.viewer', PASSWORD);
    await page.waitForURL(`${served.url}/`);
    session = await context.storageState();
    await context.close();
  });

  after(async () => {
    await chromium?.close();
    await served?.stop();
    await there?.stop();
  });

  const at = () => ({ browser: chromium, url: served.url });
  const known = () => ({ ...at(), options: { storageState: session } });

  const signIn = async (page, name, password) => {
    await page.locator('#name').fill(name);
    await page.locator('#password').fill(password);
    await page.locator('main form button').click();
  };

  everyPageForEverybody([['sign-in', '/sign-in']], at);

  everyPageForEverybody([
    ['viewer-overview', '/'],
    ['viewer-report', '/reports/weekly'],
    ['viewer-settings', '/settings', 403],
    ['viewer-audit', '/audit', 403],
    ['viewer-ask', '/ask?job=run&report=weekly', 403],
    ['viewer-acknowledge', '/acknowledge?report=weekly&event=held&cause=held', 403],
  ], known, onTelephones);

  actionOfEverybody('sign in, and out again', '/runs?report=weekly', at, async (page, viewer) => {
    assert.match(page.url(), /\/sign-in\?next=/);
    await signIn(page, 'one.operator', 'a wrong password');
    const { en, fr } = { en: /wrong/, fr: /incorrect|faux/ };
    assert.match(await page.getByRole('alert').innerText(), { en, fr }[viewer.language]);
    assert.equal(await page.locator('#name').inputValue(), 'one.operator');
    assert.equal(await page.locator('#password').inputValue(), '');
    await signIn(page, 'one.operator', PASSWORD);
    await page.waitForURL(/\/runs\?report=weekly$/);
    assert.match(await page.locator('header').innerText(), /one\.operator/);
    await page.locator('header form button').click();
    await page.waitForURL(/\/sign-in$/);
    await page.goto(new URL('/runs', page.url()).href);
    assert.match(page.url(), /\/sign-in/, 'nothing is left of the session');
  });

  actionOfEverybody('a viewer is offered nothing that is not a viewer\'s', '/', known, async (page) => {
    assert.equal(await page.locator('main a.button').count(), 0);
    await page.goto(new URL('/runs/1', page.url()).href);
    assert.equal(await page.locator('main a.button').count(), 0);
  }, someViewers);
});
