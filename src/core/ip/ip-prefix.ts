import { parseIpAddress } from './ip-address.js'

/** A range of IP addresses: those that begin with the first `bits` of `address`. */
export interface IpPrefix {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array
  readonly bits: number
  /** As it was written, for logs and for other programs. */
  readonly text: string
}

/** All addresses of both families. */
export const EVERYTHING: readonly IpPrefix[] = ['0.0.0.0/0', '::/0'].map((text) => parseIpPrefix(text)!)

/**
 * Reads a range of addresses.
 *
 * @param text `ADDRESS/BITS`, or an address alone.
 * @returns the range; undefined if the text is neither.
 * @throws nothing.
 * @example
 * parseIpPrefix('10.0.0.0/8')?.bits // 8
 */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const [head, tail, ...more] = text.split('/')
  const address = parseIpAddress(head!)
  if (address === undefined || more.length > 0) return undefined
  const most = address.length * 8
  if (tail !== undefined && !/^\d{1,3}$/.test(tail)) return undefined
  const bits = tail === undefined ? most : Number(tail)
  return bits <= most ? { address, bits, text } : undefined
}
