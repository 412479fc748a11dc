import { afterEach, describe, expect, test } from '@jest/globals';
import type { ReceivedRequest, Reply, TestServer } from '../../support/http-server.js';
import { closeServers, failureOf, local, serve } from './contract.js';
import { ASANA } from './fixtures.js';
import { delivery, HOSTILE, MESSAGE } from './messages.js';

afterEach(closeServers);

const MARKER = `tocsin:${MESSAGE.alertId}`;
const json = (body: unknown, status = 200): Reply => ({ status, body: JSON.stringify(body) });
const tasks = (...notes: readonly string[]): Reply =>
  json({ data: notes.map((text, i) => ({ gid: String(900 + i), notes: text })), next_page: null });

const asana = (
  answer: (request: ReceivedRequest) => Reply | undefined = () => undefined,
): Promise<TestServer> =>
  serve(
    (request) => answer(request) ?? json({ data: { gid: '1209' } }, request.method === 'POST' ? 201 : 200),
  );

const calls = (server: TestServer): string[] =>
  server.requests.map(({ method, path }) => `${method} ${path.split('?', 1)[0] ?? ''}`);
const dataOf = (server: TestServer, index: number) =>
  (JSON.parse(server.requests[index]?.body ?? '') as { data: Record<string, unknown> }).data;

describe('a task', () => {
  test('says what a responder needs, and when it is due', async () => {
    const server = await asana();

    const receipt = await local(ASANA, server).deliver(delivery());

    expect(receipt).toBe('1209');
    expect(calls(server)).toEqual(['POST /api/1.0/tasks']);
    expect(server.requests[0]?.headers.authorization).toBe('Bearer 2/1234567890/not-a-real-token');
    const { notes, ...rest } = dataOf(server, 0);
    expect(rest).toEqual({
      name: '[HIGH] Root signed in to 210987654321',
      memberships: [{ project: '1201', section: '1202' }],
      due_on: '2026-03-05',
    });
    expect(String(notes).split('\n')).toEqual(
      expect.arrayContaining([
        'Somebody signed in as the root user.',
        'Actor: root',
        'Account: 210987654321',
        'Ask the owner of the account.',
        'https://attack.mitre.org/techniques/T1078/004/',
        'Rule: aws.cloudtrail.root-login',
      ]),
    );
    expect(String(notes).split('\n').at(-1)).toBe(MARKER);
  });

  test('without a section it is put into the project, and a severity may have no due date', async () => {
    const server = await asana();

    await local(ASANA, server, { section: undefined, dueDays: { high: null } }).deliver(delivery());

    expect(dataOf(server, 0)).toMatchObject({ projects: ['1201'] });
    expect(dataOf(server, 0)).not.toHaveProperty('due_on');
    expect(dataOf(server, 0)).not.toHaveProperty('memberships');
  });

  test('hostile text stays short, and cannot pass for the mark of another alert', async () => {
    const server = await asana();

    await local(ASANA, server).deliver(delivery({ message: { ...HOSTILE, alertId: 'other' } }));

    const notes = String(dataOf(server, 0).notes);
    expect(notes.length).toBeLessThan(10_000);
    expect(notes.split('\n').at(-1)).toBe('tocsin:other');
    expect(dataOf(server, 0)).not.toHaveProperty('html_notes');
  });
});

describe('a second attempt', () => {
  test('finds the task of the first, on whatever page it is', async () => {
    const server = await asana(({ path }) =>
      path.includes('offset=next')
        ? tasks('other', `text\n\n${MARKER}\n`)
        : json({ data: [{ gid: '1', notes: `${MARKER}\nmore` }], next_page: { offset: 'next' } }),
    );

    const receipt = await local(ASANA, server).deliver(delivery({ attempt: 2 }));

    expect(receipt).toBe('901');
    expect(calls(server)).toEqual(['GET /api/1.0/tasks', 'GET /api/1.0/tasks']);
    const query = new URLSearchParams(server.requests[0]?.path.split('?')[1]);
    expect(Object.fromEntries(query)).toEqual({
      project: '1201',
      modified_since: '2026-03-02T10:20:31.000Z',
      opt_fields: 'notes',
      limit: '50',
    });
  });

  test('makes the task where there is none', async () => {
    const server = await asana(({ method }) => (method === 'GET' ? tasks('other', '') : undefined));

    expect(await local(ASANA, server).deliver(delivery({ attempt: 2 }))).toBe('1209');
    expect(calls(server)).toEqual(['GET /api/1.0/tasks', 'POST /api/1.0/tasks']);
  });

  test('reads long notes of others', async () => {
    const server = await asana(({ method }) =>
      method === 'GET' ? tasks('x'.repeat(300_000), MARKER) : undefined,
    );

    expect(await local(ASANA, server).deliver(delivery({ attempt: 2 }))).toBe('901');
  });

  test('makes none while the look-up fails', async () => {
    const server = await asana(({ method }) => (method === 'GET' ? { status: 503 } : undefined));

    const error = await failureOf(local(ASANA, server).deliver(delivery({ attempt: 2 })));

    expect(error.outcome).toBe('retry');
    expect(calls(server)).toEqual(['GET /api/1.0/tasks']);
  });
});

describe('with a custom field', () => {
  const FIELD = '1301';
  const custom = { customField: FIELD };
  const marked = (gid: string, ...fields: readonly (readonly [string, string | null])[]) => ({
    ...{ gid, custom_fields: fields.map(([field, text]) => ({ gid: field, text_value: text })) },
  });

  test('a task bears its mark there, and its notes are free', async () => {
    const server = await asana();

    await local(ASANA, server, custom).deliver(delivery());

    expect(dataOf(server, 0)).toMatchObject({ custom_fields: { [FIELD]: MARKER } });
    expect(String(dataOf(server, 0).notes)).not.toContain('tocsin:');
  });

  test('a second attempt finds the task by it, and by no other field', async () => {
    const list = [
      marked('901', ['1302', MARKER]),
      marked('902', [FIELD, null]),
      { gid: '903', custom_fields: null },
      marked('904', ['1302', 'x'], [FIELD, MARKER]),
    ];
    const server = await asana(({ method }) => (method === 'GET' ? json({ data: list }) : undefined));

    expect(await local(ASANA, server, custom).deliver(delivery({ attempt: 2 }))).toBe('904');
    expect(calls(server)).toEqual(['GET /api/1.0/tasks']);
    const query = new URLSearchParams(server.requests[0]?.path.split('?')[1]);
    expect(query.get('opt_fields')).toBe('custom_fields.gid,custom_fields.text_value');
  });

  test('a project that does not have the field refuses for good', async () => {
    const server = await asana(() => ({
      status: 400,
      body: '{"errors":[{"message":"not on given object"}]}',
    }));

    const error = await failureOf(local(ASANA, server, custom).deliver(delivery()));

    expect(error).toMatchObject({ outcome: 'permanent' });
    expect(error.response).toContain('not on given object');
  });
});

describe('what follows', () => {
  test('an escalation changes name and due date, and comments', async () => {
    const server = await asana();

    const receipt = await local(ASANA, server).deliver(
      delivery({ kind: 'escalated', receipt: '77', message: { ...MESSAGE, severity: 'critical' } }),
    );

    expect(receipt).toBe('77');
    expect(calls(server)).toEqual(['PUT /api/1.0/tasks/77', 'POST /api/1.0/tasks/77/stories']);
    expect(dataOf(server, 0)).toEqual({
      name: '[CRITICAL, escalated] Root signed in to 210987654321',
      due_on: '2026-03-03',
    });
    expect(dataOf(server, 1)).toEqual({
      text: `Escalated to CRITICAL: 3 events so far.\n\ntocsin:${MESSAGE.alertId}-escalated-critical`,
    });
  });

  test('a resolution comments and completes', async () => {
    const server = await asana();

    await local(ASANA, server).deliver(delivery({ kind: 'resolved', receipt: '77' }));

    expect(calls(server)).toEqual(['POST /api/1.0/tasks/77/stories', 'PUT /api/1.0/tasks/77']);
    expect(dataOf(server, 1)).toEqual({ completed: true });
  });

  test('a comment is not made twice', async () => {
    const server = await asana(({ method }) =>
      method === 'GET'
        ? json({ data: [{ gid: '5', text: `Resolved\n\ntocsin:${MESSAGE.alertId}-resolved-high` }] })
        : undefined,
    );

    await local(ASANA, server).deliver(delivery({ kind: 'resolved', receipt: '77', attempt: 3 }));

    expect(calls(server)).toEqual(['GET /api/1.0/tasks/77/stories', 'PUT /api/1.0/tasks/77']);
  });

  test('without a receipt the task is looked for; only an escalation makes a new one', async () => {
    const server = await asana(({ method }) => (method === 'GET' ? tasks() : undefined));
    const destination = local(ASANA, server);

    expect(await destination.deliver(delivery({ kind: 'updated' }))).toBeUndefined();
    expect(await destination.deliver(delivery({ kind: 'resolved', receipt: '../evil' }))).toBeUndefined();
    expect(await destination.deliver(delivery({ kind: 'escalated' }))).toBe('1209');
    expect(calls(server).filter((call) => call.startsWith('POST'))).toEqual(['POST /api/1.0/tasks']);
  });

  test('a task that was deleted needs no completing, but an escalation makes a new one', async () => {
    const server = await asana(({ path }) => (path.includes('/77') ? { status: 404 } : undefined));
    const destination = local(ASANA, server);

    expect(await destination.deliver(delivery({ kind: 'resolved', receipt: '77' }))).toBeUndefined();
    expect(await destination.deliver(delivery({ kind: 'escalated', receipt: '77' }))).toBe('1209');
  });
});
