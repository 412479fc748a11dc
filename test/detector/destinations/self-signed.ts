import { generateKeyPairSync, sign } from 'node:crypto';

/** The little of DER (X.690) and X.509 (RFC 5280) that a certificate for a test needs. */
const der = (tag: number, ...contents: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(contents);
  const bytes = content.length < 0x100 ? [content.length] : [content.length >> 8, content.length & 0xff];
  const length = content.length < 0x80 ? bytes : [0x80 | bytes.length, ...bytes];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};
const SEQUENCE = 0x30;
const hex = (text: string) => Buffer.from(text, 'hex');
const ECDSA_SHA256 = der(SEQUENCE, hex('06082a8648ce3d040302'));
const COMMON_NAME = hex('0603550403');
const ALTERNATIVE_NAMES = hex('0603551d11');
const BASIC_CONSTRAINTS = hex('0603551d13');
const utcTime = (time: Date) =>
  der(0x17, Buffer.from(`${time.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

/** A key and a certificate of its own making for one host name, in PEM. */
export function selfSigned(
  host: string,
  expires = new Date(Date.now() + 3_600_000),
): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der(SEQUENCE, der(0x31, der(SEQUENCE, COMMON_NAME, der(0x0c, Buffer.from(host)))));
  const extension = (id: Buffer, value: Buffer) => der(SEQUENCE, id, der(0x04, value));
  const toSign = der(
    SEQUENCE,
    der(0xa0, hex('020102')),
    hex('020101'),
    ECDSA_SHA256,
    name,
    der(SEQUENCE, utcTime(new Date(expires.getTime() - 86_400_000)), utcTime(expires)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      der(
        SEQUENCE,
        extension(ALTERNATIVE_NAMES, der(SEQUENCE, der(0x82, Buffer.from(host)))),
        extension(BASIC_CONSTRAINTS, der(SEQUENCE, hex('0101ff'))),
      ),
    ),
  );
  const signature = sign('sha256', toSign, privateKey);
  const certificate = der(SEQUENCE, toSign, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}
