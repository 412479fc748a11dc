import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addressIn,
  inNetwork,
  isPrivate,
  isPublic,
  parseAddress,
  parseNetwork,
} from '../../../detector/engine/ip.js';

const address = (text: string) => parseAddress(text)!;

describe('an address', () => {
  test.each(['0.0.0.0', '255.255.255.255', '203.0.113.9', '::', '::1', '2001:DB8::1', '::ffff:192.0.2.1'])(
    'is %s',
    (text) => expect(parseAddress(text)).toBeDefined(),
  );

  test.each([
    ['a number', '3232235777'],
    ['hexadecimal', '0xc0.0.2.1'],
    ['octal, which means different hosts to different programs', '010.0.0.1'],
    ['too few parts', '10.1'],
    ['too many parts', '1.2.3.4.5'],
    ['a part beyond 255', '256.0.0.1'],
    ['a blank before', ' 10.0.0.1'],
    ['a port', '10.0.0.1:80'],
    ['a network', '10.0.0.0/8'],
    ['a service', 'ec2.amazonaws.com'],
    ['nothing', ''],
    ['a long text', '1'.repeat(1_000_000)],
    ['colons alone', ':::'],
    ['octal at the end of another', '64:ff9b::010.8.8.8'],
    ['hexadecimal at the end of another', '64:ff9b::0x8.8.8.8'],
    ['too few parts at the end of another', '::8.8.8'],
    ['an IPv4 address first', '8.8.8.8::'],
    ['mapped, with a part beyond 255', '::ffff:1.2.3.256'],
  ])('is never %s', (_, text) => expect(parseAddress(text)).toBeUndefined());
});

test.each([
  ['::8.8.8.8', '::808:808'],
  ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:255.255.255.255', '1:2:3:4:5:6:ffff:ffff'],
  ['fe80::1.2.3.4%eth0', 'fe80::102:304'],
])('%s, written like an IPv4 address at its end, is %s', (dotted, hex) => {
  expect(address(dotted).toByteArray()).toEqual(address(hex).toByteArray());
});

describe('a network', () => {
  test.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/8', '10.200.0.1', true],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['203.0.113.7/32', '203.0.113.7', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::/0', '10.0.0.1', false],
    ['2001:DB8::1/128', '2001:db8:0:0:0:0:0:1', true],
  ])('%s has %s: %p', (network, member, expected) => {
    expect(inNetwork(address(member), parseNetwork(network)!)).toBe(expected);
  });

  test.each(['', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/a', '::/129', 'x/8'])(
    'is never %p',
    (text) => expect(parseNetwork(text)).toBeUndefined(),
  );

  test('has the addresses that agree in its first bits', () => {
    const number = fc.integer({ min: 0, max: 0xffff_ffff });
    const dotted = (n: number): string => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.');
    fc.assert(
      fc.property(number, number, fc.integer({ min: 0, max: 32 }), (a, b, bits) => {
        const expected = BigInt(a) >> BigInt(32 - bits) === BigInt(b) >> BigInt(32 - bits);
        expect(inNetwork(address(dotted(a)), parseNetwork(`${dotted(b)}/${bits}`)!)).toBe(expected);
      }),
    );
  });
});

describe('private and public', () => {
  test.each([
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['127.0.0.1', 'private'],
    ['169.254.169.254', 'private'],
    ['100.64.0.1', 'neither'],
    ['100.128.0.1', 'public'],
    ['192.0.2.1', 'private'],
    ['8.8.8.8', 'public'],
    ['::1', 'private'],
    ['fe80::1', 'private'],
    ['fd00::1', 'private'],
    ['2001:db8::1', 'private'],
    ['2606:4700::1', 'public'],
  ])('%s is %s', (text, kind) => {
    const found = isPrivate(address(text)) ? 'private' : isPublic(address(text)) ? 'public' : 'neither';
    expect(found).toBe(kind);
  });
});

test('an address in a text of any kind is found or not, and nothing throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.ipV4(),
        fc.ipV6(),
        fc.ipV6().map((ip) => `[${ip}]:80`),
      ),
      (text) => {
        const found = addressIn(text);
        if (found !== undefined) expect(parseAddress(found)).toBeDefined();
      },
    ),
  );
});
