/** Where the fields of struct mmsghdr are, a struct msghdr and the bytes received, on 64-bit Linux. */
export const MESSAGE = {
  bytes: 64,
  name: 0,
  nameLength: 8,
  iovecs: 16,
  iovecCount: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  received: 56,
} as const

/** Where the fields of struct iovec are. */
export const IOVEC = { bytes: 16, base: 0, length: 8 } as const

/** Flags of a received message whose bytes or control messages did not fit. bits/socket.h */
export const MSG_TRUNC = 0x20
export const MSG_CTRUNC = 0x08

/**
 * Writes an address. Two halves, which are cut to 32 bits by being written: a BigInt would be an object per write, and a remainder
 * of a large number a call of C, 10 ns.
 */
export function setAddress(view: DataView, at: number, address: number): void {
  view.setUint32(at, address, true)
  view.setUint32(at + 4, address / 2 ** 32, true)
}

/** Reads what `setAddress` wrote. */
export function getAddress(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}
