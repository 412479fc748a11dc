import { describe, expect, test } from '@jest/globals';
import { DESTINATION_OPTIONS, type DestinationOptions } from '../../../../detector/destinations/index.js';
import { lazyDestinations } from '../../../../detector/runtimes/lambda/destinations.js';
import { MESSAGE } from '../../destinations/messages.js';

const OPTIONS = {
  pager: DESTINATION_OPTIONS.parse({ type: 'pagerduty', routingKey: 'secret:pager' }),
  backlog: DESTINATION_OPTIONS.parse({ type: 'asana', token: 'secret:asana', project: '1' }),
  log: DESTINATION_OPTIONS.parse({ type: 'stdout' }),
} satisfies Record<string, DestinationOptions>;

function lazy() {
  const asked: string[] = [];
  const lines: string[] = [];
  const destinations = lazyDestinations(OPTIONS, {
    now: () => 0,
    print: async (line) => void lines.push(line),
    secrets: {
      env: {},
      readSecretFile: () => Promise.reject(new Error('no files')),
      readStoredSecret: async (name) => {
        asked.push(name);
        return undefined;
      },
    },
  });
  return { destinations, asked, lines };
}
const raised = {
  kind: 'raised',
  message: MESSAGE,
  attempt: 1,
  signal: new AbortController().signal,
} as const;

describe('a destination that was not made yet', () => {
  test('shows what its options say, so that nothing is queued that it never shows', () => {
    const { destinations, asked } = lazy();

    const shown = [...destinations].map(([name, { kinds }]) => [name, kinds.has('updated')]);

    expect(shown).toEqual([
      ['pager', false],
      ['backlog', true],
      ['log', false],
    ]);
    expect(asked).toEqual([]);
  });

  test('is made with its first message', async () => {
    const { destinations, lines } = lazy();

    await destinations.get('log')?.deliver(raised);

    expect(lines).toHaveLength(1);
  });

  test('has its messages wait while its secret is not set, and the others none', async () => {
    const { destinations, lines } = lazy();

    await expect(destinations.get('pager')?.deliver(raised)).rejects.toMatchObject({
      ...{ outcome: 'retry', message: expect.stringContaining('the secret pager has no value yet') },
    });
    await destinations.get('log')?.deliver(raised);
    expect(lines).toHaveLength(1);
  });
});
