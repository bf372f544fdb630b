// What makes tests of pages and actions, on pages of its own: a form that works with JavaScript and without, in both languages.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe } from 'node:test';
import { actionOfEverybody, everyPageForEverybody } from './pages.js';
import { browser } from './stage.js';

const page = (language, body) => `<!doctype html><html lang="${language}"><head><meta charset="utf-8">
  <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>Tally</title></head>
  <body><main><h1>Tally</h1>${body}</main></body></html>`;

describe('pages and actions', () => {
  let chromium, server, url;
  let n = 0;

  before(async () => {
    chromium = await browser();
    server = createServer((request, response) => {
      const language = /^fr/.test(request.headers['accept-language'] ?? '') ? 'fr' : 'en';
      const headers = { 'content-type': 'text/html', 'content-security-policy': "default-src 'none'; img-src data:; form-action 'self'" };
      if (request.method === 'POST') {
        n += 1;
        request.resume().on('end', () => response.writeHead(303, { location: '/done' }).end());
      } else if (request.url === '/done') {
        response.writeHead(200, headers).end(page(language, '<p role="status">Done.</p>'));
      } else {
        response.writeHead(200, headers).end(page(language, '<form method="post"><button>Run</button></form>'));
      }
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    url = `http://127.0.0.1:${server.address().port}/`;
  });

  after(async () => {
    await chromium?.close();
    server?.close();
  });

  const at = () => ({ browser: chromium, url });
  everyPageForEverybody([['form', '/']], at);
  actionOfEverybody('button', '/', at, async (page) => {
    const before = n;
    await page.getByRole('button').click();
    await page.getByRole('status').waitFor();
    assert.equal(n, before + 1);
  });
});
