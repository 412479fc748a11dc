import { afterEach, describe, expect, test } from '@jest/globals';
import { DeliveryError, type Destination } from '../../../detector/destinations/destination.js';
import {
  createDestination,
  createHttpClient,
  DESTINATION_OPTIONS,
  type DestinationOptions,
  type Secrets,
} from '../../../detector/destinations/index.js';
import { startServer, type Reply, type TestServer } from '../../support/http-server.js';
import { delivery, HOSTILE, NOW } from './messages.js';

/** A destination that is reached by HTTP, as the contract suite needs it. */
export interface HttpFixture {
  readonly name: string;
  readonly options: (serverUrl: string) => object;
  readonly secrets: (serverUrl: string) => Secrets;
  /** What its server answers when all is well. */
  readonly ok: Extract<Reply, object>;
  /** Why 204, which says nothing, is no success. */
  readonly needsBody?: true;
}

const LOCAL = { allowInsecure: true, allowPrivate: true, timeoutSeconds: 2 };
/** Nothing that a terminal, an editor or a reader of JSON would obey or choke on. */
export const HIDDEN_IN_JSON =
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\\u0000|\\ud[89a-f]/i;

const running: TestServer[] = [];

/** A server that is closed after the test. */
export async function serve(...options: Parameters<typeof startServer>): Promise<TestServer> {
  const server = await startServer(...options);
  running.push(server);
  return server;
}

export const closeServers = async (): Promise<void> => {
  await Promise.all(running.splice(0).map((server) => server.close()));
};

export function makeDestination(options: object, secrets: Secrets, lines: string[] = []): Destination {
  const parsed: DestinationOptions = DESTINATION_OPTIONS.parse(options);
  return createDestination('oncall', parsed, {
    http: createHttpClient({ now: () => NOW }),
    now: () => NOW,
    secrets,
    print: async (line) => {
      lines.push(line);
    },
  });
}

export const local = (fixture: HttpFixture, server: TestServer, change: object = {}): Destination =>
  makeDestination({ ...LOCAL, ...fixture.options(server.url), ...change }, fixture.secrets(server.url));

/** The DeliveryError that a promise ends with. */
export async function failureOf(work: Promise<unknown>): Promise<DeliveryError> {
  const error: unknown = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof DeliveryError) return error;
  throw error;
}

/** Everything of an error that may end in a log. */
const allTextOf = (error: DeliveryError): string =>
  JSON.stringify([error.message, error.stack, error.cause, Object.entries(error)]);

/** What every destination that is reached by HTTP must do. */
export function describeHttpDestination(fixture: HttpFixture): void {
  describe(`${fixture.name} keeps the contract`, () => {
    afterEach(closeServers);

    test.each(['raised', 'summary', 'system', 'test'] as const)('delivers %s', async (kind) => {
      const server = await serve(() => fixture.ok);

      await local(fixture, server).deliver(delivery({ kind }));

      expect(server.requests).toHaveLength(1);
      expect(server.requests[0]?.headers['content-type']).toBe('application/json');
      expect(() => JSON.parse(server.requests[0]?.body ?? '') as unknown).not.toThrow();
      await server.idle();
    });

    test('delivers with status 200, and with 204 unless it needs an answer', async () => {
      const full = await serve(() => ({ ...fixture.ok, status: 200 }));
      const empty = await serve(() => ({ status: 204 }));

      await local(fixture, full).deliver(delivery());
      const outcome = await local(fixture, empty)
        .deliver(delivery())
        .then(
          () => 'delivered',
          (error: unknown) => (error as DeliveryError).outcome,
        );

      expect(outcome).toBe(fixture.needsBody ? 'retry' : 'delivered');
    });

    test.each<[string, Reply, 'retry' | 'permanent', number | undefined]>([
      ['400', { status: 400, body: 'bad' }, 'permanent', undefined],
      ['401', { status: 401 }, 'permanent', undefined],
      ['404', { status: 404 }, 'permanent', undefined],
      ['408', { status: 408 }, 'retry', undefined],
      ['425', { status: 425 }, 'retry', undefined],
      ['429', { status: 429 }, 'retry', undefined],
      ['429 with seconds', { status: 429, headers: { 'retry-after': '30' } }, 'retry', 30_000],
      [
        '429 with a date',
        { status: 429, headers: { 'retry-after': 'Mon, 02 Mar 2026 12:02:00 GMT' } },
        'retry',
        120_000,
      ],
      ['429 with nonsense', { status: 429, headers: { 'retry-after': 'soon' } }, 'retry', undefined],
      ['500', { status: 500 }, 'retry', undefined],
      ['503 for a day', { status: 503, headers: { 'retry-after': '86400' } }, 'retry', 3_600_000],
      ['503 for no time', { status: 503, headers: { 'retry-after': '0' } }, 'retry', 1000],
      [
        'a redirect',
        { status: 302, headers: { location: 'https://elsewhere.example/' } },
        'permanent',
        undefined,
      ],
      ['10 MB of error', { status: 500, body: Buffer.alloc(10_000_000, 'x') }, 'retry', undefined],
      ['a connection that is closed', 'close', 'retry', undefined],
      ['an answer that is cut off', 'cut', 'retry', undefined],
    ])('%s', async (_name, reply, outcome, wait) => {
      const server = await serve(() => reply);

      const error = await failureOf(local(fixture, server).deliver(delivery()));

      expect(error.outcome).toBe(outcome);
      expect(error.retryAfterMs).toBe(wait);
      expect(error.message).toContain('"oncall"');
      expect((error.response ?? '').length).toBeLessThanOrEqual(500);
      expect(server.requests).toHaveLength(1);
      await server.idle();
    });

    test('10 MB of success count as success, unless the answer is needed', async () => {
      const server = await serve(() => ({ status: 200, body: Buffer.alloc(10_000_000, 'x') }));

      const work = local(fixture, server).deliver(delivery());

      if (fixture.needsBody) expect((await failureOf(work)).outcome).toBe('retry');
      else expect(await work).toBeUndefined();
      await server.idle();
    });

    test('a server that never answers is left after the time-out', async () => {
      const server = await serve(() => 'hang');

      const error = await failureOf(local(fixture, server, { timeoutSeconds: 0.1 }).deliver(delivery()));

      expect(error.outcome).toBe('retry');
      expect(error.message).toContain('0.1 s');
      await server.idle();
    });

    test('an attempt that is ended from outside is left at once', async () => {
      const controller = new AbortController();
      const server = await serve(() => {
        controller.abort();
        return 'hang';
      });

      const error = await failureOf(local(fixture, server).deliver(delivery({ signal: controller.signal })));

      expect(error.outcome).toBe('retry');
      await server.idle();
    });

    test('a redirect says that redirects are not followed', async () => {
      const server = await serve(() => ({ status: 307, headers: { location: '/there' } }));

      const error = await failureOf(local(fixture, server).deliver(delivery()));

      expect(error.message).toContain('redirects are not followed');
    });

    test('errors hold no secret, though the server repeats all it got', async () => {
      for (const status of [200, 400, 500]) {
        const server = await serve(({ path, headers, body }) => ({
          status,
          body: `\u001b[31m${path} ${JSON.stringify(headers)} ${body}`,
        }));
        const secrets = Object.values(fixture.secrets(server.url));

        const error = await failureOf(local(fixture, server).deliver(delivery())).catch(() => undefined);

        expect(secrets.length).toBeGreaterThan(0);
        if (error === undefined) continue;
        const shown = allTextOf(error);
        for (const secret of secrets) {
          expect(shown).not.toContain(secret.replace(/^https?:\/\/[^/]+/, ''));
        }
        expect(shown).not.toContain('\u001b');
        expect(shown).not.toContain('\\u001b');
        expect(error.cause).toBeUndefined();
      }
    });

    test('a hostile alert arrives whole in form, inert and cut', async () => {
      const server = await serve(() => fixture.ok);

      await local(fixture, server).deliver(delivery({ message: HOSTILE }));

      const body = server.requests[0]?.body ?? '';
      expect(Buffer.byteLength(body)).toBeLessThan(300_000);
      expect(body).not.toMatch(HIDDEN_IN_JSON);
      expect(Object.keys(JSON.parse(body) as object)).not.toContain('__proto__');
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    });

    test('a local server is refused unless it is allowed, and the option is named', async () => {
      const server = await serve(() => fixture.ok);

      const error = await failureOf(local(fixture, server, { allowPrivate: false }).deliver(delivery()));

      expect([error.outcome, error.message]).toEqual(['permanent', expect.stringContaining('allowPrivate')]);
      expect(server.requests).toEqual([]);
    });

    test('plain http is refused unless it is allowed: with the options, or, for a secret URL, when it is sent', async () => {
      const server = await serve(() => fixture.ok);

      const error: unknown = await (async () =>
        local(fixture, server, { allowInsecure: false }).deliver(delivery()))().catch(
        (reason: unknown) => reason,
      );

      expect(String(error)).toContain('allowInsecure');
      expect(server.requests).toEqual([]);
    });

    test('a receipt has at most 200 characters', async () => {
      const server = await serve(() => fixture.ok);

      const receipt = await local(fixture, server).deliver(delivery());

      expect((receipt ?? '').length).toBeLessThanOrEqual(200);
    });
  });
}
