import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../detector/rule.js';
import { jsonLines } from '../support/cli.js';
import { startServer, type ReceivedRequest, type TestServer } from '../support/http-server.js';
import { eventually, Serving, servingFolder } from '../support/serving.js';
import { jsonl, ruleFile, stopLogging } from './events.js';

const running: Serving[] = [];
const servers: TestServer[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.end('SIGKILL');
  for (const one of servers.splice(0)) await one.close();
});

function start(folder: string, env: NodeJS.ProcessEnv = {}): Serving {
  const serving = new Serving(folder, { env, args: ['--no-builtin'] });
  running.push(serving);
  return serving;
}

/** Every byte of the state, its log included, as text that keeps bytes apart. */
const stateOf = (folder: string): string =>
  readdirSync(join(folder, 'state'))
    .filter((name) => !name.endsWith('.sock'))
    .map((name) => readFileSync(join(folder, 'state', name), 'latin1'))
    .join('\n');

const pending = (requests: readonly ReceivedRequest[], path: string) =>
  requests.filter((request) => request.path.startsWith(path));

describe('secrets', () => {
  test('of every destination are found nowhere after a run with failures', async () => {
    const canary = (name: string): string => `canary${name}7f3a91c5e2`;
    const signing = `whsec_${Buffer.from(canary('signing').repeat(2)).toString('base64')}`;
    // Whoever answers may send back all that it was sent.
    const hook = await startServer(({ path, headers, body }, index) => ({
      status: index % 2 === 0 ? 400 : 500,
      body: `${path} ${JSON.stringify(headers)} ${body}`,
    }));
    servers.push(hook);
    const here = `allowInsecure: true, allowPrivate: true`;
    const folder = servingFolder(
      `
rules: { folder: rules }
destinations:
  slack-hook: { type: slack, webhookUrl: 'env:SLACK_URL', ${here} }
  slack-bot: { type: slack, token: 'file:secrets/slack', channel: C0123456789, baseUrl: '${hook.url}', ${here} }
  pager: { type: pagerduty, routingKey: 'file:secrets/pager', baseUrl: '${hook.url}', ${here} }
  pager-env: { type: pagerduty, routingKey: 'env:PAGER', baseUrl: '${hook.url}', ${here} }
  asana: { type: asana, token: 'env:ASANA', project: '12345', baseUrl: '${hook.url}', ${here} }
  hook:
    { type: webhook, url: 'file:secrets/url', signingSecrets: ['env:SIGNING'], headers: { x-api-key: 'env:HEADER' }, ${here} }
  gone: { type: webhook, url: 'env:GONE', ${here} }
alerts: { default: [slack-hook, slack-bot, pager, pager-env, asana, hook, gone], sendLate: true }
serve: { port: 0 }
`,
      {
        'rules/one.ts': ruleFile('own.one'),
        'secrets/slack': `${canary('slackbot')}\n`,
        'secrets/pager': canary('pagerfile'),
        'secrets/url': `${hook.url}/${canary('url')}?key=${canary('query')}`,
        'logs/a.jsonl': jsonl(stopLogging()),
      },
    );
    const env = {
      SLACK_URL: `${hook.url}/services/${canary('slackhook')}`,
      PAGER: canary('pagerenv'),
      ASANA: canary('asana'),
      SIGNING: signing,
      HEADER: canary('header'),
      // Nobody listens there, and the name of the place is the secret.
      GONE: `http://127.0.0.1:9/${canary('gone')}`,
    };
    const serving = start(folder, env);
    await eventually(() => hook.requests.length >= 6, 'an attempt at each destination');
    await eventually(
      async () => (await serving.metric('tocsin_delivery_attempts_total')) >= 7,
      'their records',
    );
    const { text: metrics } = await serving.get('/metrics');
    const cmdline = readFileSync(`/proc/${String(serving.pid)}/cmdline`, 'utf8');
    const whileRunning = stateOf(folder);
    expect(await serving.end('SIGTERM')).toBe(0);

    const received = hook.requests
      .map(({ path, headers, body }) => path + JSON.stringify(headers) + body)
      .join('\n');
    const places = {
      log: serving.err,
      out: serving.out,
      metrics,
      cmdline,
      whileRunning,
      after: stateOf(folder),
    };
    for (const name of ['slackhook', 'slackbot', 'pagerfile', 'pagerenv', 'asana', 'url', 'query', 'header'])
      expect(received).toContain(canary(name));
    for (const [place, text] of Object.entries(places)) {
      expect({ place, found: /canary\w*/.exec(text)?.[0] }).toEqual({ place, found: undefined });
      expect({ place, found: text.includes(signing.slice(6)) }).toEqual({ place, found: false });
      expect({ place, found: text.includes(Buffer.from(canary('asana')).toString('base64')) }).toEqual({
        place,
        found: false,
      });
    }
    expect(serving.err).toContain('answered');
  });
});

describe('hostile log content', () => {
  const HOSTILE =
    '<!channel> <@U1> [x](https://evil.example) **b** <script>alert(1)</script> \u001b[2J\u0007 \u202egnp \u{e0041} \u0000';
  const PERSONAL = 'top-secret-personal-number-4711';

  test('reaches files and webhooks inert and cut, and what is redacted reaches nothing', async () => {
    const hook = await startServer(() => ({ status: 200, body: 'ok' }));
    servers.push(hook);
    const folder = servingFolder(
      `
rules: { folder: rules }
destinations:
  hook: { type: webhook, url: '${hook.url}/hook', allowInsecure: true, allowPrivate: true }
  ocsf: { type: webhook, url: '${hook.url}/ocsf', format: ocsf, allowInsecure: true, allowPrivate: true }
  slack: { type: slack, webhookUrl: 'env:SLACK', allowInsecure: true, allowPrivate: true }
  lines: { type: file, path: alerts/out.jsonl }
  screen: { type: stdout }
alerts:
  default: [hook, ocsf, slack, lines, screen]
  sendLate: true
  redact: [requestParameters.personal, additionalEventData.list.number]
serve: { port: 0 }
`,
      {
        'rules/own.ts': ruleFile(
          'own.hostile',
          `title: 'by {userIdentity.userName} for {requestParameters.personal}',
  dedup: '{eventID} {requestParameters.personal}',
  context: { all: 'requestParameters', extra: 'additionalEventData', agent: 'userAgent' },`,
        ),
        'rules/broken.ts': ruleFile(
          'own.broken',
          `when: (event) => { throw new Error('cannot read ' + event.text('requestParameters.personal') + ' \\u001b[31m'); },`,
        ),
        'logs/a.jsonl': jsonl(
          stopLogging({
            eventID: 'h1',
            userIdentity: { type: 'IAMUser', userName: HOSTILE },
            userAgent: 'x'.repeat(1024 * 1024),
            requestParameters: { name: HOSTILE, personal: PERSONAL, ['__proto__x']: { polluted: true } },
            additionalEventData: {
              list: [{ number: `${PERSONAL}-2` }, { number: `${PERSONAL}-3`, note: `re ${PERSONAL}-3` }],
              json: JSON.stringify({ inner: `${PERSONAL}-2` }),
            },
          } satisfies JsonObject),
          `{"broken": "${PERSONAL}`,
        ),
      },
    );
    mkdirSync(join(folder, 'alerts'));
    const serving = start(folder, { SLACK: `${hook.url}/slack` });
    const lines = (): Record<string, unknown>[] => {
      try {
        return jsonLines(readFileSync(join(folder, 'alerts/out.jsonl'), 'utf8'));
      } catch {
        return [];
      }
    };
    const isThere = (): boolean =>
      ['/hook', '/ocsf', '/slack'].every((path) =>
        pending(hook.requests, path).some(({ body }) => body.includes('own.hostile')),
      );
    await eventually(isThere, 'the alert at each webhook');
    await eventually(
      () => lines().some(({ rule }) => (rule as { id: string }).id === 'own.hostile'),
      'the alert in the file',
    );
    await eventually(() => serving.out.includes('own.hostile'), 'the alert on standard output');
    await eventually(
      () => hook.requests.some(({ body }) => body.includes('tocsin.rule-failed')),
      'the failed rule',
    );
    await eventually(
      () => hook.requests.some(({ body }) => body.includes('tocsin.dead-letters')),
      'the broken line',
    );
    const { text: metrics } = await serving.get('/metrics');
    const whileRunning = stateOf(folder);
    expect(await serving.end('SIGTERM')).toBe(0);

    const bodies = hook.requests.map(({ body }) => body);
    const file = readFileSync(join(folder, 'alerts/out.jsonl'), 'utf8');
    const places = {
      bodies: bodies.join('\n'),
      file,
      out: serving.out,
      metrics,
      log: serving.err,
      whileRunning,
      after: stateOf(folder),
    };
    for (const [place, text] of Object.entries(places)) {
      expect({ place, found: text.includes(PERSONAL.slice(0, 10)) }).toEqual({ place, found: false });
    }
    // Nothing that a terminal, an editor or a reader of lines obeys stands there unescaped.
    for (const text of [...bodies, file, serving.out, serving.err]) {
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }
    for (const body of bodies) expect(body.length).toBeLessThan(60_000);
    for (const line of file.split('\n')) expect(line.length).toBeLessThan(60_000);
    for (const { body } of pending(hook.requests, '/slack'))
      expect(formattedIn(JSON.parse(body)).join('\n')).not.toMatch(/<[!@#]/);
    // What the detector says about the broken rule and the broken line came too.
    for (const rule of ['tocsin.rule-failed', 'tocsin.dead-letters']) expect(places.bodies).toContain(rule);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

/** Texts that Slack formats: all but plain_text objects. */
function formattedIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { type, text } = value as { type?: unknown; text?: unknown };
  const own = typeof text === 'string' && type !== 'plain_text' ? [text] : [];
  return [...own, ...Object.values(value).flatMap(formattedIn)];
}
