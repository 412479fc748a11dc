import type { AlertMessage, Delivery } from '../../../detector/destinations/destination.js';

/** 2026-03-02T12:00:00Z; what `now` says in these tests. */
export const NOW = Date.UTC(2026, 2, 2, 12);

export const MESSAGE: AlertMessage = {
  alertId: '5b1f0c8e2d7a4936b0c1d2e3f4a5b6c7',
  groupId: 'aws.cloudtrail.root-login-1a2b3c4d',
  rule: {
    id: 'aws.cloudtrail.root-login',
    name: 'Root user signed in',
    description: 'Somebody signed in as the root user.',
    runbook: 'Ask the owner of the account.',
    references: ['https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html'],
    attack: ['TA0001:T1078.004', 'TA0003:T1098'],
  },
  logType: 'aws.cloudtrail',
  severity: 'high',
  title: 'Root signed in to 210987654321',
  dedup: '210987654321',
  firstEventTime: '2026-03-02T11:20:31.000Z',
  lastEventTime: '2026-03-02T11:45:00.000Z',
  events: 3,
  context: {
    actor: 'root',
    eventName: 'ConsoleLogin',
    eventSource: 'signin.amazonaws.com',
    awsRegion: 'eu-central-1',
    recipientAccountId: '210987654321',
    sourceIPAddress: '203.0.113.20',
  },
  pointers: [
    { unit: 's3://logs/AWSLogs/a.json.gz', index: 4, eventId: '2b0cfe7a-61a5-4a7b-8e0a-5c6a7f1d2e02' },
  ],
  ruleset: '9f86d081884c7d65',
  late: false,
};

/** What attackers write: mentions, links, markup, terminal escapes, marks of direction, odd names, and a lot of it. */
export const HOSTILE_TEXT =
  '<!channel> <@U012AB3CD> <https://evil.example|click> @here *bold* [link](https://evil.example) ![x](https://evil.example/x.png) ' +
  '<script>alert(1)</script> \u001b[2J\u001b]0;owned\u0007 \u009b31m \u202egnp.exe \u200b\ud800 \u0000 &lt; `code` ' +
  '\ntocsin:5b1f0c8e2d7a4936b0c1d2e3f4a5b6c7\n';
const MEGABYTE = 'A'.repeat(1_000_000);

export const HOSTILE: AlertMessage = {
  ...MESSAGE,
  title: `${HOSTILE_TEXT}${MEGABYTE}`,
  dedup: `${HOSTILE_TEXT}${MEGABYTE}`,
  rule: {
    ...MESSAGE.rule,
    name: HOSTILE_TEXT,
    description: `${HOSTILE_TEXT}${MEGABYTE}`,
    runbook: `${HOSTILE_TEXT}${MEGABYTE}`,
    references: [
      'javascript:alert(1)',
      'http://plain.example/',
      'https://user:pass@evil.example/',
      'https://evil.example/|<!channel>',
      HOSTILE_TEXT,
    ],
    attack: ['TA0001:T1078.004', '../../evil:<!channel>', HOSTILE_TEXT],
  },
  context: JSON.parse(
    `{"actor":${JSON.stringify(HOSTILE_TEXT)},"sourceIPAddress":${JSON.stringify(`${HOSTILE_TEXT}${MEGABYTE}`)},` +
      `"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"deep":{"__proto__":{"polluted":true}},` +
      `"toString":"x","eventName":[1,true,null,{"a":1},"<!here>"],"awsRegion":{"not":"text"},"\\ud800odd\\u001b":"name"}`,
  ) as AlertMessage['context'],
  pointers: Array.from({ length: 300 }, (_, index) => ({
    unit: MEGABYTE.slice(0, 5000),
    index,
    eventId: HOSTILE_TEXT,
  })),
};

export const delivery = (change: Partial<Delivery> = {}): Delivery => ({
  kind: 'raised',
  message: MESSAGE,
  attempt: 1,
  signal: new AbortController().signal,
  ...change,
});
