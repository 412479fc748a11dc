import { globMatches } from '../engine/text.js';
import type { Rule, Severity } from '../rule.js';
import { severityRank, type AlertLogType } from './group.js';

/** Which alerts go where. All that is named must fit; the first route that fits decides. */
export interface Route {
  /** This severity and above. */
  readonly severity?: Severity | undefined;
  readonly logTypes?: readonly AlertLogType[] | undefined;
  /** Globs over rule ids. */
  readonly rules?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Names of destinations; none of them means that such alerts are kept and sent nowhere. */
  readonly to: readonly string[];
}

export interface Routing {
  readonly routes: readonly Route[];
  /** Where alerts go that no route fits. */
  readonly fallback: readonly string[];
  /** Where the detector's own alerts go. @default the fallback */
  readonly system?: readonly string[];
}

export interface Routed {
  readonly rule: string;
  readonly logType: AlertLogType;
  readonly severity: Severity;
}

/** Names of the destinations of an alert. A rule's own destinations win over every route. */
export function destinationsFor(alert: Routed, rule: Rule | undefined, routing: Routing): readonly string[] {
  if (rule?.destinations !== undefined) return rule.destinations;
  if (alert.logType === 'tocsin.system') return routing.system ?? routing.fallback;
  return routing.routes.find((route) => fits(route, alert, rule?.tags ?? []))?.to ?? routing.fallback;
}

function fits(route: Route, alert: Routed, tags: readonly string[]): boolean {
  return (
    (route.severity === undefined || severityRank(alert.severity) >= severityRank(route.severity)) &&
    (route.logTypes?.includes(alert.logType) ?? true) &&
    (route.rules?.some((glob) => globMatches(glob, alert.rule)) ?? true) &&
    (route.tags?.some((tag) => tags.includes(tag)) ?? true)
  );
}
