import { App } from 'cdktf';
import { topologyOf } from '../src/config/aws/of-config.js';
import type { Config } from '../src/config/schema.js';
import { DetectorStack } from './aws/detector-stack.js';
import { SourceStack } from './aws/source-stack.js';
import { literal } from './literal.js';

export interface AppOptions {
  /** Where the stacks are written, each in a folder of its own. */
  readonly outdir: string;
  /** The zip of the detector that is deployed. */
  readonly detectorZip: string;
}

/** Every stack that a configuration asks for. Reads no configuration and no environment of its own. */
export function buildApp(config: Config, { outdir, detectorZip }: AppOptions): App {
  const app = new App({ outdir });
  const aws = topologyOf(literal(config));
  if (aws === undefined) return app;
  const detector = new DetectorStack(app, aws, { detectorZip });
  for (const source of aws.sources) new SourceStack(app, aws, source).addDependency(detector);
  return app;
}
