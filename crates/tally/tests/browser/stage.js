// What the tests look at: both simulated servers with an outbreak, the daemon beside them, and a browser.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/** Longer than anything here takes, on a busy machine. */
const PATIENCE_MS = 180_000;

const demanded = (name, remedy) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: ${remedy}`);
  return value;
};

/** The program: the gate's step `browser` sets it. */
export const TALLY = demanded('TALLY_BIN', 'run `cargo xtask ci --only browser`, or name the program');
/** Where pictures of the pages go. */
export const SCREENSHOTS = demanded('TALLY_SCREENSHOTS', 'name a folder for the pictures');

const CHROMIUM = process.env.TALLY_CHROMIUM ?? '/usr/bin/chromium';

/** A browser; one for a test file. */
export async function browser() {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is absent: apt-get install chromium, or set TALLY_CHROMIUM`);
  await mkdir(SCREENSHOTS, { recursive: true });
  // Chromium's own sandbox refuses root, and small containers have a small /dev/shm.
  const args = ['--disable-dev-shm-usage'];
  if (process.getuid() === 0) args.push('--no-sandbox');
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/** A program that is heard, and ended with the test. */
class Heard {
  constructor(args, told = '') {
    const env = { ...process.env, TALLY_LANGUAGE: 'en', NO_COLOR: '1' };
    this.child = spawn(TALLY, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdin.on('error', () => {});
    this.child.stdin.end(told);
    this.out = '';
    this.err = '';
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => { this.err += error; resolve(-1); });
      this.child.on('close', (code) => resolve(code));
    });
    this.child.stdout.on('data', (piece) => { this.out += piece; this.look?.(); });
    this.child.stderr.on('data', (piece) => { this.err += piece; this.look?.(); });
  }

  /** Waits until `found(this)` is anything. */
  async says(what, found) {
    let timer;
    const heard = new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`no ${what}: ${why}\n${this.out}\n${this.err}`));
      this.look = () => { const it = found(this); if (it !== undefined) resolve(it); };
      this.ended.then((code) => fail(`it ended with ${code}`));
      timer = setTimeout(() => fail('it took too long'), PATIENCE_MS);
      this.look();
    });
    try {
      return await heard;
    } finally {
      clearTimeout(timer);
      this.look = undefined;
    }
  }

  async stop() {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    const code = await this.ended;
    clearTimeout(timer);
    return code;
  }
}

/** Runs the program to its end, and tells it `told`; anything but `code` is an error. */
export async function tally(args, code = 0, told = '') {
  const run = new Heard(args, told);
  const ended = await run.ended;
  if (ended !== code) throw new Error(`tally ${args.join(' ')} ended with ${ended}:\n${run.out}\n${run.err}`);
  return run.out;
}

/** A port that nobody has. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Both simulated servers, and a folder with a configuration whose report ran twice.
 * With `hostile`, names of the outbreak, the locations and the organisation units hold markup, marks that turn the direction of
 * text, and 300 characters.
 */
export async function outbreak({ hostile = false, cases = 300 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'tally-browser-'));
  const args = ['demo', '--keep', folder, '--cases', `${cases}`, '--output', 'json'];
  const servers = new Heard(hostile ? [...args, '--hostile-names'] : args);
  const stop = async () => {
    await servers.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // The servers stay when all is said.
    await servers.says('result of the demo', ({ out }) => {
      try { return JSON.parse(out); } catch { return undefined; }
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { folder, config: join(folder, 'tally.toml'), stop };
}

/** The daemon on a configuration, with its dashboard. Reports are due at New Year, so that nothing runs unless asked. */
export async function daemon({ config }) {
  const port = await freePort();
  const text = await readFile(config, 'utf8');
  if (!text.includes('\nschedule = ')) {
    await writeFile(config, text.replaceAll('[[report]]\n', '[[report]]\nschedule = "0 0 1 1 *"\n'));
  }
  const served = new Heard(['serve', '--config', config, '--listen', `127.0.0.1:${port}`]);
  try {
    await served.says('event=idle', ({ err }) => (err.includes('event=idle') ? true : undefined));
  } catch (error) {
    await served.stop();
    throw error;
  }
  const n = () => served.err.split('event=reloaded').length;
  const reload = async () => {
    const before = n();
    served.child.kill('SIGHUP');
    await served.says('event=reloaded', () => (n() > before ? true : undefined));
  };
  return { url: `http://127.0.0.1:${port}`, said: () => served.err, stop: () => served.stop(), reload };
}
