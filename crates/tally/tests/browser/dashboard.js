// A dashboard that has everything to show: an outbreak with hostile names, reports that came through and that did not, values that
// wait for a person, plans and jobs of each kind.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { line } from './line.js';
import { daemon, outbreak, tally } from './stage.js';

/** The second report's name: all that a name must not be, and as long as names of outbreaks are. */
export const HOSTILE = `Labo <script>window.hit=1</script> "'><img src=x onerror=window.hit=1> \u202egnirts {{7*7}} ${'W'.repeat(200)}`;
/** Closed weeks that a run looks at by itself: the older ones of the outbreak are left to be filled in. */
const LOOK_BACK = 12;
/** Weeks of the simulated outbreak. */
const OUTBREAK_WEEKS = 30;
/** Longer than anything here takes, on a busy machine. */
const PATIENCE_MS = 60_000;
const DAY_MS = 24 * 3600 * 1000;
/** What the simulated DHIS2 knows its users by; nothing real has it. */
const ACCOUNT = `Basic ${Buffer.from('tally:sandbox-dhis2-canary').toString('base64')}`;

/**
 * The simulated servers behind lines that can be held up, an empty DHIS2, and the configuration of two reports that never ran:
 * `weekly`, and one with a hostile name.
 */
export async function site(options = {}) {
  const world = await outbreak({ hostile: true, ...options });
  let lines = [];
  const stop = async () => {
    for (const one of lines) one.stop();
    await world.stop();
  };
  try {
    const text = await readFile(world.config, 'utf8');
    const [godata, dhis2] = [...text.matchAll(/^url = "(http:[^"]+)"/gm)].map(([, url]) => url);
    lines = [await line(godata), await line(dhis2)];
    const site = { ...world, godata: lines[0], dhis2: new Dhis2(dhis2, lines[1]), stop };
    await site.dhis2.forget();
    await rm(join(world.folder, '.tally'), { recursive: true });
    const name = JSON.stringify(HOSTILE);
    const second = `[[report]]\nname = ${name}\ndata_set = "uKtOZwDnIpM"\nperiod = "Weekly"\nlook_back = ${LOOK_BACK}\n`;
    await writeFile(world.config, text
      .replace(godata, site.godata.url)
      .replace(dhis2, lines[1].url)
      .replace('look_back = 30', `look_back = ${LOOK_BACK}`)
      .replace('complete = true', 'complete = false')
      // So that problems are remembered, although nobody is told of them.
      .replace('[state]', '[alerts]\n\n[state]')
      .replace(/# --- The laboratory\..*/, second));
    return site;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** DHIS2 as another of its users has it: without the line that Tally takes. */
class Dhis2 {
  constructor(url, line) {
    this.url = url;
    this.line = line;
  }

  async ask(path, options = {}) {
    const headers = { authorization: ACCOUNT, 'content-type': 'application/json' };
    const answer = await fetch(this.url + path, { headers, ...options });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`DHIS2: ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** All values, or those of a period. */
  async values(period) {
    const root = 'LFN5sMUFTmR';
    const when = period ? `period=${period}` : 'startDate=2000-01-01&endDate=2100-01-01';
    const found = await this.ask(`/api/dataValueSets?dataSet=uKtOZwDnIpM&orgUnit=${root}&children=true&${when}`);
    return found.dataValues ?? [];
  }

  /** Writes values, as people do by hand. */
  async write(dataValues, strategy = 'CREATE_AND_UPDATE') {
    const body = JSON.stringify({ dataValues });
    return this.ask(`/api/dataValueSets?importStrategy=${strategy}`, { method: 'POST', body });
  }

  /** As before anybody wrote anything. */
  async forget() {
    const values = await this.values();
    if (values.length > 0) await this.write(values, 'DELETE');
  }
}

/** The API, for what leads up to a test. */
export class Api {
  constructor(url, token) {
    this.url = url;
    this.token = token;
    this.headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  }

  /** An API whose token may do everything. */
  static async of({ config }, url) {
    const said = await tally(['token', 'add', 'tests', '--scope', 'read,run,decide', '--config', config, '--output', 'json']);
    return new Api(url, JSON.parse(said).token);
  }

  async get(path) {
    const answer = await fetch(`${this.url}/api/v1${path}`, { headers: this.headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Asks for a job, and waits until it has ended. */
  async job(job) {
    const body = JSON.stringify(job);
    const answer = await fetch(`${this.url}/api/v1/jobs`, { method: 'POST', headers: this.headers, body });
    if (!answer.ok) throw new Error(`${body}: ${answer.status} ${await answer.text()}`);
    return this.ended((await answer.json()).job);
  }

  /** Waits until a job has ended. */
  async ended(job) {
    let found;
    await this.until('end of the job', async () => {
      found = await this.get(`/jobs/${job}`);
      return found.ended_at;
    });
    return found;
  }

  /** Waits until something is so. */
  async until(what, isSo) {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
      if (await isSo()) return;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    throw new Error(`no ${what}`);
  }
}

/** Changes the configuration; the daemon takes it over when it is started. */
export async function change({ config }, from, to) {
  const text = await readFile(config, 'utf8');
  if (!text.includes(from)) throw new Error(`the configuration has no ${from}`);
  await writeFile(config, text.replace(from, to));
}

const PROBABLE = "where = \"classification = 'PROBABLE'\"";
const NOBODY = "where = \"classification = 'PROBABLE' AND age_years > 150\"";

/** Defines an indicator so that all that was reported of it goes away, which waits for a person; `find` undoes it. */
export const lose = (site) => change(site, PROBABLE, NOBODY);
export const find = (site) => change(site, NOBODY, PROBABLE);

/**
 * The daemon over a `site` with everything to show. Of `weekly`: a clean run (1), one that fills in a week (2), a plan that came too
 * late (3), one with held and drifted values (4), and one that failed (5); the other report never ran. Kept plans: one that came too
 * late (1), discarded (2), open (3).
 */
export async function dashboard() {
  const there = await site();
  let served;
  const stop = async () => {
    await served?.stop();
    await there.stop();
  };
  try {
    await tally(['run', '--config', there.config, '--report', 'weekly']);
    const written = (await there.dhis2.values()).filter(({ value }) => /^[1-9]\d?$/.test(value));
    await there.dhis2.write(written.slice(0, 3).map((one) => ({ ...one, value: `${Number(one.value) + 7}` })));
    await lose(there);
    served = await daemon(there);
    const api = await Api.of(there, served.url);
    const weekly = { report: 'weekly' };
    const older = olderWeeks();
    const plan = async (week) => (await api.job({ job: 'plan', ...weekly, from: week, to: week })).plan;
    const late = await plan(older[0]);
    await api.job({ job: 'run', ...weekly, from: older[0], to: older[0] });
    await api.job({ job: 'apply', plan: late });
    await api.job({ job: 'discard', plan: await plan(older[1]) });
    await plan(older[2]);
    await api.job({ job: 'run', ...weekly, full: true });
    there.godata.refuse();
    await api.job({ job: 'run', ...weekly });
    there.godata.release();
    await api.until('problem', async () => (await api.get('/problems')).items.length > 0);
    return { ...there, url: served.url, api, stop, week: closedWeeks()[8] };
  } catch (error) {
    console.error(served?.said());
    await stop();
    throw error;
  }
}

/** The closed weeks of the outbreak, the newest first. */
export function closedWeeks() {
  const today = new Date();
  const monday = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() - ((today.getUTCDay() + 6) % 7));
  return Array.from({ length: OUTBREAK_WEEKS }, (_, n) => weekOf(monday - (n + 1) * 7 * DAY_MS));
}

/** Those that no run looks at by itself. */
export const olderWeeks = () => closedWeeks().slice(LOOK_BACK);

/** The week of a Monday, as DHIS2 writes it: that of its Thursday's year. */
function weekOf(monday) {
  const thursday = new Date(monday + 3 * DAY_MS);
  const year = thursday.getUTCFullYear();
  return `${year}W${Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1}`;
}
