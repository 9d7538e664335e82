/** Segments. No super-packet may stand for more: the kernel's UDP_MAX_SEGMENTS. */
export const MAX_SEGMENTS = 128

/** Segments. No UDP super-packet is joined of more: what Linux before 6.11 takes from a TUN device. */
export const MAX_UDP_JOINED = 64

/**
 * Bytes. No longer super-packet is joined: one of `gso_max_size` (65408) or more the kernel would segment
 * again in software if it forwards it to another tunnel.
 */
export const MAX_JOINED = 65_407

/** Segments of `segmentSize` bytes that `payload` bytes make. */
export function segmentsOf(payload: number, segmentSize: number): number {
  return Math.ceil(payload / segmentSize)
}
