// Each thing that `look` promises to notice, on a page that has it. A check that finds nothing on these would find nothing at all.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { look, PATIENCE, seenBy, viewers } from './look.js';
import { browser } from './stage.js';

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";
const page = (body, head = '') => `<!doctype html><html lang="en"><head><meta charset="utf-8">
  <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>A page</title>${head}</head>
  <body><main><h1>A page</h1>${body}</main></body></html>`;

/** By path: status and page. */
const PAGES = {
  '/good': [200, page('<p>All is well: &lt;script&gt;window.hit=1&lt;/script&gt;</p>', '<link rel="stylesheet" href="/s.css">')],
  '/absent': [404, page('<p>Nothing here.</p>')],
  '/script': [200, page('<script src="/hit.js"></script>')],
  '/inline': [200, page('<script>window.hit=1</script>')],
  '/style': [200, page('<p style="color: red">Red.</p>')],
  '/wide': [200, page(`<p>${'W'.repeat(300)}</p>`)],
  '/unlabelled': [200, page('<form><input type="text" name="q"></form>')],
  '/broken': [200, page('<img src="/absent.png" alt="Absent">')],
  '/french': [200, page('<p>Bonjour.</p>').replace('lang="en"', 'lang="fr"')],
  '/s.css': [200, 'p { overflow-wrap: anywhere }'],
  '/hit.js': [200, 'window.hit = 1'],
};
const KINDS = { css: 'text/css', js: 'text/javascript' };

describe('what is noticed', () => {
  let chromium, server, url;

  before(async () => {
    chromium = await browser();
    server = createServer((request, response) => {
      const [status, text] = PAGES[request.url] ?? [404, ''];
      const type = KINDS[request.url.split('.')[1]] ?? 'text/html';
      response.writeHead(status, { 'content-type': type, 'content-security-policy': POLICY }).end(text);
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    url = `http://127.0.0.1:${server.address().port}`;
  });

  after(async () => {
    await chromium?.close();
    server?.close();
  });

  const at = async (viewer, path) => {
    const context = await seenBy(chromium, viewer);
    try {
      await look(context, viewer, url + path);
    } finally {
      await context.close();
    }
  };

  const english = viewers.filter(({ language }) => language === 'en');
  for (const viewer of english) {
    const { size, javascript } = viewer;
    const who = `${size}, ${javascript ? 'with' : 'without'} JavaScript`;

    test(`nothing on a good page: ${who}`, PATIENCE, () => at(viewer, '/good'));

    if (!javascript) test(`a script that is not run: ${who}`, PATIENCE, () => at(viewer, '/script'));

    for (const [path, what] of [
      ['/absent', /404/],
      ['/style', /Content Security Policy/],
      ['/wide', /scrolls sideways/],
      ['/unlabelled', /label/],
      ['/broken', /404/],
      ['/french', /language of the page/],
      ...(javascript ? [['/script', /ran as a script/], ['/inline', /Content Security Policy/]] : []),
    ]) {
      test(`${path}: ${who}`, PATIENCE, () => assert.rejects(at(viewer, path), what));
    }
  }
});
