import type { Rule } from '../rule.js';
import { MOST_DOCUMENT_BYTES } from '../state/store.js';
import type { ManifestEntry } from './manifest.js';

/** A document of a manifest: some entries, with what has to be known of their rules where those are gone meanwhile. */
export interface ManifestPage {
  readonly v: 1;
  readonly rules: readonly KeptRule[];
  readonly entries: readonly ManifestEntry[];
}

type Kept = 'id' | 'name' | 'severity' | 'attack' | 'threshold' | 'windowMinutes' | 'distinct' | 'tags';
/** Enough of a rule to count, show and route what it matched, when another version of the detector applies it. */
export type KeptRule = Pick<Rule, Kept | 'destinations'> & Partial<Pick<Rule, 'description' | 'runbook'>>;

const LONGEST_TEXT = 1000;
const MOST_RULE_BYTES = 4_000;
const FRAME_BYTES = bytesOf({ v: 1, rules: [], entries: [] } satisfies ManifestPage);

/** Entries as bodies of documents, in order. @param ruleNamed the rules that they were evaluated with */
export function pagesOf(
  entries: readonly ManifestEntry[],
  ruleNamed: (id: string) => Rule | undefined,
): readonly string[] {
  const kept = new Map<string, { rule: KeptRule; bytes: number } | undefined>();
  const keptRule = (id: string) => {
    if (!kept.has(id)) {
      const rule = ruleNamed(id);
      kept.set(id, rule && sized(rule));
    }
    return kept.get(id);
  };
  const pages: { rules: Set<KeptRule>; entries: ManifestEntry[] }[] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const rule = keptRule(entry.rule);
    const entryBytes = bytesOf(entry);
    let page = pages.at(-1);
    const isNew = rule !== undefined && page?.rules.has(rule.rule) !== true;
    if (page === undefined || bytes + entryBytes + (isNew ? rule.bytes : 0) > MOST_DOCUMENT_BYTES) {
      page = { rules: new Set(), entries: [] };
      pages.push(page);
      bytes = FRAME_BYTES;
    }
    if (rule !== undefined && !page.rules.has(rule.rule)) {
      page.rules.add(rule.rule);
      bytes += rule.bytes;
    }
    page.entries.push(entry);
    bytes += entryBytes;
  }
  return pages.map(({ rules, entries: listed }) =>
    JSON.stringify({ v: 1, rules: [...rules], entries: listed } satisfies ManifestPage),
  );
}

function sized(rule: Rule): { rule: KeptRule; bytes: number } {
  const { id, name, severity, attack, threshold, windowMinutes, distinct, tags, destinations } = rule;
  const counting: KeptRule = {
    ...{ id, name: name.slice(0, 200), severity, attack: [] },
    ...(threshold === undefined ? {} : { threshold }),
    ...(windowMinutes === undefined ? {} : { windowMinutes }),
    ...(distinct === undefined ? {} : { distinct }),
    ...(destinations === undefined ? {} : { destinations }),
  };
  const shown: KeptRule = {
    ...counting,
    ...{ attack, ...(tags === undefined ? {} : { tags }) },
    description: rule.description.slice(0, LONGEST_TEXT),
    runbook: rule.runbook.slice(0, LONGEST_TEXT),
  };
  const bytes = bytesOf(shown);
  return bytes <= MOST_RULE_BYTES ? { rule: shown, bytes } : { rule: counting, bytes: bytesOf(counting) };
}

/** A rule that is gone, as far as its matches need it. It matches nothing any more. */
export const revive = (kept: KeptRule): Rule => ({
  ...{ description: '', runbook: '', ...kept },
  ...{ logTypes: [], falsePositives: [], match: { not: {} } },
});

/** With the comma behind it. */
function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}
