import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A certificate with its key as PEM, and the pin by which a client knows it. */
export interface ThrowawayCertificate {
  readonly certificate: string
  readonly key: string
  /** SHA-256 of its SubjectPublicKeyInfo, in base64. */
  readonly pin: string
}

/** Tags of ASN.1's distinguished encoding. X.690 */
const [INTEGER, BIT_STRING, OID, UTF8, UTC_TIME] = [0x02, 0x03, 0x06, 0x0c, 0x17]
const [SEQUENCE, SET, VERSION] = [0x30, 0x31, 0xa0]

/** 1.2.840.10045.4.3.2, RFC 5758 */
const ECDSA_WITH_SHA256 = Buffer.from('2a8648ce3d040302', 'hex')
/** 2.5.4.3 */
const COMMON_NAME = Buffer.from('550403', 'hex')
const SERIAL_BYTES = 8

/**
 * Makes a self-signed certificate for one process and a few moments. Who connects checks its pin alone, so it holds no
 * names, and is valid from 2000 to 2049. RFC 5280
 */
export function throwawayCertificate(): ThrowawayCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const algorithm = der(SEQUENCE, der(OID, ECDSA_WITH_SHA256))
  const attribute = der(SEQUENCE, der(OID, COMMON_NAME), der(UTF8, Buffer.from('rehearsal')))
  const name = der(SEQUENCE, der(SET, attribute))
  const serial = randomBytes(SERIAL_BYTES)
  serial[0] = 1 // positive, and no byte of zeros before it
  const dates = ['000101000000Z', '491231235959Z'].map((date) => der(UTC_TIME, Buffer.from(date)))
  const body = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.of(2))), // version 3
    der(INTEGER, serial),
    algorithm,
    name,
    der(SEQUENCE, ...dates),
    name,
    spki,
  )
  const signature = der(BIT_STRING, Buffer.of(0), sign('sha256', body, privateKey))
  return {
    certificate: pem(der(SEQUENCE, body, algorithm, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    pin: createHash('sha256').update(spki).digest('base64'),
  }
}

/** An element: tag, length, content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  if (length < 128) return Buffer.concat([Buffer.of(tag, length), content])
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content])
}

function pem(bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,64}/g)!
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
