import type { AwsTopology, SourcePlan } from './topology.js';

/**
 * For policies that have no room to name what is made for each of many sources: a name of something of one source, or
 * an ARN with it, as the pattern of what any source has of that kind. `…:tocsin-acme-trail-reader` becomes
 * `…:tocsin-acme-*-reader`; a name that was cut keeps its beginning alone; one that does not begin with the source's
 * base stays as it is.
 */
export const anySource = ({ base }: AwsTopology, source: SourcePlan): ((text: string) => string) => {
  const cut = `${base}-[a-z0-9-]+-[0-9a-f]{8}`;
  const name = new RegExp(`(?<=^|[:/])(?:${cut}|${source.base})(?=$|[-/])`, 'g');
  return (text) => text.replace(name, `${base}-*`);
};
