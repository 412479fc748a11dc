import { inNetwork, isPublic, parseAddress, parseNetwork } from '../engine/ip.js';

type Address = NonNullable<ReturnType<typeof parseAddress>>;

const network = (text: string): NonNullable<ReturnType<typeof parseNetwork>> => {
  const parsed = parseNetwork(text);
  if (parsed === undefined) throw new TypeError(`"${text}" is no network`);
  return parsed;
};

const IPV4_MULTICAST = network('224.0.0.0/4');
/** All that IANA has handed out for the internet (RFC 4291, section 2.4); what lies outside is local, mapped or multicast. */
const IPV6_GLOBAL = network('2000::/3');
/** Examples in documents (RFC 9637). */
const IPV6_DOCUMENTATION = network('3fff::/20');

/** Networks whose addresses carry an IPv4 address that the packet reaches in the end, and where in its 16 bytes. */
const CARRIERS = [
  [network('::ffff:0:0/96'), 12],
  // NAT64 (RFC 6052): what DNS64 answers in networks that speak IPv6 only.
  [network('64:ff9b::/96'), 12],
  // 6to4 (RFC 3056).
  [network('2002::/16'), 2],
] as const;

/**
 * Whether an alert may be sent to an address without the operator's leave: only what is routed on the internet. Private,
 * loopback, link-local (the clouds' metadata services), shared, reserved and multicast addresses are not, nor an
 * IPv6 address that leads to such an IPv4 address, nor a text that is no address.
 */
export function isInternetAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  if (address.kind() === 'ipv4') return isPublic(address) && !inNetwork(address, IPV4_MULTICAST);
  const carrier = CARRIERS.find(([carried]) => inNetwork(address, carried));
  if (carrier !== undefined) return isInternetAddress(ipv4At(address, carrier[1]));
  return isPublic(address) && inNetwork(address, IPV6_GLOBAL) && !inNetwork(address, IPV6_DOCUMENTATION);
}

const ipv4At = (address: Address, offset: number): string =>
  address
    .toByteArray()
    .slice(offset, offset + 4)
    .join('.');
