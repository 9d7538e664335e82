import { createPrivateKey, X509Certificate } from 'node:crypto'

/** What a file is to hold. */
export type Wanted = 'certificate' | 'key'

/** What stands between a BEGIN line and its END. RFC 7468 */
export interface PemBlock {
  readonly label: string
  /** With both lines. */
  readonly text: string
}

const BORDER = /-----(BEGIN|END) ([^\r\n-]+)-----/g
/** Tag of a SEQUENCE, with which everything in DER begins. X.690 section 8.9 */
const SEQUENCE = 0x30
/** PFX: version 3, then the content's type. RFC 7292 section 4 */
const PKCS12 = /^30.{2,10}?02010330/
/** The content's type is signed data, as in files of certificates that Windows exports. RFC 2315 section 14 */
const PKCS7 = /^30.{2,10}?06092a864886f70d010702/
const JAVA_KEYSTORE = /^feedfeed/
const UTF_16 = /^(fffe|feff)/
/** Bytes at the beginning, in hex, that these need. */
const MAGIC_BYTES = 24

/**
 * The parts of a PEM file, in their order.
 *
 * @throws Error that says what the file is instead, and the command that mends it.
 */
export function readPem(bytes: Uint8Array, path: string, wanted: Wanted): readonly PemBlock[] {
  const text = new TextDecoder('latin1').decode(bytes)
  const blocks: PemBlock[] = []
  let begun: { readonly label: string; readonly at: number } | undefined
  for (const { 0: border, 1: kind, 2: label, index } of text.matchAll(BORDER)) {
    if ((kind === 'BEGIN') !== (begun === undefined) || (begun && begun.label !== label)) break
    if (begun !== undefined)
      blocks.push({ label: begun.label, text: text.slice(begun.at, index + border.length) })
    begun = begun === undefined ? { label: label!, at: index } : undefined
  }
  if (begun !== undefined) throw new Error(`${path} is cut off: what begins in it has no end; copy it again`)
  if (blocks.length > 0) return blocks
  throw new Error(`${path} ${otherKind(bytes, path, wanted)}`)
}

/** What a file is that is not PEM, and what makes PEM of it. */
function otherKind(bytes: Uint8Array, path: string, wanted: Wanted): string {
  const pem = `PEM begins with "-----BEGIN ${wanted === 'key' ? 'PRIVATE KEY' : 'CERTIFICATE'}-----"`
  if (!bytes.some((byte) => byte > 0x20)) return `is empty; ${pem}`
  const magic = Buffer.from(bytes.subarray(0, MAGIC_BYTES)).toString('hex')
  const made = besides(path)
  if (UTF_16.test(magic)) return `is in UTF-16; run "iconv -f UTF-16 -t ASCII ${path} > ${made}"`
  if (JAVA_KEYSTORE.test(magic)) {
    const p12 = `${path}.p12`
    return `is a Java keystore; run "keytool -importkeystore -srckeystore ${path} -destkeystore ${p12} -deststoretype PKCS12"`
  }
  if (PKCS12.test(magic)) return `is PKCS#12 and not PEM; run "${fromPkcs12(path, made, wanted)}"`
  if (PKCS7.test(magic))
    return `is PKCS#7 and not PEM; run "openssl pkcs7 -inform DER -print_certs -in ${path} -out ${made}"`
  const der = bytes[0] === SEQUENCE ? derKind(bytes) : undefined
  if (der === 'certificate') {
    return `is a certificate in DER and not PEM; run "openssl x509 -inform DER -in ${path} -out ${made}"`
  }
  if (der === 'key')
    return `is a private key in DER and not PEM; run "openssl pkey -inform DER -in ${path} -out ${made}"`
  return `is not PEM; ${pem}`
}

function fromPkcs12(path: string, made: string, wanted: Wanted): string {
  return wanted === 'key'
    ? `openssl pkcs12 -in ${path} -nocerts -nodes -out ${made}`
    : `openssl pkcs12 -in ${path} -nokeys -out ${made}`
}

function derKind(bytes: Uint8Array): Wanted | undefined {
  const key = Buffer.from(bytes)
  if (succeeds(() => new X509Certificate(key))) return 'certificate'
  const isKey = (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) =>
    succeeds(() => createPrivateKey({ key, format: 'der', type })),
  )
  return isKey ? 'key' : undefined
}

function succeeds(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}

/** A name beside a file's, for what is made of it. */
export function besides(path: string): string {
  const stem = path.replace(/\.[^./]*$/, '')
  return path.endsWith('.pem') ? `${stem}.new.pem` : `${stem}.pem`
}
