// What can be asked of the dashboard, asked in Chromium, and what DHIS2 then says.

import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { Api, find, HOSTILE, lose, olderWeeks, site } from './dashboard.js';
import { someViewers } from './look.js';
import { actionOfEverybody } from './pages.js';
import { browser, daemon, tally } from './stage.js';

describe('what can be asked', () => {
  let chromium, there, served, api;
  // Each of these is somebody's own.
  const weeks = olderWeeks();

  before(async () => {
    chromium = await browser();
    there = await site();
    await tally(['run', '--config', there.config, '--report', 'weekly']);
    served = await daemon(there);
    api = await Api.of(there, served.url);
  });

  after(async () => {
    await chromium?.close();
    await served?.stop();
    await there?.stop();
  });

  const at = () => ({ browser: chromium, url: served.url });

  /** Of the two languages of a page, the text of this viewer. */
  const words = ({ language }, en, fr) => ({ en, fr }[language]);
  /** The end of what was asked, on the page of its job: it moves on by itself. */
  const itsEnd = (page, tone) => page.locator(`h1 .mark.${tone}`).waitFor();
  const itsRun = async (page, viewer) => {
    await page.getByRole('link', { name: words(viewer, 'The run', "L'exécution"), exact: true }).click();
    await page.waitForURL(/\/runs\/\d+$/);
  };
  const confirm = (page) => page.locator('main form button').click();
  const button = (page, viewer, en, fr) => page.getByRole('link', { name: words(viewer, en, fr) }).first().click();

  actionOfEverybody('run now', '/', at, async (page, viewer) => {
    const card = page.locator('.card').filter({ has: page.getByRole('link', { name: 'weekly', exact: true }) });
    await card.getByRole('link', { name: words(viewer, 'Run now', 'Exécuter maintenant') }).click();
    await confirm(page);
    await itsEnd(page, 'good');
    await itsRun(page, viewer);
    assert.match(await page.locator('main').innerText(), words(viewer, /began by\s+dashboard: loopback/, /lancée par\s+dashboard: loopback/));
  });

  actionOfEverybody('back-fill', '/ask?job=run&report=weekly', at, async (page, viewer) => {
    const week = weeks.shift();
    assert.deepEqual(await there.dhis2.values(week), []);
    const fill = async (period) => {
      await page.locator('#from').fill(period);
      await page.locator('#to').fill(period);
      await confirm(page);
    };
    await fill('2026W60');
    assert.match(await page.getByRole('alert').innerText(), /2026W60/);
    assert.equal(await page.locator('#from').inputValue(), '2026W60', 'what was typed is not lost');
    await fill('202603');
    assert.match(await page.getByRole('alert').innerText(), /202603/);
    await fill(week);
    await itsEnd(page, 'good');
    await itsRun(page, viewer);
    assert.notDeepEqual(await there.dhis2.values(week), [], 'it is there');
  }, someViewers);

  const planned = async (page, viewer, week) => {
    await page.locator('#from').fill(week);
    await page.locator('#to').fill(week);
    await confirm(page);
    await itsEnd(page, 'good');
    await page.getByRole('link', { name: words(viewer, 'The plan', 'Le plan'), exact: true }).click();
    await page.waitForURL(/\/plans\/\d+$/);
    assert.deepEqual(await there.dhis2.values(week), [], 'a plan changes nothing');
  };

  actionOfEverybody('a plan that is applied', '/ask?job=plan&report=weekly', at, async (page, viewer) => {
    const week = weeks.shift();
    await planned(page, viewer, week);
    const n = await page.locator('table tbody tr').count();
    await button(page, viewer, 'Apply the plan', 'Appliquer le plan');
    await confirm(page);
    await itsEnd(page, 'good');
    assert.equal((await there.dhis2.values(week)).length, n, 'what the plan showed');
  }, someViewers);

  actionOfEverybody('a plan that is discarded', '/ask?job=plan&report=weekly', at, async (page, viewer) => {
    const week = weeks.shift();
    await planned(page, viewer, week);
    const plan = page.url();
    await button(page, viewer, 'Discard the plan', 'Abandonner le plan');
    await confirm(page);
    await itsEnd(page, 'good');
    await page.goto(plan);
    assert.equal(await page.locator('a.button').count(), 0, 'nothing is left to decide');
    assert.deepEqual(await there.dhis2.values(week), []);
  }, someViewers);

  const lost = async () => {
    await lose(there);
    await served.reload();
    const { run } = await api.job({ job: 'run', report: 'weekly', full: true });
    return `/runs/${run}`;
  };
  const PROBABLE = 'VnkErE22ELJ';
  const probable = async () => (await there.dhis2.values()).filter((one) => one.dataElement === PROBABLE && Number(one.value) > 0);

  actionOfEverybody('release what is held', lost, at, async (page, viewer) => {
    const before = await probable();
    assert.notEqual(before.length, 0);
    await button(page, viewer, 'Release what is held', 'Libérer ce qui est retenu');
    assert.notEqual(await page.locator('#from').inputValue(), '', 'over the periods of the run');
    await confirm(page);
    await itsEnd(page, 'good');
    assert.ok((await probable()).length < before.length, 'what was held is gone');
    await find(there);
    await served.reload();
    await api.job({ job: 'run', report: 'weekly', full: true });
    assert.equal((await probable()).length, before.length);
  }, someViewers);

  let changed;
  const drifted = async () => {
    changed = (await probable())[0];
    await there.dhis2.write([{ ...changed, value: `${Number(changed.value) + 40}` }]);
    await api.job({ job: 'run', report: 'weekly', full: true });
    await api.until('problem', async () => (await api.get('/problems')).items.length > 0);
    return '/decisions';
  };

  actionOfEverybody('see to a problem, and overwrite what somebody changed', drifted, at, async (page, viewer) => {
    const problem = page.locator('.card').filter({ hasText: words(viewer, 'changed in DHIS2', 'modifié dans DHIS2') });
    await problem.getByRole('link').click();
    await confirm(page);
    await page.waitForURL(/\/decisions$/);
    assert.match(await problem.innerText(), /dashboard: loopback/);
    assert.equal(await problem.getByRole('link').count(), 0);

    await page.goto(new URL('/', page.url()).href);
    await page.getByRole('link', { name: words(viewer, /changed in DHIS2 by somebody/, /modifiée dans DHIS2 par/) }).click();
    await button(page, viewer, 'Overwrite what was changed', 'Écraser ce qui a été modifié');
    await confirm(page);
    await itsEnd(page, 'good');
    const now = (await probable()).find((one) =>
      ['period', 'orgUnit', 'categoryOptionCombo'].every((part) => one[part] === changed[part]));
    assert.equal(now.value, changed.value);
  }, someViewers);

  actionOfEverybody('choose a language', '/runs', at, async (page, viewer) => {
    const [own, other] = viewer.language === 'en' ? ['English', 'Français'] : ['Français', 'English'];
    const spoken = () => page.locator('html').getAttribute('lang');
    await page.getByRole('link', { name: other }).click();
    await page.waitForURL(/\/runs$/);
    assert.notEqual(await spoken(), viewer.language);
    await page.locator('nav a').first().click();
    assert.notEqual(await spoken(), viewer.language, 'it stays');
    await page.getByRole('link', { name: own }).click();
    assert.equal(await spoken(), viewer.language);
  });

  actionOfEverybody('runs of one report', '/runs', at, async (page, viewer) => {
    const chosen = page.waitForURL(/report=Labo/);
    await page.locator('#report').selectOption(HOSTILE);
    // With JavaScript the choice is enough.
    if (!viewer.javascript) await page.locator('main form button').click();
    await chosen;
    await page.locator('.empty').waitFor();
    assert.equal(await page.locator('#report').inputValue(), HOSTILE);
  });
});
