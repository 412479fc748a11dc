import type { Fitting } from '../../fitting.js';
import type { Shape } from '../../shape.js';
import type { AwsConfig, AwsSourceConfig } from '../schema.js';

/** What fits of `aws`. */
export type Aws = Fitting<AwsConfig>;
/** What fits of `sources`. */
export type Sources = readonly (Fitting<Shape['sources'][number]> | undefined)[];

export interface OnAws {
  readonly name: string | undefined;
  readonly source: Fitting<AwsSourceConfig>;
  /** Of the source's `aws`. */
  readonly at: readonly ['sources', number, 'aws'];
}

/** The sources that lie on AWS. */
export const onAws = (sources: Sources): readonly OnAws[] =>
  sources.flatMap((one, i) =>
    one?.aws === undefined ? [] : [{ name: one.name, source: one.aws, at: ['sources', i, 'aws'] }],
  );

/** Where a source's bucket is; undefined where that cannot be told. */
export const regionOf = (source: Fitting<AwsSourceConfig>, aws: Aws): string | undefined => {
  if ('region' in source || source.account === undefined) return source.region;
  return aws.accounts?.[source.account]?.region;
};
