import { gzipSync } from 'node:zlib';
import { aws } from '../../src/demo/company.js';
import { sampleLogs } from '../../src/demo/sample-logs.js';

/** An object as CloudTrail writes it. */
export interface TrailFile {
  readonly key: string;
  readonly bytes: Buffer;
}

/** The account whose calls the samples are of, for the most part. */
export const SAMPLE_ACCOUNT = aws.production;
export const SAMPLE_REGION = aws.region;

/**
 * An hour of an invented company's life with attacks in it, in the files that a trail of all its accounts makes: those
 * of events, and a digest that lies beside them.
 * @param organizationId of an organisation's trail; without it they lie as those of a single account do
 */
export function trailFiles(start: Date, organizationId?: string): readonly TrailFile[] {
  const files = [...sampleLogs({ seed: start.getTime() / 3_600_000, start, hours: 1, eventsPerHour: 40 })];
  return files
    .filter(({ path }) => path.startsWith('AWSLogs/'))
    .map(({ path, bytes }) => ({ key: keyOf(path, organizationId), bytes }));
}

/** What RULES find in `ringingFiles`. */
const RINGING = { eventSource: 'bells.amazonaws.com', eventName: 'RingBell' } as const;

/** Rules for `ringingFiles`, as a user writes them. */
export const RINGING_RULES: Readonly<Record<string, string>> = {
  'rules/rung.ts': ruleOf('own.rung', "dedup: '{requestParameters.bell}', title: '{requestParameters.bell}'"),
  'rules/rung-thrice.ts': ruleOf(
    'own.rung-thrice',
    "dedup: '{userIdentity.userName}', title: '{userIdentity.userName}', threshold: 3",
  ),
};

const FILES = 18;
const BELLS = 3;
const RINGERS = FILES / 3;

/**
 * Files whose alerts do not depend on the order in which they come: a bell is rung once, and somebody rings in three
 * files.
 */
export function ringingFiles(start: Date, organizationId?: string): readonly TrailFile[] {
  const hour = start.toISOString().slice(0, 13);
  const [year, month, day] = hour.slice(0, 10).split('-');
  return Array.from({ length: FILES }, (_, file) => {
    const name = `${SAMPLE_ACCOUNT}_CloudTrail_${SAMPLE_REGION}_${hour.replaceAll('-', '')}00Z`;
    const place = `AWSLogs/${SAMPLE_ACCOUNT}/CloudTrail/${SAMPLE_REGION}/${year}/${month}/${day}`;
    const suffix = `Ringing${String(file).padStart(9, '0')}`;
    const records = Array.from({ length: BELLS }, (_, bell) => {
      const id = `${hour}-${String(file)}-${String(bell)}`;
      return {
        ...{ eventVersion: '1.11', eventID: id, eventTime: `${hour}:${String(10 + file)}:0${String(bell)}Z` },
        ...{ ...RINGING, awsRegion: SAMPLE_REGION, recipientAccountId: SAMPLE_ACCOUNT },
        // One of them is somebody's who rings in two more files.
        userIdentity: {
          type: 'IAMUser',
          userName: bell === 0 ? `ringer-${hour}-${String(file % RINGERS)}` : id,
        },
        requestParameters: { bell: `bell-${id}` },
      };
    });
    const bytes = gzipSync(JSON.stringify({ Records: records }));
    return { key: keyOf(`${place}/${name}_${suffix}.json.gz`, organizationId), bytes };
  });
}

const keyOf = (path: string, organizationId: string | undefined): string =>
  organizationId === undefined ? path : path.replace('AWSLogs/', `AWSLogs/${organizationId}/`);

function ruleOf(id: string, more: string): string {
  return `import { defineRule } from 'tocsin';

export default defineRule({
  id: '${id}',
  logTypes: ['aws.cloudtrail'],
  name: 'A bell was rung',
  description: 'Somebody rang a bell.',
  severity: 'low',
  attack: [],
  falsePositives: [],
  runbook: 'Listen.',
  match: ${JSON.stringify(RINGING)},
  context: {},
  ${more},
});
`;
}
