import { lookup as lookupHost } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isInternetAddress } from './address-guard.js';
import { DeliveryError } from './destination.js';
import type { HttpPolicy } from './http.js';
import { oneLine } from './text.js';

/** All addresses of a host, A and AAAA. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const resolveHost: Resolve = async (host) =>
  (await lookupHost(host, { all: true })).map(({ address }) => address);

/** A refusal of ours, before anything was sent. */
const refusal = (policy: HttpPolicy, what: string): DeliveryError =>
  new DeliveryError(`Destination "${policy.destination}": ${what}`, 'permanent');

/** @throws DeliveryError for a URL that is not https (nor, where allowed, http) */
export function checkedUrl(text: string, policy: HttpPolicy): URL {
  // The text is not quoted: a URL can be a secret.
  if (!URL.canParse(text)) throw refusal(policy, 'its URL cannot be read. Correct the URL.');
  const url = new URL(text);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && policy.allowInsecure)) return url;
  throw url.protocol === 'http:'
    ? refusal(policy, 'plain http would send the alert unprotected. Use https, or set allowInsecure: true.')
    : refusal(policy, `"${url.protocol}" is no protocol for alerts. Use https.`);
}

/** The host without the brackets of an IPv6 address. */
export const bareHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/**
 * The addresses that may be connected to.
 * @throws DeliveryError when one of them is not on the internet and the destination does not allow that
 */
export async function checkedAddresses(
  url: URL,
  policy: HttpPolicy,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const host = bareHost(url);
  const isLiteral = url.hostname.startsWith('[') || /^[\d.]+$/.test(host);
  const addresses = isLiteral ? [host] : await unlessAborted(resolve(host), signal);
  if (addresses.length === 0) throw Object.assign(new Error(`no address for ${host}`), { code: 'ENOTFOUND' });
  const bad = policy.allowPrivate ? undefined : addresses.find((address) => !isInternetAddress(address));
  if (bad === undefined) return addresses;
  const found = bad === host ? `${bad} is` : `${host} has the address ${bad}, which is`;
  throw refusal(
    policy,
    `${oneLine(found, 300)} not on the internet. If it is meant, set allowPrivate: true for this destination.`,
  );
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Answers with the checked addresses, whoever asks. Node asks for `all` when it may try several (autoSelectFamily). */
export function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_host, { all: wantsAll = false }, callback) => {
    const [first = { address: '', family: 4 }] = all;
    if (wantsAll) callback(null, all);
    else callback(null, first.address, first.family);
  };
}
