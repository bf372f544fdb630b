// The line between Tally and a server, which a test may hold up or cut.

import { createServer, request as ask } from 'node:http';

const REFUSAL = JSON.stringify({ error: { statusCode: 401, name: 'Error', message: 'login failed', code: 'LOGIN_FAILED' } });

/**
 * A line to the server at `target`. `hold(pattern)` keeps requests whose path has the pattern from going on, until `release()`;
 * `refuse()` refuses all of them, as who changed the password, until `release()`.
 */
export async function line(target) {
  const { hostname, port } = new URL(target);
  let held = [];
  let pattern, isRefused = false;
  let seen = () => {};

  const pass = (request, response) => {
    const { method, url: path, headers } = request;
    const onward = ask({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  };
  const server = createServer((request, response) => {
    if (isRefused) {
      response.writeHead(401, { 'content-type': 'application/json' }).end(REFUSAL);
    } else if (pattern?.test(`${request.method} ${request.url}`)) {
      held.push([request, response]);
      seen();
    } else {
      pass(request, response);
    }
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Keeps requests that fit `METHOD PATH` waiting; the promise is kept once one waits. */
    hold(what) {
      pattern = what;
      return new Promise((resolve) => { seen = resolve; });
    },
    refuse() { isRefused = true; },
    release() {
      pattern = undefined;
      isRefused = false;
      for (const [request, response] of held.splice(0)) pass(request, response);
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
