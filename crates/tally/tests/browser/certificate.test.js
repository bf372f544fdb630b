// The certificate of a run: a page that stands alone, opened from the disk.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { look, named, PATIENCE, seenBy, viewers } from './look.js';
import { browser, outbreak, tally } from './stage.js';

describe('the certificate', () => {
  let chromium, world, url;

  before(async () => {
    chromium = await browser();
    world = await outbreak({ hostile: true });
    const page = join(world.folder, 'certificate.html');
    await tally(['run', '--config', world.config, '--certificate', page]);
    url = pathToFileURL(page).href;
  });

  after(async () => {
    await chromium?.close();
    await world?.stop();
  });

  // It is written in English whoever asks.
  for (const viewer of viewers.filter(({ language }) => language === 'en')) {
    test(named(viewer), PATIENCE, async () => {
      const context = await seenBy(chromium, viewer);
      try {
        await look(context, viewer, url, 'certificate');
      } finally {
        await context.close();
      }
    });
  }
});
