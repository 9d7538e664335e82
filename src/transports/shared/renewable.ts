import type { Transport } from '../../core/api/transport.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'

/** Other settings that were read and found fit; none of these calls can fail. */
export interface Renewal {
  /** Has them in force: connections that are opened from then on go by them, all others stay. */
  apply(): void
  /** Goes back to those of before, applied or not. */
  undo(): void
  /** They stay: lets go of what only those of before needed. */
  settle(): void
}

/** A transport that can go by other settings while it is at work. */
export interface Renewable extends Transport {
  /**
   * Gets it ready for these settings.
   *
   * @throws ConfigError if they cannot be used; then nothing changes.
   */
  renewal(settings: TransportSettings): Promise<Renewal>
}

export function isRenewable(transport: Transport): transport is Renewable {
  return 'renewal' in transport
}

/** A renewal that puts one value in the place of another. */
export function exchanged<Value>(before: Value, after: Value, put: (value: Value) => void): Renewal {
  return { apply: () => put(after), undo: () => put(before), settle() {} }
}

/**
 * Gets several ready for the same settings, one after another.
 *
 * @throws what one of them throws; those before are undone then.
 */
export async function renewalOfAll<Settings>(
  ones: Iterable<{ renewal(settings: Settings): Promise<Renewal> }>,
  settings: Settings,
): Promise<Renewal> {
  const renewals: Renewal[] = []
  try {
    for (const one of ones) renewals.push(await one.renewal(settings))
  } catch (thrown) {
    together(renewals).undo()
    throw thrown
  }
  return together(renewals)
}

/** Several renewals as one. */
export function together(renewals: readonly Renewal[]): Renewal {
  return {
    apply: () => {
      for (const renewal of renewals) renewal.apply()
    },
    undo: () => {
      for (const renewal of renewals.toReversed()) renewal.undo()
    },
    settle: () => {
      for (const renewal of renewals) renewal.settle()
    },
  }
}
