// Every page for every viewer: a page of the dashboard is one line in a test's table.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { look, named, opened, PATIENCE, seenBy, standing, viewers } from './look.js';

/**
 * A test for each page and each viewer: phone and desktop, with JavaScript and without, in both languages. `pages` are a name (of
 * the picture) and a path; `at()` tells the address that paths are under and the browser, once both are there.
 */
export function everyPageForEverybody(pages, at) {
  for (const [name, path] of pages) {
    for (const viewer of viewers) {
      test(`${name}: ${named(viewer)}`, PATIENCE, async () => {
        const { browser, url } = at();
        const context = await seenBy(browser, viewer);
        try {
          await look(context, viewer, new URL(path, url).href, name);
        } finally {
          await context.close();
        }
      });
    }
  }
}

/**
 * A test of an action for every viewer: `act(page)` clicks and fills in what a person would, and ends on a page that must stand as
 * every other.
 */
export function actionOfEverybody(name, path, at, act) {
  for (const viewer of viewers) {
    test(`${name}: ${named(viewer)}`, PATIENCE, async () => {
      const { browser, url } = at();
      const context = await seenBy(browser, viewer);
      try {
        const page = await opened(context, viewer);
        const answer = await page.goto(new URL(path, url).href);
        assert.equal(answer.status(), 200, path);
        await act(page, viewer);
        await standing(page, viewer);
      } finally {
        await context.close();
      }
    });
  }
}
