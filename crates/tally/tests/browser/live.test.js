// A run as it goes on, and a daemon that stops while somebody looks.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Api, site } from './dashboard.js';
import { listen, named, opened, PATIENCE, seenBy, someViewers, standing } from './look.js';
import { actionOfEverybody } from './pages.js';
import { browser, daemon } from './stage.js';

/** So long a daemon may take to stop: what it sends is let go of after two seconds. */
const STOP_MS_MAX = 8000;
const OF_CASES = /^\w+ .*\/cases/;
const OF_VALUES = /^GET .*\/dataValueSets/;

describe('a run as it goes on', () => {
  let chromium, there, served, api;

  before(async () => {
    chromium = await browser();
    there = await site();
    served = await daemon(there);
    api = await Api.of(there, served.url);
  });

  after(async () => {
    await chromium?.close();
    await served?.stop();
    await there?.stop();
  });

  const at = () => ({ browser: chromium, url: served.url });

  /** Asks for a run and holds it up while it reads cases; tells the page of the run. */
  let job;
  const underWay = async () => {
    const held = there.godata.hold(OF_CASES);
    job = api.job({ job: 'run', report: 'weekly', full: true });
    // Nobody waits for it when a test fails.
    job.catch(() => {});
    await held;
    const { items: [run] } = await api.get('/runs?limit=1');
    assert.equal(run.finished_at, null);
    return `/runs/${run.run}`;
  };

  actionOfEverybody('its page moves on by itself', underWay, at, async (page, viewer) => {
    try {
      const steps = page.locator('.steps li');
      const before = await steps.count();
      assert.notEqual(before, 0, 'it shows steps');
      // Only a page that was not loaded anew keeps this.
      await page.locator('h1').evaluate((title) => { title.dataset.kept = 'yes'; });
      const held = there.dhis2.line.hold(OF_VALUES);
      there.godata.release();
      await held;
      await page.locator(`.steps li:nth-child(${before + 1})`).waitFor();
      assert.equal(await page.locator('h1[data-kept]').count(), viewer.javascript ? 1 : 0);
      there.dhis2.line.release();
      await page.locator('h1 .mark.good').waitFor();
      assert.equal(await page.locator('.steps').count(), 0);
      await job;
    } finally {
      there.godata.release();
      there.dhis2.line.release();
    }
  }, someViewers);

  actionOfEverybody('its page can be told to stay', underWay, at, async (page, viewer) => {
    try {
      await page.getByRole('link', { name: { en: 'Leave it as it is', fr: 'La laisser telle quelle' }[viewer.language] }).click();
      assert.notEqual(await page.locator('.steps li').count(), 0);
      assert.equal(await page.locator('meta[http-equiv=refresh]').count(), 0);
    } finally {
      there.godata.release();
      await job;
    }
  }, someViewers.filter(({ javascript }) => !javascript));

  for (const viewer of someViewers) {
    test(`the daemon stops under a page that moves: ${named(viewer)}`, PATIENCE, async () => {
      const context = await seenBy(chromium, viewer);
      try {
        const page = await opened(context, viewer);
        const errors = [];
        page.on('pageerror', (error) => errors.push(error.message));
        const complaints = listen(page);
        await page.goto(new URL(await underWay(), served.url).href);
        await page.locator('.steps li').first().waitFor();
        await standing(page, viewer, complaints);
        const began = Date.now();
        const stopped = served.stop();
        there.godata.release();
        assert.equal(await stopped, 0, served.said());
        assert.ok(Date.now() - began < STOP_MS_MAX, `it took ${Date.now() - began} ms`);
        // What it showed last is there still, and comes back with the daemon.
        if (viewer.javascript) assert.notEqual(await page.locator('.steps li').count(), 0);
        assert.deepEqual(errors, []);
      } finally {
        await context.close();
        there.godata.release();
        await served.stop();
        served = await daemon(there);
        api = new Api(served.url, api.token);
      }
    });
  }
});
