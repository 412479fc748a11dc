import { z } from 'zod';
import type { NameRule } from '../named.js';

export const accountId = z
  .string({ error: 'expected 12 digits in quotes: YAML reads 0123… without them as a number' })
  .regex(/^\d{12}$/, 'expected 12 digits in quotes');

export const region = z
  .string()
  .regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'expected the code of a region, such as eu-central-1');

const arn = (rest: string, form: string): z.ZodString =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:${rest}$`), `expected an ARN, arn:aws:${form}`);
const PLACE = '[a-z0-9-]+:\\d{12}';

/**
 * A key itself: what a policy allows on an alias, it does not allow on the key behind it.
 * https://docs.aws.amazon.com/kms/latest/developerguide/cmks-in-iam-policies.html
 */
export const keyArn = arn(`kms:${PLACE}:key/[\\w-]+`, 'kms:REGION:ACCOUNT:key/ID; an alias opens nothing');
export const roleArn = arn('iam::\\d{12}:role/[\\w+=,.@/-]+', 'iam::ACCOUNT:role/NAME');
export const topicArn = arn(`sns:${PLACE}:[\\w-]{1,256}`, 'sns:REGION:ACCOUNT:NAME');
export const trailArn = arn(
  `cloudtrail:${PLACE}:trail/[\\w.-]{3,128}`,
  'cloudtrail:REGION:ACCOUNT:trail/NAME',
);

/** What is in a bucket, or below a prefix in it. CloudTrail takes it for the beginning of ARNs of objects. */
export const objectsArn = arn(
  's3:::[^\\s*${}/]+(?:/[^\\s*${}]*)?',
  's3:::BUCKET/ or arn:aws:s3:::BUCKET/PREFIX',
).regex(/^(?!arn:[^/]*$)/, {
  error: ({ input }) => `expected ${String(input)}/, as other names of buckets may begin like this one`,
});

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const bucketName = z
  .string()
  .regex(
    /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/,
    'expected the name of a bucket: 3 to 63 of a-z, 0-9, single dots and hyphens, no IP address, nothing that S3 keeps for itself',
  );

export const keyPrefix = z
  .string()
  .max(512)
  .regex(/^(?!\/)[^*?${}\s]*$/, 'expected a prefix of object keys, without wildcards and a slash in front');

export const httpsUrl = z
  .string()
  .regex(/^https:\/\/[^\s/?#]+(?:\/[^\s?#]*)?$/, 'expected an https URL without query and fragment');

/** Without wildcards: a policy compares with it. */
export const tokenClaim = (of: string): z.ZodString =>
  z.string().regex(/^[^\s*?${}]{1,255}$/, `expected the ${of} of the tokens, without wildcards`);

/** In a name of the user's own, which becomes the alias of a provider. */
export const ACCOUNT_NAME: NameRule = {
  pattern: /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/,
  expected: 'expected lower-case words joined by hyphens, the first of which begins with a letter',
};

/** Keys of AWS's own begin with `aws:`, and ours with `tocsin:`; what we may change is told by them. */
export const TAG_KEY: NameRule = {
  pattern: /^(?!aws:|tocsin:)[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$/iu,
  expected:
    'expected the key of a tag: up to 128 letters, digits, spaces and _.:/=+@-, and neither aws: nor tocsin: in front',
};

export const tagValue = z
  .string()
  .regex(
    /^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$/u,
    'expected the value of a tag: up to 256 letters, digits, spaces and _.:/=+@-',
  );
