/** What TLS says by numbers when it ends. RFC 8446 section 6, RFC 5246 section 7.2 */
const ALERTS: Readonly<Record<number, string>> = {
  0: 'close notify',
  10: 'unexpected message',
  20: 'bad record mac',
  22: 'record overflow',
  40: 'handshake failure',
  42: 'bad certificate',
  43: 'unsupported certificate',
  44: 'certificate revoked',
  45: 'certificate expired',
  46: 'certificate unknown',
  47: 'illegal parameter',
  48: 'unknown authority',
  49: 'access denied',
  50: 'decode error',
  51: 'decrypt error',
  70: 'protocol version',
  71: 'insufficient security',
  80: 'internal error',
  86: 'inappropriate fallback',
  90: 'user canceled',
  109: 'missing extension',
  110: 'unsupported extension',
  112: 'unrecognized name',
  113: 'bad certificate status response',
  115: 'unknown identity',
  116: 'certificate required',
  120: 'no application protocol',
}

/** How OpenSSL ends its message about one that the far end sent. */
const NUMBER = /SSL alert number (\d{1,3})/

/** An alert that the far end sent. */
export interface Alert {
  readonly number: number
  readonly name: string
}

/** The alert that an error of Node's is about; undefined if it is about something else. */
export function alertIn({ message }: Error): Alert | undefined {
  const number = NUMBER.exec(message)?.[1]
  if (number === undefined) return undefined
  return { number: Number(number), name: ALERTS[Number(number)] ?? `number ${number}` }
}
