import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { storedObjects } from '../../../../src/cloud/aws/stored-objects.js';
import { parseConfig } from '../../../../src/config/load.js';

const config = parseConfig(readFileSync('examples/aws-one-account.tocsin.yaml', 'utf8'), 'tocsin.yaml');
const BUCKET = 's3://tocsin-acme-cloudtrail-111111111111';
const LOGS = 'AWSLogs/111111111111/CloudTrail/';

describe('objects that were read can be read again', () => {
  const object = storedObjects(config, '.');

  test('where a source names their bucket and the prefix of their key', () => {
    expect(object(`${BUCKET}/${LOGS}a.json.gz`)).toMatchObject({ key: `${LOGS}a.json.gz` });
  });

  test.each([
    `s3://others/${LOGS}a.json.gz`,
    `${BUCKET}/secrets/a.json.gz`,
    `${BUCKET}-2/${LOGS}a.json.gz`,
    `${BUCKET}//${LOGS}a.json.gz`,
  ])('and nowhere else: %s', (name) => {
    expect(object(name)).toEqual({ problem: 'no source of the configuration has a bucket with this object' });
  });

  test.each(['/var/log/a.json', 'a.json', 's3://', 's3://bucket', 'https://bucket/key'])(
    '%s is no object',
    (name) => {
      expect(object(name)).toBeUndefined();
    },
  );

  test('without `aws` there is none', () => {
    const none = storedObjects(parseConfig('sources: []', 'tocsin.yaml'), '.');

    expect(none(`${BUCKET}/${LOGS}a.json.gz`)).toHaveProperty('problem');
  });
});
