// The daemon as the tests of its pages start it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { daemon, outbreak } from './stage.js';

describe('the daemon', () => {
  let world;

  before(async () => { world = await outbreak({ hostile: true, cases: 60 }); });
  after(() => world?.stop());

  test('works beside hostile names, and stops when told', async () => {
    const served = await daemon(world);
    assert.match(served.said(), /event=working/);
    assert.equal(await served.stop(), 0);
    assert.match(served.said(), /event=stopped/);
  });
});
