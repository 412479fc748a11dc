import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/** Dotted decimal without leading zeros: `010.0.0.1` means different hosts to different programs, so it is none. */
const FOUR_PARTS = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;

/** An IP address, or undefined for anything else, such as the service names that CloudTrail puts in its place. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 64) return undefined;
  if (FOUR_PARTS.test(text)) return ipaddr.IPv4.isValid(text) ? ipaddr.IPv4.parse(text) : undefined;
  return text.includes(':') && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

/** The address without brackets and port, as text. */
export function addressIn(text: string): string | undefined {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text);
  const bare = bracketed?.[1] ?? (text.indexOf(':') === text.lastIndexOf(':') ? text.split(':', 1)[0] : text);
  return bare !== undefined && parseAddress(bare) !== undefined ? bare : undefined;
}

/** @returns undefined when the text is no network in CIDR notation. A single address is a network of one. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  const parsed = parseAddress(address);
  if (parsed === undefined || rest.length > 0) return undefined;
  const most = parsed.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [parsed, most];
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? [parsed, Number(bits)] : undefined;
}

export const inNetwork = (address: Address, [network, bits]: Network): boolean =>
  address.kind() === network.kind() && address.match(network, bits);

const networks = (...texts: readonly string[]): readonly Network[] =>
  texts.map((text) => parseNetwork(text)).filter((network) => network !== undefined);

/** Not reachable from the internet, by the IANA special-purpose registries (RFC 6890 and its updates). */
const PRIVATE = networks(
  ...['0.0.0.0/8', '10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/29'],
  ...[
    '192.0.0.170/31',
    '192.0.2.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
  ],
  ...[
    '240.0.0.0/4',
    '::/128',
    '::1/128',
    '::ffff:0:0/96',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    'fc00::/7',
  ],
  'fe80::/10',
);
/** Shared between carrier and customer (RFC 6598): neither private nor public. */
const SHARED = networks('100.64.0.0/10');

export const isPrivate = (address: Address): boolean =>
  PRIVATE.some((network) => inNetwork(address, network));
export const isPublic = (address: Address): boolean =>
  !isPrivate(address) && !SHARED.some((network) => inNetwork(address, network));
