// Every page of the dashboard, with everything to show, for everybody.

import { after, before, describe } from 'node:test';
import { dashboard, HOSTILE } from './dashboard.js';
import { someViewers } from './look.js';
import { everyPageForEverybody } from './pages.js';
import { browser } from './stage.js';

describe('the dashboard', () => {
  let chromium, shown;
  /** A field of the heat map and a value behind it, of confirmed cases. */
  let slice, value;
  /** The links of a page that have all of this. */
  const links = async (path, ...parts) => {
    const page = await (await fetch(shown.url + path)).text();
    const all = [...page.matchAll(/href="([^"]+)"/g)].map(([, href]) => href.replaceAll(/&amp;|&#38;/g, '&'));
    return all.filter((href) => parts.every((part) => href.includes(part)));
  };

  before(async () => {
    chromium = await browser();
    shown = await dashboard();
    for (slice of await links('/reports/weekly', '/cell?org_unit=', shown.week)) {
      [value] = await links(slice, 'data_element=bmbNyNoJcXP');
      if (value) break;
    }
  });

  after(async () => {
    await chromium?.close();
    await shown?.stop();
  });

  const at = () => ({ browser: chromium, url: shown.url });
  const hostile = `/reports/${encodeURIComponent(HOSTILE)}`;
  everyPageForEverybody([
    ['overview', '/'],
    ['decisions', '/decisions'],
    ['runs', '/runs'],
    ['run-held', '/runs/4'],
    ['report', '/reports/weekly'],
    ['slice', () => slice],
    ['value', () => value],
    ['map', '/reports/weekly/map'],
    ['quality', '/quality'],
    ['places', '/places'],
    ['settings', '/settings'],
    ['audit', '/audit'],
    ['ask-run', '/ask?job=run&report=weekly'],
    ['plan-open', '/plans/3'],
  ], at);
  everyPageForEverybody([
    ['run-second-page', '/runs/1?page=2'],
    ['run-stale-plan', '/runs/3'],
    ['run-failed', '/runs/5'],
    ['runs-of-one', `/runs?report=${encodeURIComponent(HOSTILE)}`],
    ['records', () => `${value}&records=1`],
    ['map-chosen', () => `/reports/weekly/map?indicator=hospitalised&period=${shown.week}`],
    ['report-new', hostile],
    ['map-new', `${hostile}/map`],
    ['quality-new', `/quality?report=${encodeURIComponent(HOSTILE)}`],
    ['ask-hostile', `/ask?job=plan&report=${encodeURIComponent(HOSTILE)}`],
    ['ask-release', () => `/ask?job=release&report=weekly&from=${shown.week}&to=${shown.week}`],
    ['ask-apply', '/ask?job=apply&plan=3'],
    ['job-done', '/jobs/2'],
    ['job-failed', '/jobs/8'],
    ['plan-discarded', '/plans/2'],
    ['acknowledge', '/acknowledge?report=weekly&event=held&cause=held'],
    ['not-found', '/runs/4711', 404],
    ['nothing-there', `/${encodeURIComponent(HOSTILE)}`, 404],
  ], at, someViewers);
});
