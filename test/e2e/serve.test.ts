import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../detector/state/sqlite.js';
import { connectStore } from '../../detector/state/shared-client.js';
import { loadConfig } from '../../src/config/load.js';
import { withState } from '../../src/serving/state.js';
import { keysOf } from '../support/canonical.js';
import { jsonLines, ROOT, tocsin } from '../support/cli.js';
import { startServer, type Reply, type TestServer } from '../support/http-server.js';
import { eventually, Serving, servingFolder, toWebhook, write } from '../support/serving.js';
import { jsonl, ruleFile, stopLogging, TRAIL_RULE } from './events.js';

const running: Serving[] = [];
const servers: TestServer[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.end('SIGKILL');
  for (const one of servers.splice(0)) await one.close();
});

function start(folder: string, options?: ConstructorParameters<typeof Serving>[1]): Serving {
  const serving = new Serving(folder, options);
  running.push(serving);
  return serving;
}

async function server(reply: (index: number) => Reply = () => ({ status: 204 })): Promise<TestServer> {
  const started = await startServer((_, index) => reply(index));
  servers.push(started);
  return started;
}

/** One that another program may take meanwhile, but hardly does. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const OURS = { args: ['--rules', TRAIL_RULE] };
const stopped = (id: string, trail: string) =>
  stopLogging({ eventID: id, requestParameters: { name: trail } });
const bodies = ({ requests }: TestServer) =>
  requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
const trailsOf = (hook: TestServer) => bodies(hook).map(({ dedup }) => dedup);

describe('tocsin serve', () => {
  test('sends alerts of files that are there, that come and that grow, and goes on after a restart', async () => {
    const hook = await server();
    const folder = servingFolder(toWebhook(hook.url), { 'logs/a.jsonl': jsonl(stopped('e1', 'one')) });
    const first = start(folder, OURS);
    await eventually(() => hook.requests.length === 1, 'the alert of a file that was there');
    write(folder, 'logs/2026/b.jsonl', jsonl(stopped('e2', 'two')));
    await eventually(() => hook.requests.length === 2, 'the alert of a file that came');
    appendFileSync(join(folder, 'logs/a.jsonl'), jsonl(stopped('e3', 'three')));
    await eventually(() => hook.requests.length === 3, 'the alert of a line that was added');
    expect(await first.end('SIGTERM')).toBe(0);

    appendFileSync(join(folder, 'logs/a.jsonl'), jsonl(stopped('e1', 'one'), stopped('e4', 'four')));
    const second = start(folder, OURS);
    await eventually(() => hook.requests.length === 4, 'the alert of what came meanwhile');
    expect(await second.end('SIGINT')).toBe(0);

    expect(trailsOf(hook)).toEqual(['one', 'two', 'three', 'four']);
    const ids = hook.requests.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(4);
    expect(first.out + second.out).toBe('');
    expect(first.log.map(({ level, message }) => `${level} ${message.split(' ')[0] ?? ''}`)).toEqual([
      'info Serving',
      'info SIGTERM:',
      'info Ended.',
    ]);
    expect(readdirSync(join(folder, 'state'))).toEqual(['tocsin.sqlite']);
  });

  test('refuses a second process on the same state with exit code 75, and the first goes on', async () => {
    const hook = await server();
    const folder = servingFolder(toWebhook(hook.url));
    const first = start(folder, OURS);
    await first.url();

    const second = start(folder, OURS);
    expect(await second.end()).toBe(75);
    expect(second.err).toMatch(
      /^tocsin: The state file .*tocsin\.sqlite is in use by another detector.*\n {2}→ Try again/,
    );
    write(folder, 'logs/a.jsonl', jsonl(stopped('e1', 'one')));
    await eventually(() => hook.requests.length === 1, 'an alert of the first');
  });

  test('lets other commands work on its state', async () => {
    const hook = await server();
    const folder = servingFolder(toWebhook(hook.url), { 'logs/a.jsonl': jsonl(stopped('e1', 'one')) });
    const serving = start(folder, OURS);
    await eventually(() => hook.requests.length === 1, 'an alert');
    const config = await loadConfig(folder);
    const alerts = (): Promise<readonly string[]> =>
      withState(config, { cwd: folder }, (store) => keysOf(store, 'alert'));

    const while_ = await alerts();
    await serving.end('SIGTERM');

    expect(while_).toHaveLength(1);
    expect(await alerts()).toEqual(while_);
    await expect(
      withState(config, { cwd: folder }, () => Promise.reject(new Error('the work failed'))),
    ).rejects.toThrow('the work failed');
  });

  test('is well from its first moment on, and not when it has ended', async () => {
    const folder = servingFolder(toWebhook('http://127.0.0.1:9'));
    const serving = start(folder, OURS);
    await serving.url();

    const first = await tocsin(['status'], { cwd: folder });
    await serving.end('SIGTERM');
    const ended = await tocsin(['status'], { cwd: folder });

    expect([first.code, ended.code]).toEqual([0, 1]);
    expect(first.out).toMatch(/^well\n/);
    expect(ended.out).toMatch(/^not well {2}The detector does not run: .*tocsin serve\.\n\n/);
  });

  test('says which folder is not there, in its log, its metrics and to `status`', async () => {
    const port = await freePort();
    const folder = servingFolder(`serve: { port: ${String(port)} }\n`);
    rmSync(join(folder, 'logs'), { recursive: true });
    const serving = start(folder, OURS);
    await serving.says(`${join(folder, 'logs')} is not there.`);

    expect(await serving.metric('tocsin_unreadable_places')).toBe(1);
    const { out, code } = await tocsin(['status', '--json'], { cwd: folder });
    expect(jsonLines(out)).toMatchObject([
      {
        problems: ["A file or folder of source trail cannot be read; the detector's log says which."],
        sources: [{ source: 'trail', unreadable: 1, silent: false }],
      },
    ]);
    expect(code).toBe(1);

    write(folder, 'logs/a.jsonl', '');
    await serving.says(`${join(folder, 'logs')} can be read again.`);
    expect(await serving.metric('tocsin_unreadable_places')).toBe(0);
  });

  test('keeps its socket for its own user', async () => {
    const folder = servingFolder('serve: { port: 0 }');
    await start(folder, OURS).url();
    const { statSync } = await import('node:fs');

    const modes = ['tocsin.sqlite', 'tocsin.sqlite-wal', 'tocsin.sqlite.sock'].map((name) =>
      (statSync(join(folder, 'state', name)).mode & 0o777).toString(8),
    );
    expect(modes).toEqual(['600', '600', '600']);
  });

  test('takes over the state of a killed one', async () => {
    const hook = await server();
    const folder = servingFolder(toWebhook(hook.url), { 'logs/a.jsonl': jsonl(stopped('e1', 'one')) });
    const first = start(folder, OURS);
    await eventually(() => hook.requests.length === 1, 'an alert');
    await eventually(async () => (await first.metric('tocsin_delivery_attempts_total')) === 1, 'its record');
    await first.end('SIGKILL');
    expect(existsSync(join(folder, 'state/tocsin.sqlite.sock'))).toBe(true);

    write(folder, 'logs/b.jsonl', jsonl(stopped('e2', 'two')));
    start(folder, OURS);
    await eventually(() => hook.requests.length === 2, 'an alert of the second');
    expect(trailsOf(hook)).toEqual(['one', 'two']);
  });
});

describe('the end', () => {
  test('waits for what is under way', async () => {
    const hook = createServer((request, response) => {
      request.resume();
      setTimeout(() => response.writeHead(204).end(), 700);
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    const arrived = new Promise((resolve) => hook.once('request', resolve));
    const { port } = hook.address() as AddressInfo;
    const folder = servingFolder(toWebhook(`http://127.0.0.1:${String(port)}`), {
      'logs/a.jsonl': jsonl(stopped('e1', 'one')),
    });
    const serving = start(folder, OURS);
    const url = await serving.url();
    await arrived;
    serving.kill('SIGTERM');
    await serving.says('SIGTERM');
    const { status } = await fetch(`${url}/readyz`);

    expect(await serving.end()).toBe(0);
    expect(status).toBe(503);
    expect(serving.log.at(-1)).toMatchObject({ level: 'info', message: 'Ended.' });
    hook.close();
    const store = await openSqliteStore({ path: join(folder, 'state/tocsin.sqlite') });
    expect(await store.listDue('group', Date.now() + 1e9, 10)).toEqual([]);
    await store.close();
  });

  test('does not wait longer than the grace period, and forgets nothing', async () => {
    const hook = await server(() => 'hang');
    const config = toWebhook(hook.url, ', timeoutSeconds: 20').replace(
      'port: 0',
      'port: 0, graceSeconds: 0.5',
    );
    const folder = servingFolder(config, { 'logs/a.jsonl': jsonl(stopped('e1', 'one')) });
    const serving = start(folder, OURS);
    await eventually(() => hook.requests.length === 1, 'an attempt');
    const begun = Date.now();

    expect(await serving.end('SIGTERM')).toBe(0);
    expect(Date.now() - begun).toBeGreaterThan(450);
    expect(Date.now() - begun).toBeLessThan(5000);
    expect(serving.log.at(-1)).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('will be done again'),
    });
    const store = await openSqliteStore({ path: join(folder, 'state/tocsin.sqlite') });
    expect(await store.listDue('group', Date.now() + 1e9, 10)).toHaveLength(1);
    await store.close();
  });

  test('comes with an error when nobody reads what it prints any more, and what was not printed waits', async () => {
    const folder = servingFolder(
      'destinations: { screen: { type: stdout } }\nalerts: { default: [screen], sendLate: true }\nserve: { port: 0 }\n',
      { 'logs/a.jsonl': jsonl(stopped('e1', 'one')) },
    );
    const first = start(folder, OURS);
    await eventually(() => first.out.includes('"dedup":"one"'), 'the alert that is read');
    first.stopReading();
    write(folder, 'logs/b.jsonl', jsonl(stopped('e2', 'two'), stopped('e3', 'three')));

    expect(await first.end()).toBe(75);
    const [error, ...others] = first.log.filter(({ level }) => level === 'error');
    expect(error?.message).toMatch(
      /^Standard output, where destination "screen" prints, cannot be written: write EPIPE\. Ending; /,
    );
    expect(others).toEqual([]);

    const { out } = await tocsin(['alerts', 'list', '--json'], { cwd: folder });
    const states = jsonLines(out).map(({ dedup, state }) => [dedup, state]);
    expect(new Map(states as [string, string][])).toEqual(
      new Map([
        ['one', 'delivered'],
        ['two', 'waiting'],
        ['three', 'waiting'],
      ]),
    );
  });

  test('comes at once with a second signal', async () => {
    const hook = await server(() => 'hang');
    const folder = servingFolder(toWebhook(hook.url, ', timeoutSeconds: 20'), {
      'logs/a.jsonl': jsonl(stopped('e1', 'one')),
    });
    const serving = start(folder, OURS);
    await eventually(() => hook.requests.length === 1, 'an attempt');
    serving.kill('SIGTERM');
    await serving.says('SIGTERM');

    expect(await serving.end('SIGINT')).toBe('SIGINT');
  });
});

describe('what cannot be served', () => {
  const refused = async (
    config: string,
    env: NodeJS.ProcessEnv = {},
    files: Readonly<Record<string, string>> = {},
  ): Promise<{ code: number | NodeJS.Signals; err: string }> => {
    const serving = start(servingFolder(config, files), { ...OURS, env });
    return { code: await serving.end(), err: serving.err };
  };

  test.each([
    [
      'a secret that is not there',
      "destinations: { s: { type: slack, webhookUrl: 'env:NO_SUCH' } }",
      /NO_SUCH/,
    ],
    [
      'a secret file that is not there',
      "destinations: { p: { type: pagerduty, routingKey: 'file:no/such' } }",
      /no\/such/,
    ],
    ['a path to redact that is none', "alerts: { redact: ['a..b'] }", /alerts\.redact: "a\.\.b"/],
    ['a state file in a watched folder', 'state: { path: logs/state.sqlite }', /would read it as logs/],
    [
      'alerts in a watched folder',
      'destinations: { f: { type: file, path: logs/out.jsonl } }',
      /would read it as logs/,
    ],
    [
      'an address of another machine',
      'serve: { host: 192.0.2.1, port: 0 }',
      /cannot be served at 192\.0\.2\.1/,
    ],
    ['a state file that is none', 'state: { path: tocsin.yaml }', /tocsin\.yaml/],
  ])('%s is said in one sentence, with exit code 64', async (_what, config, message) => {
    const { code, err } = await refused(config);

    expect(err).toMatch(message);
    expect(err).not.toMatch(/fault in Tocsin|^ +at /m);
    expect(err).toMatch(/\n {2}→ \S/);
    expect(code).toBe(64);
  });

  test('a port that is taken is said so', async () => {
    const hook = await server();
    const { code, err } = await refused(`serve: { port: ${String(hook.port)} }`);

    expect(err).toMatch(/another program listens there/);
    expect(code).toBe(64);
  });

  test('no source is said so', async () => {
    const folder = servingFolder('');
    writeFileSync(join(folder, 'tocsin.yaml'), '{}');
    const serving = start(folder);

    expect(await serving.end()).toBe(64);
    expect(serving.err).toMatch(/No source to serve is configured/);
  });
});

describe('health and metrics', () => {
  test('say whether it lives and works, in numbers alone', async () => {
    const hook = await server((index) => ({ status: index === 0 ? 400 : 204 }));
    const folder = servingFolder(toWebhook(hook.url), {
      'logs/a.jsonl': jsonl(stopped('e1', 'log content')),
      'logs/b.jsonl': 'not JSON\n',
      'rules/own.ts': ruleFile('own."rule"'.replaceAll('"', ''), 'alert: false'),
    });
    const serving = start(folder, { args: ['--rules-dir', 'rules', '--no-builtin'] });
    await eventually(async () => (await serving.get('/readyz')).status === 200, 'readiness');
    await eventually(async () => (await serving.metric('tocsin_dead_letters_total')) > 0, 'a dead letter');
    const { text } = await serving.get('/metrics');

    expect(await serving.get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect((await serving.get('/')).status).toBe(404);
    expect((await fetch(`${await serving.url()}/metrics`, { method: 'POST' })).status).toBe(405);
    expect(text).toContain('tocsin_events_total{source="trail"} 1');
    expect(text).not.toMatch(/log content|organisation|marta|jsonl/);
    for (const line of text.split('\n').filter((one) => one !== '')) {
      expect(line).toMatch(
        /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\})? -?[\d.e+]+)$/,
      );
    }
  });
});

test('a socket that answers nobody, with the file in use, is a clear error and no wait for ever', async () => {
  const folder = servingFolder('serve: { port: 0 }');
  const serving = start(folder, OURS);
  await serving.url();
  const socket = join(folder, 'state/tocsin.sqlite.sock');
  rmSync(socket);

  expect(await connectStore(socket)).toBeUndefined();
  await expect(
    withState(await loadConfig(folder), { cwd: folder }, async () => 'never'),
  ).rejects.toMatchObject({
    code: 'STORE_FAILED',
    outcome: 'retry',
    message: expect.stringContaining('is in use by another process, which does not answer'),
  });
});

test('the example of docs/serve.md serves', async () => {
  const folder = servingFolder('');
  writeFileSync(
    join(folder, 'tocsin.yaml'),
    readFileSync(join(ROOT, 'examples/serve.tocsin.yaml'), 'utf8').replace('9464', '0'),
  );
  const serving = start(folder, {
    env: {
      SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/x',
      PAGERDUTY_ROUTING_KEY: '0123456789abcdef0123456789abcdef',
      WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
    },
  });

  await serving.url();
  expect(await serving.end('SIGTERM')).toBe(0);
  expect(jsonLines(serving.err).filter(({ level }) => level === 'error')).toEqual([]);
});
