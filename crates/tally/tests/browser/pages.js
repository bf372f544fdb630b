// Every page for every viewer: a page of the dashboard is one line in a test's table.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { look, named, opened, PATIENCE, seenBy, standing, viewers } from './look.js';

/**
 * A test for each page and each viewer: phone and desktop, with JavaScript and without, in both languages. `pages` are a name (of
 * the picture), a path or what tells it, and a status; `at()` tells the address that paths are under and the browser, once both are
 * there, and what a window is opened with.
 */
export function everyPageForEverybody(pages, at, who = viewers) {
  for (const [name, path, status] of pages) {
    for (const viewer of who) {
      test(`${name}: ${named(viewer)}`, PATIENCE, async () => {
        const { browser, url, options } = at();
        const context = await seenBy(browser, viewer, options);
        try {
          await look(context, viewer, new URL(await told(path), url).href, name, status);
        } finally {
          await context.close();
        }
      });
    }
  }
}

const told = (path) => (typeof path === 'function' ? path() : path);

/**
 * A test of an action for every viewer: `act(page)` clicks and fills in what a person would, and ends on a page that must stand as
 * every other. What leads up to it can be in what tells the path.
 */
export function actionOfEverybody(name, path, at, act, who = viewers) {
  for (const viewer of who) {
    test(`${name}: ${named(viewer)}`, PATIENCE, async () => {
      const { browser, url } = at();
      const context = await seenBy(browser, viewer);
      try {
        const page = await opened(context, viewer);
        const first = await told(path);
        const answer = await page.goto(new URL(first, url).href);
        assert.equal(answer.status(), 200, first);
        await act(page, viewer);
        await standing(page, viewer);
      } finally {
        await context.close();
      }
    });
  }
}
