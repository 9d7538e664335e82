import type { DependencyContainer } from 'tsyringe'
import type { TunnelConfig } from '../core/api/config.js'
import { PluginFault } from '../core/api/errors.js'
import { CLOCK } from '../core/injection/tokens.js'
import type { Clock } from '../core/time/clock.js'
import { inTime } from '../core/time/in-time.js'
import { makeHooks } from './make-hooks.js'

/**
 * Makes the packet hooks that a configuration names, and closes them again.
 *
 * @param limit Milliseconds that their ends are waited for.
 * @throws QanatError if one is not known, cannot be made, or does not close in time.
 */
export async function tryHooks(
  container: DependencyContainer,
  config: TunnelConfig,
  signal: AbortSignal,
  limit: number,
): Promise<void> {
  const ends: (() => Promise<void>)[] = []
  const close = () => inTime(container.resolve<Clock>(CLOCK), limit, Promise.all(ends.map((end) => end())))
  try {
    await makeHooks(container, config, signal, (end) => ends.push(end))
  } catch (thrown) {
    await close()
    throw thrown
  }
  if (await close()) return
  throw new PluginFault(`Cannot close the packet hooks: they did not end within ${limit / 1_000} s`, {
    code: 'ERR_PLUGIN_FAULT',
  })
}
