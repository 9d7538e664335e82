import type { DependencyContainer } from 'tsyringe'
import type { TunnelConfig } from '../core/api/config.js'
import { makeHooks } from './make-hooks.js'

/**
 * Makes the packet hooks that a configuration names, and closes them again.
 *
 * @throws QanatError if one is not known, cannot be made, or does not close in time.
 */
export async function tryHooks(
  container: DependencyContainer,
  config: TunnelConfig,
  signal: AbortSignal,
): Promise<void> {
  const ends: (() => Promise<void>)[] = []
  const close = () => Promise.all(ends.map((end) => end()))
  try {
    await makeHooks(container, config, signal, (end) => ends.push(end))
  } catch (thrown) {
    await close().catch(() => {}) // that one cannot be made is told
    throw thrown
  }
  await close()
}
