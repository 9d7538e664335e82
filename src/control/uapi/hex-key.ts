/** 32 bytes in hexadecimal, as the protocol writes keys. */
const HEX_KEY = /^[0-9a-fA-F]{64}$/
/** Stands for no key. */
const NO_KEY = '0'.repeat(64)

/** A key of the protocol in base64, as configurations have it; null if it stands for none, undefined if it is no key. */
export function fromHexKey(text: string): string | null | undefined {
  if (!HEX_KEY.test(text)) return undefined
  return text === NO_KEY ? null : Buffer.from(text, 'hex').toString('base64')
}

/** A key of a configuration as the protocol writes it; no key is zeros. */
export function toHexKey(base64: string | undefined): string {
  return base64 === undefined ? NO_KEY : Buffer.from(base64, 'base64').toString('hex')
}
