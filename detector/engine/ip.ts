import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/** Dotted decimal without leading zeros: `010.0.0.1` means different hosts to different programs, so it is none. */
const FOUR_PARTS = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;

const DOTTED_TAIL = /^(?<head>[^%]*:)(?<four>[^:%]*\.[^:%]*)(?<zone>%.*)?$/;

/** An IP address, or undefined for anything else, such as the service names that CloudTrail puts in its place. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 64) return undefined;
  if (!text.includes(':')) return parseFour(text);
  const inHex = withoutDots(text);
  return inHex !== undefined && ipaddr.IPv6.isValid(inHex) ? ipaddr.IPv6.parse(inHex) : undefined;
}

const parseFour = (text: string): ipaddr.IPv4 | undefined =>
  FOUR_PARTS.test(text) && ipaddr.IPv4.isValid(text) ? ipaddr.IPv4.parse(text) : undefined;

const hexOf = (bytes: readonly number[]): string =>
  bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * The same IPv6 address where its last 32 bits are written like an IPv4 address (RFC 4291, section 2.2), which the
 * parser takes for a mapped one whatever is before them. @returns undefined when they are none
 */
function withoutDots(text: string): string | undefined {
  const { head = '', four, zone = '' } = DOTTED_TAIL.exec(text)?.groups ?? {};
  if (four === undefined) return text;
  const bytes = parseFour(four)?.toByteArray();
  return bytes && `${head}${hexOf(bytes.slice(0, 2))}:${hexOf(bytes.slice(2))}${zone}`;
}

/** The address without brackets and port, as text; the IPv4 address where one is mapped into IPv6. */
export function addressIn(text: string): string | undefined {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text);
  const bare = bracketed?.[1] ?? (text.indexOf(':') === text.lastIndexOf(':') ? text.split(':', 1)[0] : text);
  const address = bare === undefined ? undefined : parseAddress(bare);
  if (address === undefined) return undefined;
  const mapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress();
  return mapped ? address.toIPv4Address().toString() : bare;
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
