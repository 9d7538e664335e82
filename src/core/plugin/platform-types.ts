/**
 * Types of the platform, by name. Core knows none: whoever gives plugins a network adds them by `declare module`, as
 * `src/transports/network/node-types.ts` does for Node.
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled by others
export interface PlatformTypes {}

/** A type of the platform; unknown if nobody added it. */
export type PlatformType<Name extends string> =
  PlatformTypes extends Readonly<Record<Name, infer Type>> ? Type : unknown
